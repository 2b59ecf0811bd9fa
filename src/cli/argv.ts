import { COMMON_OPTION_SPECS, type CommonOptionName } from './common-options.ts';
import { optionName } from './option-name.ts';

/** What a token of the command line is, as far as the common options tell. */
interface Token {
  /** Where it starts in the command line, and how many words it is. */
  readonly index: number;
  readonly length: number;
  /** The common options it sets, in order, with their values. */
  readonly sets: readonly { readonly name: CommonOptionName; readonly value: string }[];
  /** Whether it looks like an option at all. */
  readonly isOption: boolean;
}

const LONG = new Map<string, CommonOptionName>();
const SHORT = new Map<string, CommonOptionName>();
for (const [name, spec] of Object.entries(COMMON_OPTION_SPECS)) {
  LONG.set(optionName(name), name as CommonOptionName);
  if (spec.short !== null) SHORT.set(spec.short, name as CommonOptionName);
}

const takesValue = (name: CommonOptionName): boolean => COMMON_OPTION_SPECS[name].display !== null;

/** Reads the token at `index`. Options that aren't common ones are taken to have no separate value. */
function tokenAt(argv: readonly string[], index: number): Token {
  const word = argv[index] ?? '';
  const next = argv[index + 1] ?? '';
  const token = (sets: Token['sets'], length = 1): Token => ({ index, length, sets, isOption: true });
  if (word.startsWith('--') && word.length > 2) {
    const equals = word.indexOf('=');
    const name = LONG.get(equals < 0 ? word : word.slice(0, equals));
    if (name === undefined) return token([]);
    if (!takesValue(name)) return token([{ name, value: '' }]);
    if (equals >= 0) return token([{ name, value: word.slice(equals + 1) }]);
    return token([{ name, value: next }], 2);
  }
  if (!word.startsWith('-') || word === '-') return { index, length: 1, sets: [], isOption: false };
  const sets: { name: CommonOptionName; value: string }[] = [];
  for (let at = 1; at < word.length; at += 1) {
    const name = SHORT.get(word.charAt(at));
    if (name === undefined) break;
    if (!takesValue(name)) {
      sets.push({ name, value: '' });
      continue;
    }
    const inline = word.slice(at + 1);
    sets.push({ name, value: inline === '' ? next : inline });
    return token(sets, inline === '' ? 2 : 1);
  }
  return token(sets);
}

/** The tokens up to `--`. */
function* tokens(argv: readonly string[]): Generator<Token> {
  for (let index = 0; index < argv.length && argv[index] !== '--';) {
    const token = tokenAt(argv, index);
    yield token;
    index += token.length;
  }
}

/** A command line, split into the command's name and the rest. */
interface SplitArgv {
  /** The words of the command's name; empty when there is none. */
  readonly words: readonly string[];
  /** The options and arguments, wherever they stood. */
  readonly rest: readonly string[];
}

/** Finds the command's name, which options may stand before. A group's name is followed by one more word. */
export function splitArgv(argv: readonly string[], isGroup: (word: string) => boolean): SplitArgv {
  const at: number[] = [];
  for (const token of tokens(argv)) {
    if (token.isOption) continue;
    at.push(token.index);
    if (at.length === 2 || !isGroup(argv[token.index] ?? '')) break;
  }
  return {
    words: at.map((index) => argv[index] ?? ''),
    rest: argv.filter((_word, index) => !at.includes(index)),
  };
}

/** The common options as they were most likely meant, for telling of an error in the command line itself. */
export function peekCommon(argv: readonly string[]): ReadonlyMap<CommonOptionName, string> {
  const found = new Map<CommonOptionName, string>();
  for (const token of tokens(argv)) for (const { name, value } of token.sets) found.set(name, value);
  return found;
}

/** Whether help is asked for, anywhere before `--`. */
export function asksFor(argv: readonly string[], short: string, long: string): boolean {
  for (const token of tokens(argv)) {
    const word = argv[token.index] ?? '';
    if (token.isOption && (word === short || word === long)) return true;
  }
  return false;
}
