import * as v from 'valibot';

import { isReason, type RdsctlError } from '../errors/rdsctl-error.ts';
import type { ServerDiagnosis, Told } from '../operations/ports/storage-server-diagnosis.ts';
import { badAnswer, readAnswer } from './answer.ts';
import { DIAGNOSE_ORDER, diagnoseScript, type DiagnosePart } from './diagnose-script.ts';
import { readDisks, readInFlight } from './disk-schema.ts';
import { readFirewall } from './firewall-schema.ts';

export interface DiagnoseTools {
  readonly name: string;
  /** The login, whose group is asked for. */
  readonly user: string;
  readonly mayTouch: (slot: string) => boolean;
  readonly nonce: () => string;
  /** Sends one line and gives what was printed. */
  readonly run: (line: string) => Promise<string>;
}

/**
 * Asks everything in one line. A version that does not know one of the commands refuses the line as a whole:
 * then each part is asked alone, so that the rest is told all the same.
 */
export async function diagnoseServer(tools: DiagnoseTools): Promise<ServerDiagnosis> {
  const answers = await askTogether(tools).catch(async (error: unknown) => {
    if (!isReason(error, 'REMOTE_ERROR')) throw error;
    return askAlone(tools);
  });
  const answer = (part: DiagnosePart): Told<readonly string[]> =>
    answers.get(part) ?? { untold: 'not asked' };
  const read = <T>(part: DiagnosePart, how: (payloads: readonly string[]) => T): Told<T> => {
    const given = answer(part);
    if ('untold' in given) return given;
    try {
      return { told: how(given.told) };
    } catch (error) {
      return {
        untold: `its answer can not be understood: ${error instanceof Error ? error.message : String(error)}`,
      };
    }
  };
  const given = answer('version');
  const version = 'told' in given ? (given.told[0] ?? '').trim() : '';
  if (!/^\d+\.\d+/.test(version)) throw badAnswer(tools.name, 'it did not tell its version', version);
  return {
    version,
    packages: read('packages', ([json = '']) => readPackages(json)),
    disks: read('disks', ([json = '']) =>
      readDisks(json, version).filter(({ slot }) => tools.mayTouch(slot)),
    ),
    clock: read('clock', ([json = '']) => readClock(json)),
    firewall: read('firewall', readFirewall),
    write: read('write', () => true as const),
    inFlight: read('inFlight', ([text = '']) => (text.trim() === 'none' ? null : readInFlight(text))),
    group: read('group', ([text = '']) => text.trim()),
  };
}

type Answers = ReadonlyMap<DiagnosePart, Told<readonly string[]>>;

async function askTogether(tools: DiagnoseTools): Promise<Answers> {
  const nonce = tools.nonce();
  const stdout = await tools.run(diagnoseScript(DIAGNOSE_ORDER, tools.user, nonce));
  return new Map(
    DIAGNOSE_ORDER.map((part) => [part, answerOf(readAnswer(stdout, `${nonce}.${part}`, tools.name))]),
  );
}

async function askAlone(tools: DiagnoseTools): Promise<Answers> {
  const answers = new Map<DiagnosePart, Told<readonly string[]>>();
  for (const part of DIAGNOSE_ORDER) {
    const nonce = tools.nonce();
    const stdout = await tools.run(diagnoseScript([part], tools.user, nonce));
    try {
      answers.set(part, answerOf(readAnswer(stdout, `${nonce}.${part}`, tools.name)));
    } catch (error) {
      if (!isReason(error, 'REMOTE_ERROR', 'NOT_PERMITTED')) throw error;
      answers.set(part, { untold: wordsOf(error) });
    }
  }
  return answers;
}

function answerOf(answer: ReturnType<typeof readAnswer>): Told<readonly string[]> {
  return answer.ok ? { told: answer.payloads } : { untold: answer.text };
}

function wordsOf(error: RdsctlError): string {
  const words = error.details['answer'];
  return typeof words === 'string' ? words : error.message;
}

const Packages = v.array(v.looseObject({ name: v.string() }));

function readPackages(json: string): string[] {
  const parsed: unknown = json === '' ? '' : JSON.parse(json);
  return parsed === '' ? [] : v.parse(Packages, parsed).map(({ name }) => name);
}

const Clock = v.looseObject({
  date: v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\d$/)),
  time: v.pipe(v.string(), v.regex(/^\d\d:\d\d:\d\d$/)),
  'gmt-offset': v.union([v.number(), v.string()]),
});

/**
 * Local date and time with the offset to UTC, which is `+02:00`, or seconds (a negative number of 32 bits may
 * come without its sign). Other date formats (before 7.10) are not read.
 */
function readClock(json: string): number {
  const parsed: unknown = JSON.parse(json);
  const clock = v.parse(Clock, Array.isArray(parsed) ? parsed[0] : parsed);
  return Date.parse(`${clock.date}T${clock.time}Z`) - offsetOf(clock['gmt-offset']) * 1000;
}

/** Seconds east of UTC. */
function offsetOf(given: number | string): number {
  const hours = /^([+-]?)(\d\d):(\d\d)(?::\d\d)?$/.exec(String(given));
  if (hours !== null) {
    return (hours[1] === '-' ? -1 : 1) * (Number(hours[2]) * 3600 + Number(hours[3]) * 60);
  }
  const seconds = Number(given);
  if (!Number.isInteger(seconds)) throw new Error(`gmt-offset is ${String(given)}`);
  return seconds >= 2 ** 31 ? seconds - 2 ** 32 : seconds;
}
