import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';

/** The exit code that an error ends the command with. */
export function exitCodeOf(error: unknown): number {
  return error instanceof RdsctlError ? error.exitCode : EXIT_CODES.FAILED;
}
