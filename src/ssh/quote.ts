import { RdsctlError } from '../errors/rdsctl-error.ts';

/**
 * Words that no POSIX shell, nor zsh, reads as anything but themselves. `=` is not among them: `a=b` is an
 * assignment where a command's name stands, and zsh expands a leading `=`.
 */
const PLAIN_WORD = /^[A-Za-z0-9_./:@,+-]+$/;

/** Characters that end a command line or a C string, whatever quotes are around them somewhere on the way. */
const UNQUOTABLE = /[\0\r\n]/;

/**
 * Joins words to a command line that sh, dash, bash, ksh and zsh split into the same words again, also as the
 * argument of a login shell's `-c`. Everything inside single quotes stands for itself (POSIX XCU 2.2.2); a
 * single quote is left out of them as `\'`.
 *
 * @throws RdsctlError BAD_ARGUMENT for a word with NUL, CR or LF in it.
 */
export function quoteForShell(args: readonly string[]): string {
  return args.map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  if (UNQUOTABLE.test(word)) {
    throw new RdsctlError('BAD_ARGUMENT', {
      message: `${JSON.stringify(word)} has a line break or a NUL in it and can't be part of a command`,
    });
  }
  return PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
