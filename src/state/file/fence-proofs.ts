import { renameSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';

import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { FenceProof, FenceProofs } from '../../operations/ports/fence-proofs.ts';
import { makeDirectory, syncDirectory } from './directories.ts';
import { causeText, systemCode } from './faults.ts';
import { createPrivate, removeQuietly, temporaryPath, writeAll } from './temporary-file.ts';

const Time = v.nullable(v.number());

/** Fields that are not known here, such as the `format` that is written, are left out. */
const Stored = v.object({
  rds: v.string(),
  at: v.pipe(v.string(), v.isoTimestamp()),
  version: v.string(),
  volume: v.string(),
  node: v.string(),
  kernel: v.string(),
  nvmeCli: v.string(),
  proved: v.boolean(),
  failures: v.array(v.string()),
  sessionGoneMs: Time,
  readsFailedMs: Time,
  reconnectRefused: v.boolean(),
  listHonoured: v.boolean(),
  listAloneCuts: v.boolean(),
  exportOffMs: Time,
  backWithoutList: v.boolean(),
});

/** Where the proof of a storage server stands, beside the state. */
function proofPath(directory: string, rds: string): string {
  return join(directory, `fence-proof-${rds}.json`);
}

/**
 * Proofs that a fence works, one file for each storage server. They are no part of the state: losing them loses
 * nothing but a date, so a whole file replaces a whole file and no lock is taken.
 */
export function openFenceProofs(directory: string): FenceProofs {
  return {
    async read(rds) {
      const path = proofPath(directory, rds);
      try {
        return v.parse(Stored, JSON.parse(await readFile(path, 'utf8')));
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return null;
        throw failed(path, 'read', error);
      }
    },
    async write(proof) {
      const path = proofPath(directory, proof.rds);
      const temporary = temporaryPath(path);
      try {
        makeDirectory(directory);
        await writeWhole(temporary, proof);
        renameSync(temporary, path);
        syncDirectory(directory);
      } catch (error) {
        removeQuietly(temporary);
        throw failed(path, 'written', error);
      }
    },
  };
}

async function writeWhole(path: string, proof: FenceProof): Promise<void> {
  const file = await createPrivate(path);
  try {
    await writeAll(file, Buffer.from(`${JSON.stringify({ format: 1, ...proof }, null, 2)}\n`));
    await file.sync();
  } finally {
    await file.close();
  }
}

function failed(path: string, what: 'read' | 'written', cause: unknown): RdsctlError {
  return new RdsctlError('LOCAL_IO', {
    message: `the proof ${path} can't be ${what}: ${causeText(cause)}`,
    details: { path },
    cause,
  });
}
