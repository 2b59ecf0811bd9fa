/**
 * A RouterOS string literal that means exactly these bytes (one character per byte, latin1).
 *
 * Printable ASCII stands as it is, except the quote, the backslash, `$` (expands) and `?` (asks for help in
 * an interactive console); everything else is `\XX` with two upper-case hex digits, which is what the parser
 * takes (byte sweep on 7.23.3: seen).
 * @throws RangeError for a character above 0xFF or a NUL: the caller must encode first, NUL can't be sent.
 */
export function quote(bytes: string): string {
  const out = bytes.replace(/[^ !#%-.0->@-Z^-~/[\]]/g, (character) => {
    const code = character.charCodeAt(0);
    if (code > 0xff || code === 0)
      throw new RangeError(`not a byte that RouterOS takes: U+${code.toString(16)}`);
    return `\\${code.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return `"${out}"`;
}
