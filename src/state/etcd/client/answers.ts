import { RdsctlError } from '../../../errors/rdsctl-error.ts';

/** An object of an answer: fields of whatever type they turn out to be. */
export type Fields = Readonly<Record<string, unknown>>;

/** BAD_ANSWER: etcd answered, but not what its protocol says. */
function odd(what: string): RdsctlError {
  return new RdsctlError('BAD_ANSWER', {
    message: `etcd answered something that can't be understood: ${what}`,
    now: 'It is not known whether anything was changed.',
    hints: [{ when: 'To see that the state is whole', run: 'rdsctl state check' }],
  });
}

export function fields(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw odd(`no ${name}`);
  return value as Fields;
}

/** A list; one that is left out is empty. */
export function list(value: unknown, name: string): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw odd(`no ${name}`);
  return value;
}

/** A number of 64 bits, which comes as text; one that is left out is 0. */
export function int64(value: unknown, name: string): bigint {
  if (value === undefined) return 0n;
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  throw odd(`no number in ${name}`);
}

/** Bytes that are text; left out = ''. */
export function text(value: unknown, name: string): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') throw odd(`no text in ${name}`);
  return Buffer.from(value, 'base64').toString();
}

/** The store's revision at which an answer was made. */
export function revisionOf(answer: Fields): bigint {
  const revision = int64(fields(answer['header'], 'header')['revision'], 'revision');
  if (revision <= 0n) throw odd('no revision');
  return revision;
}
