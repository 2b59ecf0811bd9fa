import { RdsctlError, type Hint } from '../errors/rdsctl-error.ts';
import { inWords } from './abort.ts';
import { labelOf, type Hop } from './hop.ts';
import type { LoginPlan } from './login-plan.ts';
import { quoteForShell } from './quote.ts';
import { systemWords } from './system-error.ts';

/** How far a connection had come. */
export type ConnectPhase = 'keys' | 'reach' | 'greeting' | 'handshake' | 'login';

const DOING: Readonly<Record<ConnectPhase, string>> = {
  keys: 'the ssh-agent did not answer',
  reach: 'no connection',
  greeting: 'connected, but no SSH greeting came',
  handshake: 'the SSH handshake did not end',
  login: 'the login did not end',
};

const FAILED: Readonly<Record<ConnectPhase, string>> = {
  keys: '',
  reach: '',
  greeting: 'before any SSH greeting: ',
  handshake: 'in the SSH handshake: ',
  login: 'in the login: ',
};

/** The error for a server that can't be reached, or that doesn't speak SSH with us. */
export function connectFailed(hop: Hop, phase: ConnectPhase, cause: unknown): RdsctlError {
  return new RdsctlError('CONNECT_FAILED', {
    message: `${labelOf(hop)} can't be reached: ${FAILED[phase]}${systemWords(cause)}`,
    hints: [tryByHand(hop)],
    details: detailsOf(hop, phase),
    cause,
  });
}

/** The error for a server that took too long to let us in. */
export function connectTimedOut(hop: Hop, phase: ConnectPhase): RdsctlError {
  return new RdsctlError('CONNECT_FAILED', {
    message: `${labelOf(hop)} can't be reached: ${DOING[phase]} within ${inWords(hop.connectTimeoutMs)}`,
    hints: [tryByHand(hop)],
    details: { ...detailsOf(hop, phase), timeoutMs: hop.connectTimeoutMs },
  });
}

/**
 * The error for a login that was not accepted.
 *
 * @param tried labels of the keys that the server refused
 * @param why what the server said, or how it ended
 */
export function loginFailed(
  hop: Hop,
  plan: LoginPlan,
  tried: readonly string[],
  why: string,
  cause?: unknown,
): RdsctlError {
  const offered = tried.length === 0 ? 'no key was offered' : `offered were ${tried.join(', ')}`;
  const remarks = plan.remarks.length === 0 ? '' : `; ${plan.remarks.join('; ')}`;
  return new RdsctlError('LOGIN_FAILED', {
    message: `${labelOf(hop)} does not accept the login: ${why} (${offered}${remarks})`,
    hints: [tryByHand(hop)],
    details: { ...detailsOf(hop, 'login'), offered: tried, remarks: plan.remarks },
    cause,
  });
}

function tryByHand(hop: Hop): Hint {
  const key = hop.identities.configuredFile;
  const words = [
    'ssh',
    ...(key === null ? [] : ['-i', key, '-o', 'IdentitiesOnly=yes']),
    '-p',
    String(hop.port),
    `${hop.user}@${hop.host}`,
  ];
  return { when: 'To try by hand', run: quoteForShell(words) };
}

function detailsOf(hop: Hop, phase: ConnectPhase): Record<string, unknown> {
  return {
    host: hop.host,
    port: hop.port,
    user: hop.user,
    phase,
    sent: false,
    ...(hop.notes.length === 0 ? {} : { sshConfig: hop.notes }),
  };
}
