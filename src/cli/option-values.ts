import { closest, distance } from 'fastest-levenshtein';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import { DurationProblem, parseDuration } from '../config/duration.ts';
import { optionName } from './option-name.ts';
import type { OptionSpec } from './spec-types.ts';
import { COMMON_OPTION_SPECS, COMMON_VARIABLES } from './common-options.ts';
import type { CommonOptionName, CommonOptions } from './common-options.ts';

/** What the command line holds for an option: a text, texts, how often, or nothing. */
export type RawValue = string | readonly string[] | number | boolean | undefined;

/**
 * Turns what was given for an option into its value.
 * @param source what gave it: `--timeout` or `RDSCTL_TIMEOUT`, for messages.
 */
export function optionValue(spec: OptionSpec<unknown>, raw: RawValue, source: string): unknown {
  if (raw === undefined) return spec.fallback;
  switch (spec.kind) {
    case 'flag':
    case 'count':
      return raw;
    case 'list':
      for (const one of raw as readonly string[]) checkWord(spec, one, source);
      return raw;
    case 'text':
      checkWord(spec, String(raw), source);
      return raw;
    case 'duration': {
      const parsed = parseDuration(raw);
      if (parsed instanceof DurationProblem) throw badValue(source, `${show(raw)} ${parsed.message}`);
      return parsed;
    }
    case 'integer':
      if (typeof raw !== 'string' || !/^\d{1,9}$/.test(raw)) {
        throw badValue(source, `${show(raw)} is not a whole number`);
      }
      return Number(raw);
    case 'choice':
      checkWord(spec, String(raw), source);
      return raw;
  }
}

/** Refuses an empty word, and one that is none of the choices. */
function checkWord({ choices }: OptionSpec<unknown>, word: string, source: string): void {
  if (word === '') throw badValue(source, 'is empty');
  if (choices === null || choices.includes(word)) return;
  const near = closest(word, choices);
  const hint = distance(word, near) <= Math.max(2, word.length / 2) ? `: did you mean ${near}?` : '';
  throw badValue(source, `${show(word)} is none of ${choices.join(', ')}${hint}`);
}

function show(raw: RawValue): string {
  return JSON.stringify(raw);
}

function badValue(source: string, problem: string): RdsctlError {
  return new RdsctlError('BAD_ARGUMENT', {
    message: `${source}: ${problem}`,
    now: 'Nothing was changed.',
    details: { option: source },
  });
}

/** Works out the common options: a flag wins over a variable, a variable over the default. */
export function commonOptions(
  flags: Readonly<Partial<Record<CommonOptionName, RawValue>>>,
  env: Readonly<Record<string, string | undefined>>,
  changes: boolean,
): CommonOptions {
  const given = new Set<CommonOptionName>();
  const value = (name: CommonOptionName): unknown => {
    const spec: OptionSpec<unknown> = COMMON_OPTION_SPECS[name];
    const flag = flags[name];
    if (flag !== undefined) {
      given.add(name);
      return optionValue(spec, flag, optionName(name));
    }
    const variable = COMMON_VARIABLES[name];
    const text = env[variable];
    if (text === undefined || text === '') return spec.fallback;
    return optionValue(spec, fromVariable(spec, text, variable), variable);
  };
  const timeout = value('timeout') as number | undefined;
  if (timeout === 0)
    throw badValue(given.has('timeout') ? '--timeout' : 'RDSCTL_TIMEOUT', 'must be longer than 0');
  return {
    config: value('config') as string | undefined,
    state: value('state') as string | undefined,
    output: (value('output') ?? 'table') as CommonOptions['output'],
    dryRun: changes && value('dryRun') === true,
    timeout,
    lockTimeout: value('lockTimeout') as number | undefined,
    yes: value('yes') === true,
    quiet: value('quiet') === true,
    verbose: value('verbose') as number,
    noColor: value('noColor') === true,
    logFormat: (value('logFormat') ?? 'text') as CommonOptions['logFormat'],
    reason: value('reason') as string | undefined,
    flags: given,
  };
}

/** Flags and counts in a variable: `1`, `true`, `yes`, `on`; a count may be a number. */
function fromVariable(spec: OptionSpec<unknown>, text: string, variable: string): RawValue {
  if (spec.kind !== 'flag' && spec.kind !== 'count') return text;
  if (/^(1|true|yes|on)$/i.test(text)) return spec.kind === 'flag' ? true : 1;
  if (/^(0|false|no|off)$/i.test(text)) return undefined;
  if (spec.kind === 'count' && /^[0-9]$/.test(text)) return Number(text);
  throw badValue(variable, `${show(text)} is neither true nor false`);
}
