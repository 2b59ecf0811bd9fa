import { EXIT_CODES } from '../errors/exit-codes.ts';

let reached = false;

/** Makes sure that a run which never reaches its end can't look like success. */
export function armExit(): void {
  process.exitCode = EXIT_CODES.FAILED;
  process.on('exit', () => {
    if (reached) return;
    process.exitCode = EXIT_CODES.FAILED;
    process.stderr.write('error: rdsctl ended before its work was done: this is a defect in rdsctl\n');
  });
}

/** The one way out of the process. Everything has been written by then. */
export function leave(code: number): never {
  reached = true;
  process.exit(code);
}
