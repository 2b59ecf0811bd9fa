/** An option's name on the command line: `lockTimeout` is `--lock-timeout`. */
export function optionName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
