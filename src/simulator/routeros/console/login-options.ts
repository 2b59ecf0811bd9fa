/** What a login name asks of the console: `admin+cet1024w` (manual). */
export interface LoginOptions {
  /** The name without its options. */
  readonly account: string;
  readonly colours: boolean;
  /** Whether the terminal is asked what it can do. */
  readonly detects: boolean;
  /** A terminal that understands no more than a carriage return. */
  readonly dumb: boolean;
  /** Characters; the terminal's own without it. */
  readonly width?: number;
  readonly height?: number;
}

/** No line is wider, whatever is asked for. */
const LARGEST = 65_535;

/**
 * Reads a login name: after the plus stand letters, each with a number before it or none. Without a number `c`
 * and `t` switch off and `e` on, `w` and `h` are the terminal's own (manual; 0 like no number: inferred). Letters
 * that aren't known mean nothing.
 */
export function readLoginName(name: string): LoginOptions {
  const plus = name.indexOf('+');
  const account = plus < 0 ? name : name.slice(0, plus);
  const given = new Map<string, number>();
  for (const [, number = '', letter = ''] of name.slice(account.length).matchAll(/(\d*)([a-z])/g)) {
    given.set(letter, Math.min(Number(number), LARGEST));
  }
  const isOn = (letter: string, usual: boolean): boolean => {
    const number = given.get(letter);
    if (number === undefined) return usual;
    return number === 0 ? !usual : usual;
  };
  const width = given.get('w') ?? 0;
  const height = given.get('h') ?? 0;
  return {
    account,
    colours: isOn('c', true),
    detects: isOn('t', true),
    dumb: isOn('e', false),
    ...(width === 0 ? {} : { width }),
    ...(height === 0 ? {} : { height }),
  };
}
