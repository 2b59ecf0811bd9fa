import type { Attachment, Holder } from '../attachment/attachment.ts';
import { PHASES } from '../attachment/phase.ts';
import { isAttachment } from './body.ts';
import { decodeOpened, openEnvelope, type Opened } from './envelope.ts';
import { sealNodes } from './sealed.ts';

/** The attachments of a state file, in the order of their lines, for whoever only looks at them. */
export interface ListedState {
  readonly lineage: string;
  readonly attachments: readonly Attachment[];
}

/**
 * Reads the attachments out of a file's bytes. They are for looking at: of most only what a list shows is taken out of
 * the line, the rest when it is asked for. A state of ten thousand is read in a third of the time that parsing and
 * checking all of it takes. What is refused is the same, with the same words: a file with lines of another form than
 * serialise.ts gives them is left to decodeState.
 * @param path for messages.
 * @throws RdsctlError STATE_DAMAGED, STATE_NEWER.
 */
export function decodeAttachments(bytes: Buffer, path: string): ListedState {
  const opened = openEnvelope(bytes, path);
  const listed = readLines(opened);
  if (listed !== null) return listed;
  const { lineage, attachments } = decodeOpened(opened, path).state;
  return { lineage, attachments: Object.values(attachments) };
}

/* What JSON takes for a text without escapes, and for a whole number that a double holds exactly. */
const TEXT = '[^"\\\\\\u0000-\\u001f]*';
const COUNT = '(?:0|[1-9]\\d{0,14})';
/** A comma where another line follows, none before the end of the table. */
const ENDS = '(?:,\\n(?= {6}")|\\n(?= {4}\\}))';
const TEXT_OR_NULL = `(?:null|"${TEXT}")`;

const HEAD =
  / {2}"lineage": "([^"\\]+)",\n {2}"serial": [1-9]\d{0,14},\n {2}"body": \{\n {4}"attachments": \{\n/y;

/** The line of an attachment that one node has and nobody works on, as serialise.ts writes it. */
const LINE = new RegExp(
  `      "(${TEXT})": \\{"volume":"\\1","rds":"(${TEXT})","slot":"(${TEXT})","phase":"(${PHASES.join('|')})",` +
    `"holders":\\[\\{"node":"(${TEXT})","hostNqn":(?:null|"(${TEXT})"),"device":(?:null|"(${TEXT})"),"since":"(${TEXT})"\\}\\],` +
    `"nqn":${TEXT_OR_NULL},"transport":(?:null|\\{"address":"${TEXT}","port":${COUNT}\\}),"sizeBytes":(?:null|(${COUNT})),` +
    `"attachedAt":"(${TEXT})","by":"${TEXT}","sharedUntil":${TEXT_OR_NULL},"token":${COUNT},"intent":null\\}${ENDS}`,
  'y',
);

const ENDING = new RegExp(`(?:[^,]\\n(?= {4}\\})|,\\n(?= {6}"))`, 'y');
const TOKENS = / {4}\},\n {4}"tokens": \{\n/y;
const TOKEN = new RegExp(`      "${TEXT}": ${COUNT}${ENDS}`, 'y');
const NODES = '    },\n    "nodes": ';
const END = '\n  }\n}\n';

/** Null when a line has another form, or one is not as it must be. */
function readLines({ text, at }: Opened): ListedState | null {
  const head = matchAt(HEAD, text, at);
  if (head === null) return null;
  const attachments: Attachment[] = [];
  let from = HEAD.lastIndex;
  while (text.startsWith('      "', from)) {
    const found = matchAt(LINE, text, from);
    const to = found === null ? endOfLine(text, from) : LINE.lastIndex;
    if (to === null) return null;
    const attachment =
      found === null ? parseLine(text.slice(from, to)) : new ListedAttachment(found, text, from, to);
    if (attachment === null) return null;
    attachments.push(attachment);
    from = to;
  }
  if (matchAt(TOKENS, text, from) === null) return null;
  from = TOKENS.lastIndex;
  TOKEN.lastIndex = from;
  while (TOKEN.test(text)) from = TOKEN.lastIndex;
  if (!text.startsWith(NODES, from) || !text.endsWith(END)) return null;
  try {
    sealNodes(JSON.parse(text.slice(from + NODES.length, -END.length)));
  } catch {
    return null; // why, the thorough way tells
  }
  return { lineage: head[1] ?? '', attachments };
}

/** Where the next line begins; null where the comma between the two is missing, or one too many. */
function endOfLine(text: string, from: number): number | null {
  ENDING.lastIndex = text.indexOf('\n', from) - 1;
  return ENDING.test(text) ? ENDING.lastIndex : null;
}

function matchAt(pattern: RegExp, text: string, from: number): RegExpExecArray | null {
  pattern.lastIndex = from;
  return pattern.exec(text);
}

/** A line of any form. Null when it is none of an attachment, or not whole. */
function parseLine(line: string): Attachment | null {
  try {
    const [entry, ...more] = Object.entries(JSON.parse(`{${line.replace(/,?\n$/, '')}}`) as object);
    const [key, value] = entry ?? [];
    return key !== undefined && more.length === 0 && isAttachment(value, key) ? value : null;
  } catch {
    return null;
  }
}

/** An attachment whose line was found to be in order. */
class ListedAttachment implements Attachment {
  readonly volume: string;
  readonly rds: string;
  readonly slot: string;
  readonly phase: Attachment['phase'];
  readonly holders: readonly [Holder];
  readonly sizeBytes: number | null;
  readonly attachedAt: string;
  readonly #text: string;
  readonly #from: number;
  readonly #to: number;
  #whole: Attachment | null = null;

  constructor(found: RegExpExecArray, text: string, from: number, to: number) {
    this.volume = found[1] ?? '';
    this.rds = found[2] ?? '';
    this.slot = found[3] ?? '';
    this.phase = found[4] as Attachment['phase'];
    this.holders = [
      { node: found[5] ?? '', hostNqn: found[6] ?? null, device: found[7] ?? null, since: found[8] ?? '' },
    ];
    this.sizeBytes = found[9] === undefined ? null : Number(found[9]);
    this.attachedAt = found[10] ?? '';
    this.#text = text;
    this.#from = from;
    this.#to = to;
  }

  get nqn(): string | null {
    return this.#all.nqn;
  }
  get transport(): Attachment['transport'] {
    return this.#all.transport;
  }
  get by(): string {
    return this.#all.by;
  }
  get sharedUntil(): string | null {
    return this.#all.sharedUntil;
  }
  get token(): number {
    return this.#all.token;
  }
  get intent(): Attachment['intent'] {
    return this.#all.intent;
  }

  get #all(): Attachment {
    const line = (): string => this.#text.slice(this.#text.indexOf(': {', this.#from) + 2, this.#to);
    return (this.#whole ??= JSON.parse(line().replace(/,?\n$/, '')) as Attachment);
  }
}
