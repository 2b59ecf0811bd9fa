/** Breaks a text into lines of at most `width` columns, at blanks; a longer word stands alone. */
export function wrapLines(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.trim().split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** Breaks each line of a text into lines of at most `width` columns, at blanks; a longer word is cut into pieces. */
export function foldLines(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) =>
    wrapLines(line, width).flatMap((part) => {
      const pieces: string[] = [];
      for (let at = 0; at === 0 || at < part.length; at += width) pieces.push(part.slice(at, at + width));
      return pieces;
    }),
  );
}
