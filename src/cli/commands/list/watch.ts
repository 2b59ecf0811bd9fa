import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import type { StateLocation } from '../../../config/state-location.ts';
import type { State } from '../../../state/state.ts';
import type { CommandContext } from '../../command.ts';
import { openScreen } from '../../io/screen.ts';
import { attachmentBody } from '../../output/attachment-document.ts';
import { makeDocument } from '../../output/document.ts';
import { sortRows, type TableChoice } from '../../output/table.ts';
import { openStore } from '../../operating/open-store.ts';
import { nobody } from '../../operating/store-options.ts';
import { makeSelection, type Filters, type Selection } from './selection.ts';
import { attachmentColumns, attachmentTable } from './table.ts';

const DEFAULT_INTERVAL_MS = 2_000;
const SHORTEST_INTERVAL_MS = 100;
/** For what a cluster is asked at the start. */
const WATCH_TIMEOUT_MS = 10_000;

/** Follows the state until a signal comes, which is its proper end; or until nobody reads it any more. */
export async function watchList(
  command: Omit<CommandContext, 'args' | 'options'> & {
    readonly options: Filters & TableChoice & { readonly interval: number | undefined };
  },
  location: StateLocation,
): Promise<number> {
  const { options, signal, io, common } = command;
  const select = await makeSelection(options);
  const store = await openStore(location, {
    backups: 0,
    timeoutMs: WATCH_TIMEOUT_MS,
    holder: nobody('rdsctl list --watch'),
    signal,
  });
  const pollMs = Math.max(options.interval ?? DEFAULT_INTERVAL_MS, SHORTEST_INTERVAL_MS);
  const states = store.watch({ signal, pollMs });
  const forPeople = common.output === 'table' || common.output === 'wide';
  const show = (state: State): Shown => {
    const selection = select(Object.values(state.attachments));
    const look = { label: selection.label, now: command.now(), style: command.out.style };
    const columns = attachmentColumns(selection.shown, look);
    const shown = sortRows(columns, selection.shown, options.sort);
    const table = (wide: boolean, room?: number): string =>
      attachmentTable(shown, { ...look, wide, choice: options, room });
    return { ...selection, shown, table };
  };
  try {
    if (forPeople && io.stdout.isTTY) await redraw(command, states, show, pollMs);
    else await follow(command, states, show);
  } finally {
    await store.close();
  }
  const why: unknown = signal.reason;
  if (why instanceof RdsctlError && why.reason === 'TIMED_OUT') throw why;
  return EXIT_CODES.OK;
}

/** A selection, and how it looks. */
interface Shown extends Selection {
  readonly table: (wide: boolean, room?: number) => string;
}

/** For programs: a document a line, at the start and then at each change of what is listed. */
async function follow(
  { out, io, common }: Pick<CommandContext, 'out' | 'io' | 'common'>,
  states: AsyncIterable<State>,
  show: (state: State) => Shown,
): Promise<void> {
  const asked = common.flags.has('output') ? common.output : 'jsonl';
  let last: string | null = null;
  for await (const state of states) {
    const { shown, label, table } = show(state);
    const items = shown.map((one) => attachmentBody(one, { label: label(one) }));
    const document = makeDocument('AttachmentList', { items });
    const line = JSON.stringify(document);
    if (line === last) continue;
    const first = last === null;
    last = line;
    if (asked === 'yaml') {
      const { toYaml } = await import('../../output/yaml.ts');
      await out.raw(`---\n${toYaml(document)}`);
    } else if (asked === 'table' || asked === 'wide' || asked === 'name') {
      const text =
        asked === 'name' ? shown.map((one) => `${label(one)}\n`).join('') : table(asked === 'wide');
      await out.raw(`${first ? '' : '\n'}${text}`);
    } else {
      await out.raw(`${line}\n`);
    }
    if (io.stdout.gone === true) return;
  }
}

/** For a person: one picture, drawn anew at each change, and now and then so that ages are right. */
async function redraw(
  { out, io, common, now, signal }: Pick<CommandContext, 'out' | 'io' | 'common' | 'now' | 'signal'>,
  states: AsyncIterable<State>,
  show: (state: State) => Shown,
  everyMs: number,
): Promise<void> {
  const screen = await openScreen(io.stdout);
  let newest: State | null = null;
  const draw = async (): Promise<void> => {
    if (newest === null || signal.aborted) return;
    const { shown, table, all } = show(newest);
    const time = `${now().toISOString().slice(0, 19).replace('T', ' ')}Z`;
    const head = `${out.style.dim(`${time}  ${shown.length} of ${all} attachments, Ctrl-C ends`)}\n`;
    const wide = common.output === 'wide';
    await screen.show(head + table(wide, io.stdout.columns));
  };
  const clock = setInterval(() => void draw(), everyMs);
  try {
    for await (const state of states) {
      newest = state;
      await draw();
      if (io.stdout.gone === true) return;
    }
  } finally {
    clearInterval(clock);
    await screen.close();
  }
}
