// Measures everything as ratios in one run on this machine, and writes bench/RESULTS.md. Ends with 1 when a
// ratio is over its limit. `node bench/run.js start-up attach` runs only those.
import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { apply } from './apply.js';
import { attach } from './attach.js';
import { crowd } from './crowd.js';
import { root } from './measure.js';
import { packaged } from './packaged.js';
import { reconcile } from './reconcile.js';
import { startUp } from './start-up.js';

const ROUNDS = 21;
const PARTS = {
  'start-up': () => startUp(ROUNDS),
  packaged: () => packaged(ROUNDS),
  attach: () => attach(ROUNDS),
  'attach-slow': () => attach(7, 50),
  'attach-far': () => attach(7, 200),
  crowd,
  apply,
  reconcile,
};

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(PARTS);
const sections = [];
let over = 0;
for (const name of wanted) {
  const section = await PARTS[name]();
  sections.push(render(section));
  console.log(sections.at(-1));
}
const ssh = spawnSync('ssh', ['-V'], { encoding: 'utf8' }).stderr.trim();
const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? '?'}, Linux ${release()}, Node ${process.version}, ${ssh}`;
if (wanted.length === Object.keys(PARTS).length) {
  writeFileSync(
    path.join(root, 'bench/RESULTS.md'),
    `# Benchmark results\n\nWritten by \`npm run bench\`. Medians of ${ROUNDS} interleaved rounds in one run; what counts is the ratio in a row,\nthe times are those of the machine at hand.\n\nMachine: ${machine}.\n\n${sections.join('\n')}`,
  );
}
process.exitCode = over === 0 ? 0 : 1;

function render({ title, baseline, rows }) {
  const rate = (row) => (row.rate === undefined ? '' : `, ${row.rate.toFixed(1)} a second`);
  const lines = rows.map((row) => {
    const good = row.limit === null || row.ratio <= row.limit;
    if (!good) over += 1;
    const limit = row.limit === null ? '-' : `${Math.round(row.limit * 100) / 100}${good ? '' : ' **over**'}`;
    return `| ${row.what} | ${row.milliseconds.toFixed(0)} ms${rate(row)} | ${row.ratio.toFixed(2)} | ${limit} |`;
  });
  return [
    `## ${title}\n`,
    '| what | time | ratio | at most |',
    '| --- | --- | --- | --- |',
    `| ${baseline.what} | ${baseline.milliseconds.toFixed(0)} ms${rate(baseline)} | 1 | - |`,
    ...lines,
    '',
  ].join('\n');
}
