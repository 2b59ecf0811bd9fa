import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { defaultConfigFiles } from '../../../config/find-config.ts';
import { expandPath } from '../../../config/paths.ts';
import { STARTER_FILE } from '../../../config/starter-file.ts';
import { configText, type Draft } from '../../../config/written-config.ts';
import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import type { Handler } from '../../command.ts';
import { askHosts } from './ask-hosts.ts';
import { asker } from './ask.ts';
import { draftOf } from './given-hosts.ts';
import type { configInit } from './definition.ts';

/** It may name users and hosts, which are not everybody's business. */
const MODE = 0o640;

/** Writes a first configuration: of what is given, or asked for, or a starter file. */
export const run: Handler<typeof configInit> = async (command) => {
  const { args, options, common, io, out } = command;
  const surroundings = { env: io.env, cwd: io.cwd, home: io.home, uid: io.uid };
  const [userFile = ''] = defaultConfigFiles(surroundings);
  const fallback = io.uid === 0 ? '/etc/rdsctl/config.yaml' : userFile;
  const file = expandPath(args.file ?? common.config ?? fallback, io.cwd, io.home);
  if (!options.force && existsSync(file)) throw alreadyThere(file);
  const draft = await draftFor(command, file);
  if (!common.dryRun) write(file, draft === null ? STARTER_FILE : configText(draft), options.force);
  await out.one({
    kind: 'ConfigReport',
    body: () => ({ file, written: !common.dryRun }),
    text: () =>
      common.dryRun
        ? `would write ${file}\n`
        : draft === null
          ? `wrote ${file}\nPut your storage servers and nodes in, then run: rdsctl config check --config ${file}\n`
          : `wrote ${file}\nNow see whether everything is as it should be: rdsctl doctor --config ${file}\n`,
    names: () => [file],
  });
  return EXIT_CODES.OK;
};

/** Null = nothing is known of any host: the starter file is what there is to write. */
async function draftFor(command: Parameters<typeof run>[0], file: string): Promise<Draft | null> {
  const { options, common, io, signal, report } = command;
  const isGiven = options.rds.length > 0 || options.node.length > 0 || options.nvmeAddress.length > 0;
  const ask = common.yes ? null : asker(command);
  if (!isGiven && ask === null) return null;
  const absolute = (key: string): string => (key.startsWith('~') ? key : path.resolve(io.cwd, key));
  const draft = isGiven || ask === null ? draftOf(options, absolute) : await askHosts(ask, io.home, absolute);
  if (options.offline) return draft;
  const { reachAll } = await import('./reach.ts');
  return reachAll(draft, { report, signal, io, ask, trustsAll: common.yes, file });
}

function write(file: string, text: string, force: boolean): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
  } catch (error) {
    throw cannotWrite(file, error);
  }
  try {
    if (force) replace(file, text);
    else writeFileSync(file, text, { flag: 'wx', mode: MODE });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? alreadyThere(file) : cannotWrite(file, error);
  }
}

/** Puts the new file in the place of the old one as a whole, or leaves the old one. */
function replace(file: string, text: string): void {
  const temporary = `${file}.${process.pid}`;
  try {
    writeFileSync(temporary, text, { flag: 'wx', mode: MODE });
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
