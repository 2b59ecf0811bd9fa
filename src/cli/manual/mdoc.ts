/*
 * Pages of the manual in mdoc(7), the language of manual pages that says what a word is, not how it looks.
 */

/** When the manual was last gone through; in mdoc's form. */
const MANUAL_DATE = 'November 23, 2026';

export interface Page {
  /** `rdsctl-attach`. */
  readonly name: string;
  readonly section: 1 | 5 | 7 | 8;
  /** One line, without a full stop. */
  readonly about: string;
  /** The sections after NAME: heading and body in mdoc. */
  readonly sections: readonly (readonly [string, string])[];
}

/** Writes a page. */
export function formatPage({ name, section, about, sections }: Page): string {
  const head = `.Dd ${MANUAL_DATE}\n.Dt ${name.toUpperCase()} ${section}\n.Os rdsctl\n.Sh NAME\n.Nm ${name}\n.Nd ${plain(about)}\n`;
  return head + sections.map(([title, body]) => `.Sh ${title}\n${body}`).join('');
}

/** Where a sentence ends and another begins, perhaps in another font. */
export const SENTENCE_END = /(?<=\S[.!?]) (?=[A-Z0-9`]|\\f[BI])/g;

/** Text that stands in a line: nothing in it is read as a request. */
export function plain(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('’', '\\(cq')
    .replaceAll('→', '\\(->')
    .replaceAll('…', '...')
    .replace(/^(?=[.'])/gm, '\\&');
}

/** A paragraph, each sentence on a line of its own as mdoc wants it. */
export function sentences(text: string): string {
  return `${plain(text.replace(/\s+/g, ' ').trim())
    .replace(SENTENCE_END, '\n')
    .replace(/^(?=[.'])/gm, '\\&')}\n`;
}

/** Paragraphs that are separated by empty lines. */
export function paragraphs(text: string): string {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map(sentences)
    .join('.Pp\n');
}

/** A list of terms; each term is mdoc already. */
export function tagged(items: readonly (readonly [string, string])[]): string {
  if (items.length === 0) return '';
  return `.Bl -tag -width Ds\n${items.map(([term, body]) => `.It ${term}\n${body}`).join('')}.El\n`;
}

/** Lines as they are. */
export function literal(text: string): string {
  return `.Bd -literal -offset indent\n${plain(text.replace(/\n+$/, ''))}\n.Ed\n`;
}

/** References to other pages. */
export function seeAlso(pages: readonly (readonly [string, number])[]): string {
  return pages
    .map(([name, section], index) => `.Xr ${name} ${section}${index < pages.length - 1 ? ' ,' : ''}\n`)
    .join('');
}
