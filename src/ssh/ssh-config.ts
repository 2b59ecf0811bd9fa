import type SSHConfig from 'ssh-config';
import type { Line } from 'ssh-config';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import { matchesPatterns } from './known-hosts.ts';
import { expandPattern } from './path-pattern.ts';
import { isSystemError } from './system-error.ts';

/** What ssh_config says about one host: words as they stand there, tokens not expanded. */
export interface SshConfigSettings {
  /** The first value of each keyword (lower case); several words only where the keyword takes several. */
  readonly first: ReadonlyMap<string, readonly string[]>;
  /** IdentityFile adds up. */
  readonly identityFiles: readonly string[];
  /** Blocks that may be meant for this host but were passed over, for messages. */
  readonly notes: readonly string[];
}

/** For whom ssh_config is asked. */
export interface SshConfigQuestion {
  /** The host as it stands in rdsctl's configuration. */
  readonly host: string;
  /** The user that rdsctl's configuration names. */
  readonly user: string | null;
  readonly localUser: string;
}

/** The settings where there is no ssh_config. */
export const NO_SETTINGS: SshConfigSettings = { first: new Map(), identityFiles: [], notes: [] };

/** How deep Include may nest, as in OpenSSH (readconf.c, READCONF_MAX_DEPTH). */
const MAX_DEPTH = 16;

/**
 * Reads what a user's ssh_config says about a host. The `ssh-config` package parses; which blocks apply is
 * decided here, because its own evaluation runs commands (`Match exec`, nslookup), knows no Include, and
 * takes `?` for none or one character.
 *
 * @param home the user's home directory
 * @throws RdsctlError BAD_CONFIG when a file can't be read or parsed
 */
export async function readSshConfig(
  file: string,
  home: string,
  question: SshConfigQuestion,
): Promise<SshConfigSettings> {
  const text = await readIfThere(file);
  if (text === null) return NO_SETTINGS;
  const { parse } = await import('ssh-config');
  const first = new Map<string, readonly string[]>();
  const identityFiles: string[] = [];
  const notes: string[] = [];
  await readLines(parseText(text, file), true, file, 0);
  return { first, identityFiles, notes };

  function parseText(content: string, from: string): SSHConfig {
    try {
      return parse(content);
    } catch (error) {
      throw badConfig(from, error instanceof Error ? error.message : String(error), error);
    }
  }

  async function readLines(lines: SSHConfig, active: boolean, from: string, depth: number): Promise<void> {
    for (const line of lines) {
      if (!isDirective(line)) continue;
      const keyword = line.param.toLowerCase();
      if ('config' in line) {
        const applies = active && blockApplies(keyword, wordsOf(line), from);
        await readLines(line.config, applies, from, depth);
      } else if (active && keyword === 'include') {
        await include(wordsOf(line), from, depth);
      } else if (active) {
        keep(keyword, wordsOf(line));
      }
    }
  }

  async function include(patterns: readonly string[], from: string, depth: number): Promise<void> {
    if (depth >= MAX_DEPTH) throw badConfig(from, 'Include is nested too deeply');
    for (const pattern of patterns) {
      const absolute = pattern.startsWith('~/') ? home + pattern.slice(1) : pattern;
      const path = absolute.startsWith('/') ? absolute : `${dirname(file)}/${absolute}`;
      for (const included of await expandPattern(path)) {
        const content = await readIfThere(included);
        if (content !== null) await readLines(parseText(content, included), true, included, depth + 1);
      }
    }
  }

  function keep(keyword: string, words: readonly string[]): void {
    if (keyword === 'identityfile') identityFiles.push(...words);
    else if (words.length > 0 && !first.has(keyword)) first.set(keyword, words);
  }

  function blockApplies(keyword: string, words: readonly string[], from: string): boolean {
    if (keyword === 'host') return matchesPatterns(words, question.host);
    return matchApplies(words, from);
  }

  /** `Match`: all criteria have to hold. What would have to run a command never holds. */
  function matchApplies(words: readonly string[], from: string): boolean {
    const passedOver: string[] = [];
    for (let index = 0; index < words.length; index++) {
      const word = (words[index] ?? '').toLowerCase();
      const negated = word.startsWith('!');
      const criterion = negated ? word.slice(1) : word;
      if (criterion === 'all') continue;
      if (criterion === 'canonical' || criterion === 'final') {
        if (!negated) return false;
        continue;
      }
      index++;
      const subject = subjectOf(criterion);
      if (subject === null) passedOver.push(criterion);
      else if (matchesPatterns((words[index] ?? '').split(','), subject) === negated) return false;
    }
    for (const criterion of passedOver) notes.push(`"Match ${criterion}" in ${from} was passed over`);
    return passedOver.length === 0;
  }

  /** What a criterion's patterns are held against; null for criteria that are not supported. */
  function subjectOf(criterion: string): string | null {
    switch (criterion) {
      case 'host':
        return first.get('hostname')?.[0]?.replaceAll('%h', question.host) ?? question.host;
      case 'originalhost':
        return question.host;
      case 'user':
        return question.user ?? first.get('user')?.[0] ?? question.localUser;
      case 'localuser':
        return question.localUser;
      default:
        return null;
    }
  }
}

type DirectiveLine = Extract<Line, { param: string }>;

function isDirective(line: Line): line is DirectiveLine {
  return 'param' in line && line.param !== '';
}

function wordsOf(line: DirectiveLine): string[] {
  if (typeof line.value !== 'string') return line.value.map((word) => word.val);
  return line.value === '' ? [] : [line.value];
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return null;
    throw badConfig(file, error instanceof Error ? error.message : String(error), error);
  }
}

function badConfig(file: string, words: string, cause?: unknown): RdsctlError {
  return new RdsctlError('BAD_CONFIG', {
    message: `the ssh configuration ${file} can't be read: ${words}`,
    details: { file },
    cause,
  });
}
