import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import { badManifest, parseManifest, type Manifest } from '../../../manifest/manifest.ts';
import type { CommandContext } from '../../command.ts';

/** Reads the manifest of `-f`. @throws RdsctlError BAD_ARGUMENT, BAD_MANIFEST */
export async function readManifest(
  file: string | undefined,
  { io, signal }: Pick<CommandContext, 'io' | 'signal'>,
): Promise<{ readonly file: string; readonly manifest: Manifest }> {
  if (file === undefined) {
    throw new RdsctlError('BAD_ARGUMENT', {
      message: 'apply needs a manifest',
      now: 'Nothing was changed.',
      hints: [{ when: 'For example:', run: 'rdsctl apply -f attachments.yaml' }],
    });
  }
  const shown = file === '-' ? '(standard input)' : file;
  let bytes: Buffer;
  try {
    bytes = file === '-' ? await io.stdin.readAll(signal) : await readFile(path.resolve(io.cwd, file));
  } catch (error) {
    if (signal.aborted) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw badManifest(shown, [{ line: null, key: '', message: `it can not be read: ${why}` }]);
  }
  if (!isUtf8(bytes)) throw badManifest(shown, [{ line: null, key: '', message: 'it is not UTF-8 text' }]);
  return { file: shown, manifest: parseManifest(shown, bytes.toString()) };
}
