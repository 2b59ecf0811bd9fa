/**
 * The rules of the Linux NVMe/TCP target and host as pure functions: measured in virtual machines on kernels
 * 6.1 and 6.12 unless a comment says otherwise.
 */

/** Why a target turns a connect away. */
export type Refusal = 'not-allowed' | 'no-such-subsystem' | 'port-closed';

/** What the connect rule looks at. */
export interface ConnectQuestion {
  readonly nqn: string;
  readonly port: number;
  readonly hostNqn: string;
}

/** An export as the connect rule sees it. */
export interface Exported {
  readonly nqn: string;
  readonly port: number;
  /** `''`: any host. */
  readonly allow: string;
}

/**
 * Who is let in. A port is open while at least one export is linked to it (TCP refuses otherwise). The
 * allowed host is compared as an exact string with the host NQN, here and nowhere else: two hosts with one
 * NQN are both let in.
 */
export function judgeConnect<E extends Exported>(
  exports: readonly E[],
  question: ConnectQuestion,
): { readonly accepted: E } | { readonly refused: Refusal; readonly found?: E } {
  const onPort = exports.filter((each) => each.port === question.port);
  if (onPort.length === 0) return { refused: 'port-closed' };
  const found = onPort.find((each) => each.nqn === question.nqn);
  if (found === undefined) return { refused: 'no-such-subsystem' };
  if (found.allow !== '' && found.allow !== question.hostNqn) return { refused: 'not-allowed', found };
  return { accepted: found };
}

/**
 * When the target drops a session of which it hears nothing more, in milliseconds from the silence's
 * begin: between kato and twice kato (5.2 to 10.3 s seen with 5), because traffic just before makes the
 * first expiry only re-arm. The host sends something every kato/2.
 */
export function silentSessionDropsAfter(katoMs: number, openForMs: number): number {
  const sinceLastHeard = openForMs % (katoMs / 2);
  return 2 * katoMs - sinceLastHeard;
}

/**
 * When an idle host notices that the target is silent: its next keep-alive command (every kato/2) must time
 * out, which takes kato. Measured: 5.4 to 8.1 s with 5, 39 s with 30, 1.4 to 2.4 s with 1.
 */
export function hostNoticesSilenceAfter(katoMs: number, openForMs: number): number {
  const untilNext = katoMs / 2 - (openForMs % (katoMs / 2));
  return untilNext + katoMs;
}

/** How many reconnect attempts a ctrl-loss-tmo stands for; -1 means for ever. Both in seconds. */
export function reconnectAttempts(ctrlLossTmo: number, reconnectDelay: number): number {
  return ctrlLossTmo < 0 ? -1 : Math.ceil(ctrlLossTmo / reconnectDelay);
}

/** A connect to a host that drops the packets, or is not there, takes this long. */
export const UNREACHABLE_CONNECT_MS = 3_100;

/** `nvme disconnect` of a controller that is still live when its network has gone: 62 to 64 s. */
export const DELETE_WHEN_CUT_MS = 62_000;

/** Defaults of nvme-cli, in seconds. */
export const HOST_DEFAULTS = { ctrlLossTmo: 600, reconnectDelay: 10, keepAliveTmo: 5 } as const;

/** A generation of the kernel's NVMe host. */
export type Kernel = '6.1' | '6.12';

/**
 * Whether a refused reconnect (not allowed, no such subsystem: both carry "do not retry") ends the
 * controller at once. Connection refused and time-outs never do.
 */
export function givesUpWhenRefused(kernel: Kernel): boolean {
  return kernel === '6.12';
}

/** How long the host stays in `resetting` after it noticed a silent target: 6.1 waits for a second time-out. */
export function resettingAfterSilence(kernel: Kernel, katoMs: number): number {
  return kernel === '6.1' ? katoMs + 1_000 : RESETTING_MS;
}

/** How long `resetting` lasts when the target closed the connection. */
export const RESETTING_MS = 20;
