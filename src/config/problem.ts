/** One thing that is wrong with a configuration file. */
export interface ConfigProblem {
  /** 1-based; null when it is about the file as a whole. */
  readonly line: number | null;
  /** The key it is about, for example `storageServers.rds1.port`; empty for the file as a whole. */
  readonly key: string;
  /** What is wrong, and what to write instead. */
  readonly message: string;
}

/** A key's place in the file, from the outermost inwards. */
export type KeyPath = readonly (string | number)[];

/** A key's place as it is written in messages: `nodes.node-1.addresses[0]`. */
export function formatKey(path: KeyPath): string {
  return path.reduce<string>((key, part) => {
    if (typeof part === 'number') return `${key}[${part}]`;
    return key === '' ? part : `${key}.${part}`;
  }, '');
}
