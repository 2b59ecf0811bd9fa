import { writeSync } from 'node:fs';
import { VERSION } from './version.ts';

/** The program: hands over to the command line, and knows the version without loading it. */
const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  writeSync(1, `${VERSION}\n`);
} else {
  void import('./start.ts').then(({ start }) => start(argv));
}
