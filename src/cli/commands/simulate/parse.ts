import { readFileSync } from 'node:fs';

import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import { parseAsDevice } from '../../../simulator/routeros/parse-as-device.ts';
import type { CliIo } from '../../io/cli-io.ts';

/** The version whose commands and arguments a script is parsed with, unless another is asked for. */
const VERSION = '7.21.5';

/**
 * Parses a RouterOS script and prints what a device prints for it: the tree, or the error.
 * @param file a path, or `-` for standard input
 * @returns 0 for a tree, 1 for an error of the script
 */
export async function parseScript(file: string, version: string | undefined, io: CliIo): Promise<number> {
  const source = readSource(file);
  const { text, ok } = parseAsDevice(source.toString('latin1'), version ?? VERSION);
  await io.stdout.write(`${Buffer.from(text, 'latin1').toString('utf8')}\n`);
  return ok ? EXIT_CODES.OK : EXIT_CODES.FAILED;
}

function readSource(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new RdsctlError('BAD_ARGUMENT', {
      message: `the script ${file} can not be read: ${error instanceof Error ? error.message : String(error)}`,
      cause: error,
    });
  }
}
