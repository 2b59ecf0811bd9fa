import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { RdsctlError } from '../errors/rdsctl-error.ts';

/**
 * Puts a text in the place of a metrics file as a whole: a collector that reads it meanwhile sees the old one or
 * the new one. Others may read it, since the collector runs as another user.
 * @throws RdsctlError LOCAL_IO
 */
export async function writeMetricsFile(file: string, text: string): Promise<void> {
  // node_exporter reads every file whose name ends with .prom: this one must not until it is whole.
  const temporary = path.join(
    path.dirname(file),
    `.${path.basename(file)}.${process.pid}-${randomBytes(4).toString('hex')}`,
  );
  try {
    const handle = await open(temporary, 'wx', 0o644);
    try {
      await handle.writeFile(text);
      await handle.chmod(0o644);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    // Nothing may be there to be removed; what went wrong first is what counts.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new RdsctlError('LOCAL_IO', {
      message: `the metrics file ${file} can not be written: ${error instanceof Error ? error.message : String(error)}`,
      hints: [
        {
          when: 'Name a file in a directory that can be written:',
          run: 'rdsctl reconcile --metrics-file FILE',
        },
      ],
      details: { file },
      cause: error,
    });
  }
}

/** What a metrics file holds; null when there is none. @throws RdsctlError LOCAL_IO */
export async function readMetricsFile(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new RdsctlError('LOCAL_IO', {
      message: `the metrics file ${file} can not be read: ${error instanceof Error ? error.message : String(error)}`,
      details: { file },
      cause: error,
    });
  }
}
