import type { Finding } from '../../operations/care/finding.ts';
import type { Style } from './style.ts';

/** A finding, and on a line of its own what mends it. */
export function findingText({ level, where, what, fix }: Finding, style: Style): string {
  const paint = (text: string): string =>
    level === 'damage' ? style.bad(text) : level === 'difference' ? style.caution(text) : style.dim(text);
  const first = what.startsWith(where) || what.includes(where) ? what : `${where}: ${what}`;
  return `${paint(`${level}:`)} ${first}\n${fix === null ? '' : `    ${style.bold(fix)}\n`}`;
}
