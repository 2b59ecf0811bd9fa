import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A system call that changes what is on a disk, in paths relative to one directory. */
export type Operation =
  | { readonly do: 'create' | 'unlink' | 'mkdir' | 'fsync'; readonly path: string }
  | { readonly do: 'write'; readonly path: string; readonly data: Buffer }
  | { readonly do: 'copy' | 'rename' | 'link'; readonly path: string; readonly to: string }
  /** The command told its result. */
  | { readonly do: 'report' };

/** Takes what `strace -f -y -xx -s 1000000` wrote apart. Only what succeeded and lies below `root` counts. */
export function readTrace(trace: string, root: string): Operation[] {
  const begun = new Map<string, string>();
  const operations: Operation[] = [];
  for (const raw of trace.split('\n')) {
    const [, pid = '', rest = ''] = /^(\d+) +(.*)$/.exec(raw) ?? [];
    if (rest.endsWith('<unfinished ...>')) {
      begun.set(pid, rest.slice(0, -'<unfinished ...>'.length));
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    const line = resumed === null ? rest : `${begun.get(pid) ?? ''}${resumed[1] ?? ''}`;
    if (/ = -1 E/.test(line)) continue;
    const operation = readCall(line, root);
    if (operation !== null) operations.push(operation);
  }
  return operations;
}

function readCall(line: string, root: string): Operation | null {
  const [, call = '', rest = ''] = /^(\w+)\((.*)$/.exec(line) ?? [];
  const bytes = [...rest.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = '']) =>
    Buffer.from(hex.replaceAll('\\x', ''), 'hex'),
  );
  const below = (path: string | undefined): string | null =>
    path === root ? '.' : path?.startsWith(`${root}/`) === true ? path.slice(root.length + 1) : null;
  const named = bytes.map((each) => below(each.toString()));
  const open = [...rest.matchAll(/\b\d+<([^>]*)>/g)].map(([, path = '']) => below(unhex(path)));
  const [first = null, second = null] = named;
  const [file = null, other = null] = open;
  switch (call) {
    case 'openat':
      return first !== null && rest.includes('O_CREAT') ? { do: 'create', path: first } : null;
    case 'mkdir':
      return first === null ? null : { do: 'mkdir', path: first };
    case 'unlink':
      return first === null ? null : { do: 'unlink', path: first };
    case 'rename':
    case 'link':
      return first === null || second === null ? null : { do: call, path: first, to: second };
    case 'copy_file_range':
      return file === null || other === null ? null : { do: 'copy', path: file, to: other };
    case 'fsync':
      return file === null ? null : { do: 'fsync', path: file };
    case 'write':
    case 'pwrite64': {
      if (rest.startsWith('1<')) return { do: 'report' };
      const [data] = bytes;
      return file === null || data === undefined ? null : { do: 'write', path: file, data };
    }
    default:
      return null;
  }
}

function unhex(text: string): string {
  return text.replace(/(?:\\x[0-9a-f]{2})+/g, (hex) =>
    Buffer.from(hex.replaceAll('\\x', ''), 'hex').toString(),
  );
}

interface File {
  data: Buffer;
  /** What is on disk for certain; null: nothing was ever forced there. */
  durable: Buffer | null;
}

/** What a name has stood for since its directory was last forced to disk; the first is there for certain. */
type Name = (File | 'directory' | null)[];

/**
 * A disk of which only what was forced to it is certain: after a power loss the data of any other file may be
 * whole, cut or missing, and any other name may stand for anything that it has stood for since.
 */
export class FragileDisk {
  readonly #names = new Map<string, Name>();

  /** @param files that are there, and certain */
  constructor(files: ReadonlyMap<string, Buffer>) {
    for (const [path, data] of files) {
      for (let above = dirname(path); above !== '.'; above = dirname(above))
        this.#names.set(above, ['directory']);
      this.#names.set(path, [{ data, durable: data }]);
    }
  }

  apply(operation: Operation): void {
    switch (operation.do) {
      case 'report':
        return;
      case 'create':
        if (this.#now(operation.path) === null)
          this.#set(operation.path, { data: Buffer.alloc(0), durable: null });
        return;
      case 'mkdir':
        this.#set(operation.path, 'directory');
        return;
      case 'unlink':
        this.#set(operation.path, null);
        return;
      case 'write':
        this.#file(operation.path).data = Buffer.concat([this.#file(operation.path).data, operation.data]);
        return;
      case 'copy':
        this.#file(operation.to).data = this.#file(operation.path).data;
        return;
      case 'link':
        this.#set(operation.to, this.#now(operation.path));
        return;
      case 'rename':
        this.#set(operation.to, this.#now(operation.path));
        this.#set(operation.path, null);
        return;
      case 'fsync':
        this.#force(operation.path);
    }
  }

  /** Every disk that may be found after a power loss now: files by their paths. */
  *losses(): Generator<ReadonlyMap<string, Buffer>> {
    const names = [...this.#names];
    const combinations = names.reduce((product, [, name]) => product * new Set(name).size, 1);
    for (let which = 0; which < combinations; which += 1) {
      let rest = which;
      const chosen = new Map<string, File | 'directory' | null>();
      for (const [path, name] of names) {
        const choices = [...new Set(name)];
        chosen.set(path, choices[rest % choices.length] ?? null);
        rest = Math.floor(rest / choices.length);
      }
      for (const data of [lost, cut, whole]) {
        const files = new Map<string, Buffer>();
        for (const [path, entry] of chosen) {
          const above = dirname(path);
          const isThere = above === '.' || chosen.get(above) === 'directory';
          if (isThere && entry !== null && entry !== 'directory') files.set(path, data(entry));
        }
        yield files;
      }
    }
  }

  #now(path: string): File | 'directory' | null {
    return this.#names.get(path)?.at(-1) ?? null;
  }

  #file(path: string): File {
    const found = this.#now(path);
    if (found === null || found === 'directory') throw new Error(`${path} is no file`);
    return found;
  }

  #set(path: string, entry: File | 'directory' | null): void {
    const name = this.#names.get(path) ?? [null];
    name.push(entry);
    this.#names.set(path, name);
  }

  #force(path: string): void {
    const found = path === '.' ? 'directory' : this.#now(path);
    if (found !== null && found !== 'directory') found.durable = found.data;
    if (found !== 'directory') return;
    for (const [each, name] of this.#names) if (dirname(each) === path) name.splice(0, name.length - 1);
  }
}

const lost = ({ durable }: File): Buffer => durable ?? Buffer.alloc(0);
const cut = ({ data, durable }: File): Buffer =>
  durable?.equals(data) === true ? data : data.subarray(0, Math.floor(data.length / 2));
const whole = ({ data }: File): Buffer => data;

/** Puts files into a directory that is empty. */
export function layOut(files: ReadonlyMap<string, Buffer>, directory: string): void {
  for (const [path, data] of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), data);
  }
}
