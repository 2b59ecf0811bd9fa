/** The names that a script has declared so far, block by block, and the current menu. */

/** One block's names; inner blocks see those of the outer ones. */
export class Scope {
  private readonly parent: Scope | undefined;
  private readonly names = new Set<string>();
  /** The menu that commands without a leading `/` are looked up in first. */
  menu: readonly string[];

  constructor(parent?: Scope) {
    this.parent = parent;
    this.menu = parent?.menu ?? [];
  }

  /** The same names in another menu. */
  within(menu: readonly string[]): Scope {
    const scope = new Scope(this);
    scope.menu = menu;
    return scope;
  }

  /** Declares a variable in this block. */
  declare(name: string): void {
    this.names.add(name);
  }

  /** Whether a variable is declared here or further out. */
  knows(name: string): boolean {
    return this.names.has(name) || this.parent?.knows(name) === true;
  }
}
