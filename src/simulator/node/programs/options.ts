/** What getopt_long would make of a command line. */
export interface ParsedOptions {
  readonly values: ReadonlyMap<string, string>;
  readonly flags: ReadonlySet<string>;
  readonly rest: readonly string[];
}

/** An option: its long name, its letter, whether a value belongs to it. */
export interface OptionSpec {
  readonly long: string;
  readonly short?: string;
  readonly value: boolean;
}

/** Options with values as `--name=value`, `--name value`, `-n value` and `-nvalue`. */
export function parseOptions(
  words: readonly string[],
  specs: readonly OptionSpec[],
): ParsedOptions | { readonly error: string } {
  const values = new Map<string, string>();
  const flags = new Set<string>();
  const rest: string[] = [];
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === '--') {
      rest.push(...queue);
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      rest.push(word);
      continue;
    }
    const long = /^--([^=]+)(?:=(.*))?$/s.exec(word);
    const spec = specs.find((each) => (long === null ? each.short === word[1] : each.long === long[1]));
    if (spec === undefined) {
      return {
        error: long === null ? `invalid option -- '${word[1] ?? ''}'` : `unrecognized option '${word}'`,
      };
    }
    if (!spec.value) {
      flags.add(spec.long);
      if (long === null && word.length > 2) queue.unshift(`-${word.slice(2)}`);
      continue;
    }
    const attached = long === null ? (word.length > 2 ? word.slice(2) : undefined) : long[2];
    const value = attached ?? queue.shift();
    if (value === undefined) return { error: `option '${word}' requires an argument` };
    values.set(spec.long, value);
  }
  return { values, flags, rest };
}
