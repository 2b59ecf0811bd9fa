// Measures everything as ratios in one run on this machine, and writes bench/RESULTS.md, and bench/chart.svg of how cost
// grows. Ends with 1 when a ratio is over its limit. `node bench/run.js start-up attach` runs only those, and writes their
// sections and lines anew. RDSCTL_BENCH_ROUNDS=3 makes fewer rounds, to see that all parts run.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { apply } from './apply.js';
import { attach } from './attach.js';
import { chart } from './chart.js';
import { crowd } from './crowd.js';
import { etcd } from './etcd.js';
import { fleet } from './fleet.js';
import { locks } from './locks.js';
import { hasCertificates, root } from './measure.js';
import { packaged } from './packaged.js';
import { reconcile } from './reconcile.js';
import { startUp } from './start-up.js';
import { state } from './state.js';

const ROUNDS = Number(process.env.RDSCTL_BENCH_ROUNDS ?? 21);
const FEW = Math.min(ROUNDS, 7);
const PARTS = {
  'start-up': () => startUp(ROUNDS),
  ...(hasCertificates ? { 'start-up-bare': () => startUp(ROUNDS, true) } : {}),
  packaged: () => packaged(ROUNDS),
  attach: () => attach(ROUNDS),
  'attach-slow': () => attach(FEW, 50),
  'attach-far': () => attach(FEW, 200),
  crowd: () => crowd(200, 8),
  'all-at-once': () => crowd(64, 64),
  state,
  locks,
  apply,
  reconcile,
  etcd: () => etcd(sizes('RDSCTL_BENCH_VOLUMES', [1_000, 10_000])),
  fleet,
};

const ssh = spawnSync('ssh', ['-V'], { encoding: 'utf8' }).stderr.trim();
const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? '?'}, Linux ${release()}, Node ${process.version}, ${ssh}`;
const head =
  `# Benchmark results\n\nWritten by \`npm run bench\`. Medians of ${ROUNDS} interleaved rounds; what counts is the ratio in a row,\n` +
  `the times are those of the machine at hand. What was mended is in [NOTES.md](NOTES.md).\n\n![What commands cost, by how much there is](chart.svg)\n\nMachine: ${machine}.\n`;
const file = path.join(root, 'bench/RESULTS.md');
const sections = sectionsOf(existsSync(file) ? readFileSync(file, 'utf8') : '');
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(PARTS);
const lines = path.join(root, 'bench/chart.json');
const series = existsSync(lines) ? JSON.parse(readFileSync(lines, 'utf8')) : {};
let over = 0;
for (const name of wanted) {
  const result = await PARTS[name]();
  const section = render(result);
  if (result.series !== undefined) series[name] = result.series;
  console.log(section);
  sections.set(name, section);
}
const inOrder = Object.keys(PARTS).filter((name) => sections.has(name));
writeFileSync(file, [head, ...inOrder.map((name) => `<!-- ${name} -->\n\n${sections.get(name)}`)].join('\n'));
const drawn = Object.keys(PARTS).flatMap((name) => series[name] ?? []);
if (drawn.length > 0) {
  writeFileSync(lines, `${JSON.stringify(series, null, 2)}\n`);
  writeFileSync(path.join(root, 'bench/chart.svg'), chart(drawn));
}
formatted(file, lines);
process.exitCode = over === 0 ? 0 : 1;

/** The variable names other sizes than the usual ones: `1000,3000`. */
function sizes(variable, usual) {
  return process.env[variable]?.split(',').map(Number) ?? usual;
}

/** Lays files out as the repository's other files are. */
function formatted(...files) {
  const prettier = path.join(root, 'node_modules/.bin/prettier');
  const { status } = spawnSync(
    prettier,
    ['--log-level', 'warn', '--write', ...files.filter((one) => existsSync(one))],
    {
      stdio: 'inherit',
    },
  );
  if (status !== 0) throw new Error('prettier could not lay the results out');
}

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
