import type { Results } from '../output/results.ts';
import type { Style } from '../output/style.ts';

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
    body: () => ({ dryRun: true, ...planBody(commands) }),
    text: (style) => planText(commands, style),
    names: () => commands.filter(({ changes }) => changes).map(({ at }) => at),
  });
}

/** The commands, for a document. */
export function planBody(commands: readonly PlannedCommand[]): { readonly commands: readonly object[] } {
  return { commands: commands.map(({ at, kind, changes, command }) => ({ at, kind, changes, command })) };
}

/** The commands, for a person. */
export function planText(commands: readonly PlannedCommand[], style: Style): string {
  if (commands.length === 0) return 'Nothing would be sent.\n';
  return commands
    .map(
      ({ at, changes, command }) =>
        `${style.bold(`# ${at}`)}${changes ? '' : style.dim(' (only reads)')}\n${command}\n`,
    )
    .join('\n');
}
