import type { Results } from '../output/results.ts';

/** A command as it would be sent. */
export interface PlannedCommand {
  readonly at: string;
  readonly kind: 'routeros' | 'node';
  /** Reads were run already, to know what there is; changes were not. */
  readonly changes: boolean;
  readonly command: string;
}

/** Writes what a dry run found. */
export async function writePlan(out: Results, commands: readonly PlannedCommand[]): Promise<void> {
  await out.one({
    kind: 'Plan',
    body: () => ({
      dryRun: true,
      commands: commands.map(({ at, kind, changes, command }) => ({ at, kind, changes, command })),
    }),
    text: (style) =>
      commands.length === 0
        ? 'Nothing would be sent.\n'
        : commands
            .map(
              ({ at, changes, command }) =>
                `${style.bold(`# ${at}`)}${changes ? '' : style.dim(' (only reads)')}\n${command}\n`,
            )
            .join('\n'),
    names: () => commands.filter(({ changes }) => changes).map(({ at }) => at),
  });
}
