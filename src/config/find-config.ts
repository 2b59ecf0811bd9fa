import { statSync } from 'node:fs';
import path from 'node:path';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import { expandPath } from './paths.ts';
import type { Source } from './effective-config.ts';
import type { Surroundings } from './state-location.ts';

/** A configuration file that was named, or found in its default place. */
export interface FoundConfig {
  readonly file: string;
  /** What named it. */
  readonly source: Source;
}

/** The default places, best first. */
export function defaultConfigFiles(surroundings: Surroundings): readonly string[] {
  return [userConfigFile(surroundings), '/etc/rdsctl/config.yaml'];
}

/** Where the user's own configuration goes. */
export function userConfigFile(surroundings: Surroundings): string {
  const base = surroundings.env['XDG_CONFIG_HOME'];
  const usable = base !== undefined && path.isAbsolute(base);
  return path.join(usable ? base : path.join(surroundings.home, '.config'), 'rdsctl/config.yaml');
}

/**
 * The configuration file to use: the one that is named by flag or variable, which then has to be there, or
 * the first default place that has one; null when there is none.
 */
export function findConfig(flag: string | undefined, surroundings: Surroundings): FoundConfig | null {
  const named = flag ?? nonEmpty(surroundings.env['RDSCTL_CONFIG']);
  if (named !== undefined) {
    const file = expandPath(named, surroundings.cwd, surroundings.home);
    const source: Source =
      flag === undefined ? { from: 'variable', name: 'RDSCTL_CONFIG' } : { from: 'flag', name: '--config' };
    return { file, source };
  }
  for (const file of defaultConfigFiles(surroundings)) {
    if (mayBeThere(file)) return { file, source: { from: 'default' } };
  }
  return null;
}

/**
 * A file in a directory that this user may not enter counts as there: whoever reads it says why it can't be read.
 * To go on without it could mean to work with another configuration than the host's.
 */
function mayBeThere(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/** What to say when there is no configuration file anywhere. */
export function noConfig(surroundings: Surroundings): RdsctlError {
  const looked = defaultConfigFiles(surroundings);
  return new RdsctlError('NO_CONFIG', {
    message: `no configuration file: looked for ${looked.join(' and ')}`,
    hints: [
      { when: 'To make one:', run: 'rdsctl config init' },
      { when: 'To name one:', run: 'rdsctl --config FILE …' },
      { when: 'To try it without any hardware:', run: 'rdsctl simulate --dir ./sim' },
    ],
    details: { looked },
  });
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
