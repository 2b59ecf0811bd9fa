import { lexer, type MarkedToken, type Token, type Tokens } from 'marked';
import { literal, plain, SENTENCE_END, tagged, type Page } from './mdoc.ts';

/**
 * Makes a page of the manual from a document in Markdown: its first heading and paragraph are left out, headings
 * of the second level become sections, a table becomes a list of its first column.
 */
export function markdownPage(name: string, section: 5 | 7 | 8, about: string, markdown: string): Page {
  const sections: [string, string][] = [];
  for (const token of lexer(markdown)) {
    if (isA(token, 'heading')) {
      if (token.depth === 2) sections.push([plain(token.text.toUpperCase()), '']);
      else if (token.depth > 2) append(sections, `.Ss ${inline(token.tokens)}\n`);
      continue;
    }
    append(sections, block(token));
  }
  return { name, section, about, sections: sections.map(([title, body]) => [title, tidy(body)]) };
}

function append(sections: [string, string][], text: string): void {
  const last = sections.at(-1);
  if (last !== undefined) last[1] += text;
  else if (text !== '') sections.push(['DESCRIPTION', text]);
}

function block(token: Token): string {
  if (isA(token, 'paragraph')) return `.Pp\n${lines(inline(token.tokens))}`;
  if (isA(token, 'code')) return literal(token.text);
  if (isA(token, 'list')) return list(token);
  if (isA(token, 'table')) return table(token);
  if (isA(token, 'text')) return lines(inline(token.tokens ?? []) || plain(token.text));
  if (isA(token, 'blockquote')) return token.tokens.map(block).join('');
  return '';
}

function list(token: Tokens.List): string {
  const kind = token.ordered ? '-enum' : '-bullet';
  const items = token.items.map(
    (item) =>
      `.It\n${item.tokens
        .map(block)
        .join('')
        .replace(/^\.Pp\n/, '')}`,
  );
  return `.Bl ${kind} -compact\n${items.join('')}.El\n`;
}

function table({ header, rows }: Tokens.Table): string {
  return tagged(
    rows.map((row) => {
      const [first, ...more] = row;
      const body = more.map((cell, index) => {
        const title = header[index + 1]?.text ?? '';
        const text = inline(cell.tokens);
        return text === ''
          ? ''
          : more.length === 1
            ? lines(text)
            : lines(`${plain(title)}: ${text}`).replace(/\n$/, '\n.br\n');
      });
      return [first === undefined ? '' : inline(first.tokens), body.join('').replace(/\.br\n$/, '')];
    }),
  );
}

/** Text with its fonts, on one line. */
function inline(tokens: readonly Token[]): string {
  return tokens
    .map((token): string => {
      if (isA(token, 'codespan')) return `\\fB${plain(token.text)}\\fR`;
      if (isA(token, 'strong')) return `\\fB${inline(token.tokens)}\\fR`;
      if (isA(token, 'em')) return `\\fI${inline(token.tokens)}\\fR`;
      if (isA(token, 'link')) return inline(token.tokens);
      if (isA(token, 'text') || isA(token, 'escape')) return plain(unescaped(token.text));
      return '';
    })
    .join('')
    .replace(/\s+/g, ' ');
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

function lines(text: string): string {
  return `${text.replace(SENTENCE_END, '\n').replace(/^(?=[.'])/gm, '\\&')}\n`;
}

/** No paragraph break where one is already, as mandoc wants it. */
function tidy(body: string): string {
  return body
    .replace(/^\.Pp\n/, '')
    .replace(/(\.Ss [^\n]*\n)\.Pp\n/g, '$1')
    .replace(/\.Pp\n(?=\.Bl|\.Bd|\.Ss)/g, '');
}

function isA<T extends MarkedToken['type']>(
  token: Token,
  type: T,
): token is Extract<MarkedToken, { type: T }> {
  return token.type === type;
}
