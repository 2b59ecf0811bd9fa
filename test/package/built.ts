import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.join(import.meta.dirname, '../..');

/** What is in a JSON file of the project. */
export function json(file: string): unknown {
  return JSON.parse(readFileSync(path.join(root, file), 'utf8'));
}

/** The version of rdsctl. */
export const { version } = json('package.json') as { version: string };

/** Where the tests' Debian package is: built once for all of them. */
export const built = path.join(root, 'node_modules/.cache/rdsctl-package-test');

/** Builds the Debian package of a source directory; returns its path. */
export function buildDeb(source: string, out: string, env: NodeJS.ProcessEnv = process.env): string {
  const script = path.join(source, 'scripts/package-deb.js');
  return execFileSync(process.execPath, [script, '--out', out], {
    cwd: source,
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();
}

/** The package that {@link built} holds. */
export function theDeb(): string {
  return readFileSync(path.join(built, 'path'), 'utf8');
}
