import { adopt as adoptVolume, type AdoptResult } from '../../../operations/adopt/adopt.ts';
import { adoptCandidates, type Candidates } from '../../../operations/adopt/candidates.ts';
import { eachVolume, partial, type Failed } from '../../../operations/bulk.ts';
import { resolveVolume } from '../../../operations/resolve.ts';
import type { VolumeId } from '../../../attachment/transitions.ts';
import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import type { RdsctlError } from '../../../errors/rdsctl-error.ts';
import type { CommandContext, Handler } from '../../command.ts';
import type { Operating } from '../../operating/compose.ts';
import { operate } from '../../operating/operate.ts';
import { attachmentBody } from '../../output/attachment-document.ts';
import { formatColumns } from '../../output/columns.ts';
import type { adopt } from './definition.ts';

/** Adopts the volumes that were named, or with none named whatever can be. */
export const run: Handler<typeof adopt> = async (command) => {
  const { args, out } = command;
  const end: { failure: RdsctlError | null } = { failure: null };
  const unknown: Failed[] = [];
  await operate(
    command,
    async (operating) => {
      const volumes =
        args.volumes.length === 0
          ? await chosen(command, operating, unknown)
          : await named(operating, args.volumes);
      const { context, mayTouch } = operating;
      const outcomes = await eachVolume(context, volumes, (own, { key }) =>
        adoptVolume(own, { volume: key }, mayTouch),
      );
      const failed = outcomes.flatMap(({ error }, index): Failed[] =>
        error === null ? [] : [{ volume: volumes[index]?.slot ?? '', error }],
      );
      end.failure = unknown.length > 0 ? inPart([...unknown, ...failed]) : failureOf(failed, volumes.length);
      return outcomes.flatMap(({ result }) => (result === null ? [] : [result]));
    },
    async (results) => {
      if (results.length === 0 && end.failure !== null) return;
      await out.list({
        kind: 'AttachmentList',
        itemKind: 'Attachment',
        items: results,
        item: ({ attachment, changed }) => attachmentBody(attachment, { changed }),
        text: (style) =>
          results.length === 0
            ? 'Nothing to adopt.\n'
            : results
                .map(({ attachment: { slot, holders }, changed }: AdoptResult) => {
                  const [{ node, device }] = holders;
                  return changed
                    ? `${slot} is adopted: attached to ${node} as ${style.bold(device ?? '?')}\n`
                    : `${slot} is attached to ${node} ${style.dim('(it was in the state already; nothing changed)')}\n`;
                })
                .join(''),
        names: () => results.map(({ attachment: { slot } }) => slot),
      });
    },
  );
  if (end.failure !== null) throw end.failure;
  return EXIT_CODES.OK;
};

async function named({ context, mayTouch }: Operating, names: readonly string[]): Promise<VolumeId[]> {
  const volumes = new Map<string, VolumeId>();
  for (const name of names) {
    const volume = await resolveVolume(context, name, mayTouch);
    volumes.set(volume.key, volume);
  }
  return [...volumes.values()];
}

/**
 * What can be adopted, after the operator has seen it and agreed; what can not be is told with the reason.
 * @param unknown takes what could not be judged since a host could not be asked
 */
async function chosen(
  command: CommandContext,
  { context }: Operating,
  unknown: Failed[],
): Promise<VolumeId[]> {
  const candidates = await adoptCandidates(context);
  for (const { volume, error } of candidates.refused) {
    command.report({ type: 'warning', message: `${volume.slot} is left alone: ${error.message}` });
  }
  unknown.push(
    ...candidates.unsure.map(({ volume, error }) => ({ volume: volume.slot, error })),
    ...candidates.unasked.map(({ rds, error }) => ({ volume: `${rds}/*`, error })),
  );
  if (candidates.adoptable.length > 0 && !command.common.dryRun) {
    const { length } = candidates.adoptable;
    await command.confirm({
      about: `Connected, and not in the state:\n${table(candidates)}`,
      question: length === 1 ? 'Adopt it?' : `Adopt these ${length}?`,
    });
  }
  return candidates.adoptable.map(({ volume }) => volume);
}

function table({ adoptable }: Candidates): string {
  return formatColumns(
    [
      { title: 'VOLUME', text: ({ volume }) => volume.slot },
      { title: 'RDS', text: ({ volume }) => volume.rds },
      { title: 'NODE', text: ({ node }) => node },
      { title: 'DEVICE', text: ({ device }) => device },
      {
        title: 'EXPORTED TO',
        text: ({ disk, node }) => (disk.allow === '' ? `any host, then ${node} alone` : `${node} alone`),
      },
    ],
    adoptable,
  );
}

/** Of hosts that could not be asked nothing is concluded: "nothing to adopt" would be a guess. */
function inPart(failed: readonly Failed[]): RdsctlError | null {
  return partial(failed, {
    message: 'not everything that could be adopted is known, or was adopted',
    again: { when: 'When every host answers, again:', run: 'rdsctl adopt' },
  });
}

/** One volume's failure is told as it is; of several, all are told. */
function failureOf(failed: readonly Failed[], asked: number): RdsctlError | null {
  const [only] = failed;
  if (only !== undefined && asked === 1) return only.error;
  return partial(failed, {
    message: `${failed.length} of ${asked} volumes were not adopted`,
    again: { when: 'See what is connected beside the state:', run: 'rdsctl tree' },
  });
}
