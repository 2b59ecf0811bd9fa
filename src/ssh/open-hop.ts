import type { Duplex } from 'node:stream';
import { abortError } from './abort.ts';
import { algorithmsFor } from './algorithms.ts';
import { connectFailed, connectTimedOut, type ConnectPhase } from './connect-errors.ts';
import { dial, dialThrough, type Dialled } from './dial.ts';
import { shakeHands, type RejectedHostKey } from './handshake.ts';
import { labelOf, type Hop } from './hop.ts';
import { hostKeyError } from './host-key-errors.ts';
import { knownKeyTypes, loadKnownKeys, typeOfKey, type KnownKeys } from './host-keys.ts';
import { Link } from './link.ts';
import { planLogin } from './login-plan.ts';
import { isReason } from '../errors/rdsctl-error.ts';

/**
 * Connects to one server and logs in.
 *
 * A configured fingerprint doesn't say which type of key it is of. A server that shows another key first is
 * asked again for its other types, until it has no more.
 *
 * @param via the connection to the jump host before it
 * @throws RdsctlError CONNECT_FAILED, HOST_KEY_UNKNOWN, HOST_KEY_MISMATCH, LOGIN_FAILED, BAD_KEY_FILE, LOCAL_IO, or
 * the signal's reason
 */
export async function openHop(hop: Hop, via: Link | null, signal: AbortSignal | undefined): Promise<Link> {
  const limit = startLimit(hop, signal);
  const streams: Duplex[] = [];
  try {
    return await limit.race(open());
  } catch (error) {
    for (const stream of streams) stream.destroy();
    throw error;
  } finally {
    limit.stop();
  }

  async function open(): Promise<Link> {
    const early = via === null ? dialTracked() : null;
    const [known, ssh2] = await Promise.all([
      loadKnownKeys(hop.trust),
      import('ssh2').then((loaded) => loaded.default),
    ]);
    limit.enter('keys');
    const plan = await planLogin(ssh2, hop);
    limit.enter('reach');
    const refused: RejectedHostKey[] = [];
    for (;;) {
      const algorithms = algorithmsFor(
        knownKeyTypes(known),
        new Set(refused.map((one) => typeOfKey(one.key))),
      );
      if (algorithms === null) throw refusal(hop, refused, known);
      const stream = await reach(refused.length === 0 ? early : null);
      const client = new ssh2.Client();
      const link = new Link(client, stream, via);
      const input = { client, stream, hop, known, algorithms, plan, onPhase: limit.enter };
      const rejected = await shakeHands(input).catch((error: unknown) => {
        // Asked for other types of keys it had none: the keys it showed before decide.
        const noMore = refused.length > 0 && isReason(error, 'CONNECT_FAILED');
        throw noMore ? refusal(hop, refused, known) : error;
      });
      if (rejected === null) return link;
      refused.push(rejected);
      stream.destroy();
      if (hop.trust.fingerprint === null) throw refusal(hop, refused, known);
    }
  }

  async function reach(early: Dialled | null): Promise<Duplex> {
    try {
      if (via !== null) return track(await dialThrough(via, hop));
      const { socket, connected } = early ?? dialTracked();
      await connected;
      if (socket.destroyed) throw new Error('the connection ended at once');
      return socket;
    } catch (error) {
      throw connectFailed(hop, 'reach', error);
    }
  }

  function dialTracked(): Dialled {
    const dialled = dial(hop);
    track(dialled.socket);
    return dialled;
  }

  function track<S extends Duplex>(stream: S): S {
    streams.push(stream);
    if (limit.over()) stream.destroy();
    return stream;
  }
}

function refusal(hop: Hop, refused: readonly RejectedHostKey[], known: KnownKeys): Error {
  const last = refused.at(-1);
  const verdict = last?.verdict ?? { verdict: 'unknown' as const };
  return hostKeyError(
    verdict,
    refused.map((one) => one.key),
    { label: labelOf(hop), host: hop.host, port: hop.port, direct: hop.direct },
    hop.trust,
    known,
  );
}

/** The time-out and the signal that end a connection attempt. */
interface Limit {
  /** Settles as the promise does, or fails when the limit is reached first. */
  race<T>(promise: Promise<T>): Promise<T>;
  readonly enter: (phase: ConnectPhase) => void;
  over(): boolean;
  stop(): void;
}

function startLimit(hop: Hop, signal: AbortSignal | undefined): Limit {
  let phase: ConnectPhase = 'reach';
  let over = false;
  let reject: (error: Error) => void = () => undefined;
  const reached = new Promise<never>((_resolve, rejectReached) => {
    reject = rejectReached;
  });
  reached.catch(() => undefined);
  const end = (error: Error): void => {
    over = true;
    reject(error);
  };
  const onAbort = (): void => {
    if (signal !== undefined) end(abortError(signal, `connecting to ${labelOf(hop)}`, false));
  };
  const timer = setTimeout(() => {
    end(connectTimedOut(hop, phase));
  }, hop.connectTimeoutMs);
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort);
  return {
    race: (promise) => {
      promise.catch(() => undefined);
      return Promise.race([promise, reached]);
    },
    enter: (next) => {
      phase = next;
    },
    over: () => over,
    stop: () => {
      over = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}
