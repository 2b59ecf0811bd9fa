import type { Algorithms, AuthenticationType, Client } from 'ssh2';
import type { Duplex } from 'node:stream';
import type { RdsctlError } from '../errors/rdsctl-error.ts';
import { connectFailed, loginFailed, type ConnectPhase } from './connect-errors.ts';
import type { Hop } from './hop.ts';
import { judgeHostKey, type HostKeyRefusal, type KnownKeys } from './host-keys.ts';
import { isPassing } from './link.ts';
import type { LoginPlan } from './login-plan.ts';

/** A server's host key was not accepted. */
export interface RejectedHostKey {
  readonly key: Buffer;
  readonly verdict: HostKeyRefusal;
}

/** What a handshake is done with. */
export interface HandshakeInput {
  readonly client: Client;
  /** A connected socket, or a channel of a jump host. */
  readonly stream: Duplex;
  readonly hop: Hop;
  readonly known: KnownKeys;
  readonly algorithms: Algorithms;
  readonly plan: LoginPlan;
  /** Told about every step, so that a time-out can say what it waited for. */
  readonly onPhase: (phase: ConnectPhase) => void;
}

/**
 * Shakes hands and logs in. Resolves to null when logged in, or to the host key that was not accepted: no
 * login was tried then.
 *
 * @throws RdsctlError CONNECT_FAILED, LOGIN_FAILED
 */
export function shakeHands(input: HandshakeInput): Promise<RejectedHostKey | null> {
  const { client, stream, hop, plan } = input;
  return new Promise((resolve, reject) => {
    let phase: ConnectPhase = 'greeting';
    input.onPhase(phase);
    const tried: string[] = [];
    const offers = [...plan.offers];

    const enter = (next: ConnectPhase): void => {
      phase = next;
      input.onPhase(next);
    };
    client.on('handshake', () => {
      if (phase !== 'login') enter('login');
    });
    client.on('ready', () => {
      resolve(null);
    });
    client.on('error', (error: Error) => {
      if (!isPassing(error)) reject(failure(error));
    });
    client.on('close', () => {
      reject(failure(new Error('the other side closed the connection')));
    });

    client.connect({
      sock: stream,
      host: hop.host,
      port: hop.port,
      username: hop.user,
      algorithms: input.algorithms,
      // RouterOS never answers keepalive@openssh.com, and ssh2 would end the connection.
      keepaliveInterval: 0,
      // The deadline is the caller's: it covers the look-up of the name as well.
      readyTimeout: 0,
      hostVerifier,
      authHandler,
    });
    stream.once('data', () => {
      if (phase === 'greeting') enter('handshake');
    });

    function hostVerifier(key: Buffer): boolean {
      const verdict = judgeHostKey(key, hop.trust, input.known);
      if (verdict.verdict === 'accepted') return true;
      resolve({ key, verdict });
      return false;
    }

    function authHandler(
      methodsLeft: AuthenticationType[] | null,
      partialSuccess: boolean | null,
      next: (method: LoginPlan['offers'][number]['method']) => void,
    ): void {
      if (methodsLeft !== null && !methodsLeft.includes('publickey')) {
        const more = partialSuccess === true ? 'wants more than a key' : 'takes no keys';
        refuse(`it ${more}, only ${methodsLeft.join(', ')}`);
        return;
      }
      const offer = offers.shift();
      if (offer === undefined) {
        refuse(tried.length === 0 ? 'there is no key to offer' : 'it refused every key');
        return;
      }
      tried.push(offer.label);
      next(offer.method);
    }

    function refuse(why: string): void {
      reject(loginFailed(hop, plan, tried, why));
    }

    function failure(error: Error): RdsctlError {
      if (phase === 'login') return loginFailed(hop, plan, tried, error.message, error);
      return connectFailed(hop, phase, error);
    }
  });
}
