import { randomUUID } from 'node:crypto';
import type { Finding } from '../../operations/care/finding.ts';
import { proposeRebuild, type RebuildContext } from '../../operations/rebuild/rebuild.ts';
import type { MayTouch } from '../../operations/resolve.ts';
import type { CommandContext } from '../command.ts';
import { differenceLines } from '../output/state-difference.ts';
import { openCare } from './care.ts';
import { compose } from './compose.ts';

/** What a rebuild works with, made from a command's options and the configuration. */
export interface Rebuilding {
  readonly context: RebuildContext;
  readonly mayTouch: MayTouch;
  readonly close: () => Promise<void>;
}

/** Puts hosts and the state's care together. */
export async function openRebuilding(command: CommandContext): Promise<Rebuilding> {
  const operating = await compose(command);
  const care = await openCare(command);
  return {
    context: { ...operating.context, ...care.context, newLineage: randomUUID },
    mayTouch: operating.mayTouch,
    close: async () => {
      await operating.close();
      await care.close();
    },
  };
}

/** Where the state and the storage servers disagree. */
export async function remoteFindings(command: CommandContext): Promise<Finding[]> {
  const { context, mayTouch, close } = await openRebuilding(command);
  try {
    const { rebuilt, difference } = await proposeRebuild(context, { lineage: null, partial: true }, mayTouch);
    const { gained, lost, changed } = difference;
    const others = differenceLines({ ...difference, olderTokens: [], marksLost: [], marksGained: [] });
    const some = gained.length + lost.length + changed.length > 0;
    return [
      ...rebuilt.findings,
      ...(some ? others : []).map((line): Finding => {
        const [, volume = '', rest = ''] = /^\S+ (\S+) (.*)$/.exec(line) ?? [];
        return {
          level: 'difference',
          where: volume,
          what: `a rebuild would change it: ${line.slice(0, 1)} ${rest}`,
          fix: 'rdsctl state rebuild --dry-run',
        };
      }),
    ];
  } finally {
    await close();
  }
}
