import type { GroundTruth, SessionSpan } from './ground-truth.ts';

/** What a command was asked for and how it ended, and when: by the number of the last event then. */
export interface Told {
  /** Without `rdsctl`. */
  readonly argv: readonly string[];
  readonly began: number;
  /** Infinity while it runs; when it was killed, for one that was. */
  readonly ended: number;
  /** Null when it was killed or still runs. */
  readonly code: number | null;
}

/** A session that there should not have been, after what a command had said. */
export interface Contradiction {
  readonly told: string;
  readonly session: SessionSpan;
}

/** Writes down what commands say, for {@link contradictions}. */
export class Witness {
  readonly #now: () => number;
  readonly #told: Told[] = [];

  /** @param now how many events there have been */
  constructor(now: () => number) {
    this.#now = now;
  }

  get told(): readonly Told[] {
    return this.#told;
  }

  /** Runs a command. @param run resolves with null when it was killed */
  async watch<T extends { readonly code: number } | null>(
    argv: readonly string[],
    run: () => Promise<T>,
  ): Promise<T> {
    const began = this.#now();
    const at = this.#told.push({ argv, began, ended: Infinity, code: null }) - 1;
    const outcome = await run();
    this.#told[at] = { argv, began, ended: this.#now(), code: outcome?.code ?? null };
    return outcome;
  }
}

/**
 * The sessions that give the lie to what commands said when they succeeded: `detach` that nobody has the
 * volume, `attach` and `move` that nobody but the node has, `fence` that the node has nothing. What was said
 * holds until a command that may let the node in again runs; one that ran beside it may have come after it.
 */
export function contradictions(truth: GroundTruth, told: readonly Told[]): Contradiction[] {
  const found: Contradiction[] = [];
  for (const said of told) {
    if (said.code !== 0) continue;
    const denies = denialOf(said.argv);
    if (denies === null) continue;
    const session = truth.sessions.find(
      (each) =>
        each.closed > said.ended &&
        denies(each) &&
        !told.some(
          (other) =>
            other !== said &&
            other.ended > said.began &&
            other.began < Math.max(each.opened, said.ended + 1) &&
            mayAdmit(other.argv, each),
        ),
    );
    if (session !== undefined) found.push({ told: said.argv.join(' '), session });
  }
  return found;
}

type Denial = (session: SessionSpan) => boolean;

/** Options of the commands that take a value, as far as tests use them. */
const VALUED = new Set([
  '-c',
  '--config',
  '--state',
  '-o',
  '--output',
  '--timeout',
  '--lock-timeout',
  '--log-format',
  '--reason',
  '--handoff',
]);

interface Parsed {
  readonly verb: string;
  readonly words: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly volumes: readonly string[];
}

function parsed(argv: readonly string[]): Parsed {
  const words: string[] = [];
  const flags = new Set<string>();
  const volumes: string[] = [];
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (word === '--volume') volumes.push(argv[(at += 1)] ?? '');
    else if (VALUED.has(word)) at += 1;
    else if (word.startsWith('-')) flags.add(word);
    else words.push(word);
  }
  const [verb = '', ...rest] = words;
  return { verb, words: rest, flags, volumes };
}

function names(word: string | undefined, volume: string): boolean {
  return word !== undefined && (word === volume || volume.endsWith(`/${word}`));
}

/** Which sessions can not be, when this command has succeeded; null when it says nothing of the kind. */
function denialOf(argv: readonly string[]): Denial | null {
  const { verb, words, flags, volumes } = parsed(argv);
  const [first, second] = words;
  if (flags.has('--dry-run') || flags.has('--help')) return null;
  switch (verb) {
    case 'detach':
      // Another state may never have heard of the attachment: then it has nothing to detach, and asks nobody.
      if (argv.includes('--state')) return null;
      return ({ volume, node }) => names(first, volume) && (second === undefined || second === node);
    case 'attach':
      return flags.has('--shared') ? null : ({ volume, node }) => names(first, volume) && node !== second;
    case 'move':
      return ({ volume, node }) => names(first, volume) && node !== second;
    case 'fence':
      return ({ volume, node }) =>
        node === first && (volumes.length === 0 || volumes.some((word) => names(word, volume)));
    case 'drain':
      return ({ node }) => node === first;
    default:
      return null;
  }
}

/** Whether a command may have let a node into a volume, whatever it said of it. */
function mayAdmit(argv: readonly string[], { volume, node }: SessionSpan): boolean {
  const { verb, words, flags } = parsed(argv);
  if (flags.has('--dry-run')) return false;
  switch (verb) {
    case 'attach':
    case 'move':
      return names(words[0], volume) && words[1] === node;
    case 'apply':
    case 'adopt':
    case 'reconcile':
      return true;
    // A volume that two nodes shared goes back to the one that stays.
    case 'detach':
      return names(words[0], volume) && words[1] !== undefined && words[1] !== node;
    case 'fence':
      return words[0] !== node;
    default:
      return false;
  }
}
