// Measures everything as ratios in one run on this machine, and writes bench/RESULTS.md. Ends with 1 when a
// ratio is over its limit. `node bench/run.js start-up attach` runs only those, and writes their sections anew.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { apply } from './apply.js';
import { attach } from './attach.js';
import { crowd } from './crowd.js';
import { etcd } from './etcd.js';
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
  etcd: () => etcd([1_000, 10_000]),
};

const ssh = spawnSync('ssh', ['-V'], { encoding: 'utf8' }).stderr.trim();
const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? '?'}, Linux ${release()}, Node ${process.version}, ${ssh}`;
const head =
  `# Benchmark results\n\nWritten by \`npm run bench\`. Medians of ${ROUNDS} interleaved rounds; what counts is the ratio in a row,\n` +
  `the times are those of the machine at hand.\n\nMachine: ${machine}.\n`;
const file = path.join(root, 'bench/RESULTS.md');
const sections = sectionsOf(existsSync(file) ? readFileSync(file, 'utf8') : '');
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(PARTS);
let over = 0;
for (const name of wanted) {
  const section = render(await PARTS[name]());
  console.log(section);
  sections.set(name, section);
}
const inOrder = Object.keys(PARTS).filter((name) => sections.has(name));
writeFileSync(file, [head, ...inOrder.map((name) => `<!-- ${name} -->\n\n${sections.get(name)}`)].join('\n'));
process.exitCode = over === 0 ? 0 : 1;

/** The sections of a file of results, by the part that measured them. */
function sectionsOf(text) {
  const parts = text.split(/^<!-- (\S+) -->\n\n/m).slice(1);
  return new Map(
    parts.flatMap((name, index) => (index % 2 === 0 ? [[name, `${parts[index + 1].trimEnd()}\n`]] : [])),
  );
}

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
    `| ${baseline.what} | ${baseline.milliseconds === null ? '-' : `${baseline.milliseconds.toFixed(0)} ms`}${rate(baseline)} | 1 | - |`,
    ...lines,
    '',
  ].join('\n');
}
