/** Lines of print are this wide without a terminal: between 238 and 240 fits both captures of a device. */
export const LINE_WIDTH = 240;

/** Where the text of a command goes. */
export interface Output {
  /** Characters in a line. */
  readonly width: number;
  /** Prints one line, without its end. */
  line(text: string): void;
}
