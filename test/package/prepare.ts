import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildDeb, built, root } from './built.ts';

/** Once before all tests: builds the Debian package. */
export function setup(): void {
  rmSync(built, { recursive: true, force: true });
  mkdirSync(built, { recursive: true });
  writeFileSync(path.join(built, 'path'), buildDeb(root, built));
}
