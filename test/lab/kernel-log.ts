import { readFileSync, statSync } from 'node:fs';

export interface LogRecord {
  /** by the host's clock; good to some hundredths of a second, unless the machine was paused meanwhile */
  readonly atMs: number;
  readonly text: string;
  /** the first one of a boot */
  readonly boot: boolean;
}

/** What a guest writes into its own log so that its times can be told by the host's clock. */
export function clockMark(): string {
  return `lab-clock ${Date.now()} ${Math.random().toString(36).slice(2)}`;
}

/** The kernel log of a machine, over all its boots: a guest copies it to a serial line, QEMU to a file. */
export class KernelLog {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** Where the log ends now. */
  end(): number {
    return statSync(this.file, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Has the text come after that place? */
  has(text: string, from = 0): boolean {
    if (this.end() <= from) return false;
    return readFileSync(this.file).subarray(from).includes(text);
  }

  records(): readonly LogRecord[] {
    return this.end() === 0 ? [] : parseKernelLog(readFileSync(this.file, 'utf8'));
  }
}

interface RawRecord {
  readonly uptimeMs: number;
  readonly text: string;
  readonly boot: boolean;
}

/** The records of /dev/kmsg: `priority,number,microseconds since boot,flags;text`. */
export function parseKernelLog(content: string): readonly LogRecord[] {
  const raw: RawRecord[] = [];
  let lastNumber = Infinity;
  for (const match of content.matchAll(/^\d+,(\d+),(\d+),[^;\n]*;(.*?)\r?$/gm)) {
    const [, number = '', uptime = '', text = ''] = match;
    raw.push({ uptimeMs: Number(uptime) / 1000, text, boot: Number(number) < lastNumber });
    lastNumber = Number(number);
  }
  return withHostTimes(raw);
}

/** By the last clock mark before a record; before the first one of a boot, by that. */
function withHostTimes(raw: readonly RawRecord[]): readonly LogRecord[] {
  let bootedAt = 0;
  return raw.map(({ uptimeMs, text, boot }, at) => {
    const ahead = boot ? raw.slice(at).find((record) => markedTime(record.text) !== undefined) : undefined;
    const mark = ahead ?? { uptimeMs, text };
    const time = markedTime(mark.text);
    if (time !== undefined) bootedAt = time - mark.uptimeMs;
    return { atMs: bootedAt + uptimeMs, text, boot };
  });
}

function markedTime(text: string): number | undefined {
  const [, time] = /^lab-clock (\d+) /.exec(text) ?? [];
  return time === undefined ? undefined : Number(time);
}
