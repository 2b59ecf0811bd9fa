/** What a console keeps from one line to the next. */

import type { Value } from './values.ts';

/** A variable. */
export interface Slot {
  value: Value;
}

/**
 * The current menu and the global variables of one console. Locals end with their line. (On a device globals are
 * shared between the consoles of a user; here each console has its own.)
 */
export class ScriptSession {
  /** The menu that the next line begins in, such as `['ip', 'firewall']`. */
  menu: readonly string[] = [];
  readonly globals = new Map<string, Slot>();
}
