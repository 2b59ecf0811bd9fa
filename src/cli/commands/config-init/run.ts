import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { defaultConfigFiles } from '../../../config/find-config.ts';
import { expandPath } from '../../../config/paths.ts';
import { STARTER_FILE } from '../../../config/starter-file.ts';
import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import type { Handler } from '../../command.ts';
import type { configInit } from './definition.ts';

/** It may name users and hosts, which are not everybody's business. */
const MODE = 0o640;

/** Writes the starter file. */
export const run: Handler<typeof configInit> = async ({ args, options, common, io, out }) => {
  const surroundings = { env: io.env, cwd: io.cwd, home: io.home, uid: io.uid };
  const [userFile = ''] = defaultConfigFiles(surroundings);
  const fallback = io.uid === 0 ? '/etc/rdsctl/config.yaml' : userFile;
  const file = expandPath(args.file ?? common.config ?? fallback, io.cwd, io.home);
  if (!common.dryRun) write(file, options.force);
  await out.one({
    kind: 'ConfigReport',
    body: () => ({ file, written: !common.dryRun }),
    text: () =>
      common.dryRun
        ? `would write ${file}\n`
        : `wrote ${file}\nPut your storage servers and nodes in, then run: rdsctl config check --config ${file}\n`,
    names: () => [file],
  });
  return EXIT_CODES.OK;
};

function write(file: string, force: boolean): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
  } catch (error) {
    throw cannotWrite(file, error);
  }
  try {
    if (force) replace(file);
    else writeFileSync(file, STARTER_FILE, { flag: 'wx', mode: MODE });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? alreadyThere(file) : cannotWrite(file, error);
  }
}

/** Puts the new file in the place of the old one as a whole, or leaves the old one. */
function replace(file: string): void {
  const temporary = `${file}.${process.pid}`;
  try {
    writeFileSync(temporary, STARTER_FILE, { flag: 'wx', mode: MODE });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function alreadyThere(file: string): RdsctlError {
  return new RdsctlError('BAD_ARGUMENT', {
    message: `${file} is there already`,
    now: 'It was left as it is.',
    hints: [
      { when: 'To write it anew:', run: `rdsctl config init ${file} --force` },
      { when: 'To check it:', run: `rdsctl config check --config ${file}` },
    ],
    details: { file },
  });
}

function cannotWrite(file: string, cause: unknown): RdsctlError {
  return new RdsctlError('LOCAL_IO', {
    message: `can not write ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
    details: { file },
    cause,
  });
}
