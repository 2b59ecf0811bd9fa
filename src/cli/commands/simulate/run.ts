import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import { runSimulate } from '../../../simulator/run.ts';
import type { Handler } from '../../command.ts';
import { parseScript } from './parse.ts';
import type { simulate } from './definition.ts';

/** Runs the simulation in this process until a signal comes or its command ends. */
export const run: Handler<typeof simulate> = async ({ args, options, io }) => {
  const {
    dir,
    nodes,
    volumes,
    storageServers,
    firstNode,
    firstStorageServer,
    routeros,
    events,
    faults,
    quirk,
  } = options;
  const [first, file] = args.command;
  if (first === 'parse' && dir === undefined) return parseScript(file ?? '-', routeros, io);
  if (dir === undefined) {
    throw new RdsctlError('BAD_ARGUMENT', {
      message: 'simulate needs --dir DIR, for its configuration, keys and nodes',
      now: 'Nothing was started.',
      hints: [{ when: 'For example:', run: 'rdsctl simulate --dir ./sim' }],
    });
  }
  return runSimulate(
    {
      dir,
      nodes,
      volumes,
      rds: storageServers,
      firstNode,
      firstRds: firstStorageServer,
      ...(routeros === undefined ? {} : { routeros }),
      ...(events === undefined ? {} : { events }),
      ...(faults === undefined ? {} : { faults }),
      ...(quirk === undefined ? {} : { quirk }),
      command: args.command,
    },
    {
      out: (text) => void io.stdout.write(text),
      err: (text) => void io.stderr.write(text),
      env: { ...io.env },
    },
  );
};
