import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { RdsctlError } from '../errors/rdsctl-error.ts';

/** Reads a configuration file's text. @throws RdsctlError NO_CONFIG, BAD_CONFIG that say why it can't be. */
export function readConfigText(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw cannotRead(file, (error as NodeJS.ErrnoException).code, error);
  }
  if (!isUtf8(bytes)) throw cannotRead(file, 'ENCODING', null);
  return bytes.toString();
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'it may not be read by this user',
  EPERM: 'it may not be read by this user',
  EISDIR: 'it is a directory',
  ENCODING: 'it is not UTF-8 text',
};

function cannotRead(file: string, code: string | undefined, cause: unknown): RdsctlError {
  const missing = code === 'ENOENT' || code === 'ENOTDIR';
  return new RdsctlError(missing ? 'NO_CONFIG' : 'BAD_CONFIG', {
    message: `can not read the configuration ${file}: ${WHY[code ?? ''] ?? String(code)}`,
    now: 'Nothing was changed.',
    hints: missing ? [{ when: 'To make one:', run: `rdsctl config init ${file}` }] : [],
    details: { file },
    cause,
  });
}
