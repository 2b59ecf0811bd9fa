import { openAuditLog } from '../../src/audit/audit-log.ts';
import { sampleFacts } from './sample-facts.ts';

/** A process that appends entries: `DIRECTORY TIMES MAXBYTES`. Prints a line for each that is on disk. */
const [directory = '', times = '0', maxBytes = '0'] = process.argv.slice(2);
const log = openAuditLog({ directory, maxBytes: Number(maxBytes), keep: 50 });
for (let round = 0; round < Number(times); round += 1) {
  const { seq } = await log.append(sampleFacts({ pid: process.pid }));
  process.stdout.write(`${seq}\n`);
}
