import type { ScriptSession } from '../language/index.ts';
import type { Output } from './output.ts';

/** What a user's group may do. Logging in needs `ssh`. */
export type Policy = 'ssh' | 'read' | 'write' | 'test';

export const ALL_POLICIES: readonly Policy[] = ['ssh', 'read', 'write', 'test'];

/** Under what a line runs. */
export interface DeviceSession {
  readonly policies: readonly Policy[];
  readonly output: Output;
  /** Stops the line: `interrupted`. */
  readonly signal?: AbortSignal;
  /** Milliseconds until `action timed out`; the device's own limit without it. */
  readonly deadlineMs?: number;
  /** What a console keeps between lines. */
  readonly script?: ScriptSession;
  /** Shows the lines of a print page by page; without it they are printed at once. */
  readonly showPaged?: (lines: readonly string[], signal: AbortSignal) => Promise<void>;
}

/** Which policy a command needs. Language commands need none. */
export function policyOf(command: string): Policy {
  if (['print', 'find', 'get', 'export'].includes(command)) return 'read';
  return command === 'monitor-traffic' || command === 'test' ? 'test' : 'write';
}
