/** Variables while a script runs. */

import type { Row } from '../host.ts';
import type { Slot } from '../session.ts';
import type { Value } from '../values.ts';
import { NOTHING } from '../values.ts';

/**
 * The variables of one block. Blocks see those around them; a function body sees only its own and its arguments, and
 * globals that it declares with `:global` (manual; a user's notes in the corpus say the same).
 */
export class Environment {
  private readonly slots = new Map<string, Slot>();
  private readonly parent: Environment | undefined;
  private readonly globals: Map<string, Slot>;
  private readonly row: Row | undefined;

  private constructor(globals: Map<string, Slot>, parent?: Environment, row?: Row) {
    this.globals = globals;
    this.parent = parent;
    this.row = row;
  }

  /** The outermost environment of a script; globals that are there already can be seen in it. */
  static root(globals = new Map<string, Slot>()): Environment {
    const root = new Environment(globals);
    for (const [name, slot] of globals) root.slots.set(name, slot);
    return root;
  }

  /** A block within this one. */
  block(): Environment {
    return new Environment(this.globals, this);
  }

  /** The environment of a function: it shares the globals only. */
  call(): Environment {
    return new Environment(this.globals);
  }

  /** The environment of a condition: the item's properties hide variables of the same name. */
  forRow(row: Row): Environment {
    return new Environment(this.globals, this, row);
  }

  /** Whether this is the environment of a condition. */
  get looksAtRow(): boolean {
    return this.row !== undefined;
  }

  /** The value of a variable; nothing when there is none. */
  get(name: string): Value {
    const property = this.row?.get(name);
    if (property !== undefined) return property;
    return this.slot(name)?.value ?? NOTHING;
  }

  /** Declares a local variable. */
  declareLocal(name: string, value: Value): void {
    this.slots.set(name, { value });
  }

  /** Makes a global variable visible here, and sets it when a value is given. */
  declareGlobal(name: string, value: Value | undefined): void {
    const slot = this.globals.get(name) ?? { value: NOTHING };
    if (value !== undefined) slot.value = value;
    this.globals.set(name, slot);
    this.slots.set(name, slot);
  }

  /** Sets a visible variable; says whether there is one. */
  assign(name: string, value: Value): boolean {
    const slot = this.slot(name);
    if (slot === undefined) return false;
    slot.value = value;
    return true;
  }

  private slot(name: string): Slot | undefined {
    return this.slots.get(name) ?? this.parent?.slot(name);
  }
}
