import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';

/** Where the guests' programs are from. */
export interface ProgramSource {
  readonly root: string;
  /** `package version` lines. */
  versions(packages: readonly string[]): string;
  /** The files of these packages, as paths below the root. */
  files(packages: readonly string[]): readonly string[];
}

/** This machine, or another Debian release that `packages.sh` has unpacked (RDSCTL_LAB_PROGRAMS). */
export function programSource(release = process.env['RDSCTL_LAB_PROGRAMS'] ?? ''): ProgramSource {
  return release === '' ? thisMachine : unpacked(release);
}

const thisMachine: ProgramSource = {
  root: '/',
  versions: (packages) =>
    execFileSync('dpkg-query', ['-W', '-f', '${Package} ${Version}\n', ...packages], { encoding: 'utf8' }),
  files(packages) {
    const missing = packages.filter((name) => spawnSync('dpkg-query', ['-W', name]).status !== 0);
    if (missing.length > 0) {
      throw new Error(`The lab lacks packages: ${missing.join(', ')}. As root: test/lab/packages.sh`);
    }
    const listed = execFileSync('dpkg', ['-L', ...packages], { encoding: 'utf8' });
    return listed.split('\n').filter((file) => file !== '' && existsSync(file));
  },
};

function unpacked(release: string): ProgramSource {
  const folder = join(cacheFolder, 'programs', release);
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  if (!existsSync(join(folder, 'versions'))) {
    throw new Error(
      `The lab has no programs of "${release}" yet. As root: RDSCTL_LAB_PROGRAMS=${release} test/lab/packages.sh`,
    );
  }
  return {
    root: join(folder, 'root'),
    versions: () => read('versions'),
    files: (packages) =>
      packages.flatMap((name) =>
        read(`${name}.files`)
          .split('\n')
          .map((file) => file.replace(/^\./, ''))
          .filter((file) => file !== '' && !file.endsWith('/')),
      ),
  };
}
