import { writeSync } from 'node:fs';
import path from 'node:path';
import { VERSION } from './version.ts';

/**
 * The program: hands over to the command line, and knows the version without loading it. Called as `fence_rds`
 * it is a fence agent.
 */
const argv = process.argv.slice(2);
if (path.basename(process.argv[1] ?? '') === 'fence_rds') {
  void import('./fence-agent/start.ts').then(({ startAgent }) => startAgent(argv));
} else if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  writeSync(1, `${VERSION}\n`);
} else {
  void import('./start.ts').then(({ start }) => start(argv));
}
