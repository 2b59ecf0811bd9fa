import xterm from '@xterm/headless';

/** A terminal that shows what is written to it, as a person would see it. */
export interface ScreenOfTest {
  /** Takes in what a program writes; resolves when it shows. */
  write(text: string | Uint8Array): Promise<void>;
  /** The lines that are not empty, from the first that was ever written. */
  lines(): string[];
  /** Where the cursor is: column, and line from the first on. */
  cursor(): { readonly x: number; readonly line: number };
  resize(columns: number, rows: number): void;
}

/** @param cooked whether a line feed also goes to the first column, as the kernel makes it of a program's own */
export function makeScreen(columns: number, rows: number, cooked: boolean): ScreenOfTest {
  const terminal = new xterm.Terminal({
    cols: columns,
    rows,
    allowProposedApi: true,
    convertEol: cooked,
    scrollback: 1000,
  });
  const { active } = terminal.buffer;
  return {
    write: (text) => new Promise((resolve) => terminal.write(text, resolve)),
    lines() {
      const all = Array.from(
        { length: active.length },
        (_, index) => active.getLine(index)?.translateToString(true) ?? '',
      );
      return all.filter((line) => line !== '');
    },
    cursor: () => ({ x: active.cursorX, line: active.baseY + active.cursorY }),
    resize: (to, high) => {
      terminal.resize(to, high);
    },
  };
}
