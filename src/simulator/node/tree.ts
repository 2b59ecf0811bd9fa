import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * What stands at a path of a made-up tree. A mode of 0200 files are write-only in a real kernel. A control file is
 * written to: what somebody wrote, or is about to write, stands until it was taken (see `written`).
 */
export type Entry =
  | { readonly file: string; readonly mode?: number; readonly control?: true }
  | { readonly link: string }
  | { readonly dir: true };

/** A part of the tree that appears, changes and goes as one thing (a controller, a device), in order. */
export type Unit = ReadonlyMap<string, Entry>;

/**
 * A made-up /sys, /proc and /dev. Files are replaced by renaming, so a reader sees the old or the new
 * content, never half of one; what leads to a new directory is linked last and taken away first.
 */
export class Tree {
  readonly root: string;
  readonly #units = new Map<string, Unit>();

  constructor(root: string) {
    this.root = root;
  }

  /** Makes the unit be so. */
  put(name: string, unit: Unit): void {
    const before = this.#units.get(name) ?? new Map<string, Entry>();
    for (const path of [...before.keys()].reverse()) if (!unit.has(path)) this.#delete(path);
    for (const [path, entry] of unit) {
      const old = before.get(path);
      if (old === undefined) this.#create(path, entry);
      else if ('file' in entry && 'file' in old) {
        const spoiled = entry.control !== true && this.#overwritten(path, entry.file);
        if (entry.file !== old.file || spoiled) this.#replace(path, entry);
      } else if (JSON.stringify(old) !== JSON.stringify(entry)) {
        this.#delete(path);
        this.#create(path, entry);
      }
    }
    this.#units.set(name, unit);
  }

  remove(name: string): void {
    this.put(name, new Map());
    this.#units.delete(name);
  }

  /** What a script wrote into a file, when it isn't what stands there. */
  written(path: string, expected: string): string | undefined {
    try {
      const now = readFileSync(join(this.root, path), 'utf8');
      return now === expected ? undefined : now;
    } catch {
      return undefined;
    }
  }

  /** What the simulator last put into a file. */
  shown(name: string, path: string): string | undefined {
    const entry = this.#units.get(name)?.get(path);
    return entry !== undefined && 'file' in entry ? entry.file : undefined;
  }

  #overwritten(path: string, content: string): boolean {
    return this.written(path, content) !== undefined;
  }

  #create(path: string, entry: Entry): void {
    const full = join(this.root, path);
    if ('dir' in entry) {
      mkdirSync(full, { recursive: true });
      return;
    }
    mkdirSync(dirname(full), { recursive: true });
    if ('link' in entry) {
      rmSync(full, { force: true });
      symlinkSync(entry.link, full);
    } else writeFileSync(full, entry.file, { mode: entry.mode ?? 0o644 });
  }

  #replace(path: string, entry: { readonly file: string; readonly mode?: number }): void {
    const full = join(this.root, path);
    const fresh = join(dirname(full), `.${String(process.pid)}.new`);
    writeFileSync(fresh, entry.file, { mode: entry.mode ?? 0o644 });
    renameSync(fresh, full);
  }

  #delete(path: string): void {
    rmSync(join(this.root, path), { force: true, recursive: true });
  }
}
