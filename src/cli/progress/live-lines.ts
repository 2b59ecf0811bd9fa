import type { Style } from '../output/style.ts';
import { wrapLines } from '../output/wrap.ts';
import type { Bulk, ProgressState, RunningStep } from './progress-state.ts';
import { formatWhole, waitingText } from './progress-text.ts';

/** How what runs is drawn. */
export interface LiveLook {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The terminal's width and height. */
  readonly columns: number;
  readonly rows: number;
  readonly style: Style;
  /** Whether the terminal shows more than ASCII. */
  readonly unicode: boolean;
}

/** Volumes in work that are named at once, and lines that a wait may take. */
const MOST_ITEMS = 10;
const MOST_WAIT_LINES = 3;
const WIDEST_BAR = 30;
/** Narrower, there is no room for the time beside the title. */
const NARROW = 24;
const TURN_MS = 200;

/**
 * What runs now, as lines that each fit the terminal: waits, steps, and of many volumes a bar and those in
 * work. No more lines than the terminal has, less two.
 */
export function liveLines(
  state: Pick<ProgressState, 'steps' | 'waits' | 'bulk'>,
  look: LiveLook,
): readonly string[] {
  const { bulk } = state;
  const steps = [...state.steps.values()];
  const waits = [...state.waits].flatMap(([lock, { holder }]) => waitLines(lock, holder, look));
  const own = steps.filter(({ item }) => item === null || bulk === null);
  const lines = [...waits, ...own.map(({ title, since }) => row('', title, since, look))];
  const most = Math.max(1, look.rows - 2);
  if (bulk === null) return shortened(lines, most, look);
  const bar = barLine(bulk, look);
  const items = itemLines(bulk, steps, look);
  const room = Math.max(0, most - lines.length - 1);
  return shortened([...lines, bar, ...shortened(items, Math.min(room, MOST_ITEMS), look)], most, look);
}

function waitLines(lock: string, holder: Parameters<typeof waitingText>[1], look: LiveLook): string[] {
  const indent = '  ';
  const text = clean(waitingText(lock, holder, look.now));
  const wrapped = wrapLines(text, Math.max(1, look.columns - 1 - indent.length));
  return wrapped
    .slice(0, MOST_WAIT_LINES)
    .map((line, index) =>
      index === 0
        ? `${look.style.caution(turning(look))} ${look.style.caution(cut(line, look.columns - 3))}`
        : `${indent}${look.style.caution(cut(line, look.columns - 3))}`,
    );
}

/** A title with what turns before it and its time behind it. */
function row(indent: string, title: string, since: number, look: LiveLook): string {
  const { style, columns, now } = look;
  const time = now - since < 1000 || columns < NARROW ? '' : ` ${formatWhole(now - since)}`;
  const room = columns - 1 - indent.length - 2 - time.length;
  return `${indent}${style.busy(turning(look))} ${cut(clean(title), room)}${style.dim(time)}`;
}

function barLine({ total, ended, failed, since }: Bulk, look: LiveLook): string {
  const { style, columns, now } = look;
  const bad = failed === 0 ? '' : `, ${failed} failed`;
  const count = `${ended} of ${total} volumes`;
  const time = ` ${formatWhole(now - since)}`;
  const room = columns - 1 - count.length - bad.length - time.length - 3;
  if (room < 5) return cut(`${count}${bad}`, columns - 1);
  const width = Math.min(room, WIDEST_BAR);
  const full = total === 0 ? width : Math.floor((ended / total) * width);
  const [filled, empty] = look.unicode ? ['█', '░'] : ['#', '.'];
  const bar = `${style.good(filled.repeat(full))}${style.dim(empty.repeat(width - full))}`;
  return `${look.unicode ? ` ${bar} ` : `[${bar}]`} ${count}${style.bad(bad)}${style.dim(time)}`;
}

/** Each volume in work with the step that was begun last. */
function itemLines({ items }: Bulk, steps: readonly RunningStep[], look: LiveLook): string[] {
  return [...items].map(([id, { name, since }]) => {
    const step = steps.findLast(({ item }) => item === id)?.title;
    const title = step === undefined ? name : step.startsWith(`${name}: `) ? step : `${name}: ${step}`;
    return row('  ', title, since, look);
  });
}

function shortened(lines: readonly string[], most: number, look: LiveLook): readonly string[] {
  if (lines.length <= most) return lines;
  if (most === 0) return [];
  const rest = cut(`  … and ${lines.length - most + 1} more`, look.columns - 1);
  return [...lines.slice(0, most - 1), look.style.dim(look.unicode ? rest : rest.replaceAll('…', '...'))];
}

function turning({ now, unicode }: LiveLook): string {
  const frames = unicode ? '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏' : '|/-\\';
  return frames[Math.floor(now / TURN_MS) % frames.length] ?? '';
}

function cut(text: string, room: number): string {
  if (text.length <= room) return text;
  return room < 1 ? '' : `${text.slice(0, room - 1)}…`;
}

/** What came from elsewhere may hold anything: nothing of it moves the cursor. */
function clean(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}
