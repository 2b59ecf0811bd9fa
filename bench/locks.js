import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { median, root } from './measure.js';

const WAITERS = 8;
const TURNS = 25;

/** How soon a lock that several processes wait for is had by the next one, and whether all get their turns. */
export async function locks() {
  const dir = mkdtempSync(path.join(tmpdir(), 'rdsctl-bench-'));
  try {
    const logs = await crowdOf(path.join(dir, 'state'));
    const turns = logs
      .flatMap((log, who) => log.map(([asked, had, gave]) => ({ who, asked, had, gave })))
      .sort((a, b) => a.had - b.had);
    // Only as long as all of them want it.
    const end = Math.min(...logs.map((log) => log.at(-1)[1]));
    const contended = turns.filter(({ had }) => had <= end);
    const gaps = contended.slice(1).map(({ had }, index) => had - contended[index].gave);
    if (Math.min(...gaps) < 0) throw new Error('two had the lock at the same time');
    const waits = contended.map(({ asked, had }) => had - asked);
    const [middle, turn] = [median(gaps), median(waits)];
    const row = (what, milliseconds, limit = null) => ({
      what,
      milliseconds,
      ratio: milliseconds / middle,
      limit,
    });
    return {
      title: `Hand-over of a volume's lock among ${WAITERS} processes that want it again and again (${contended.length} turns while all did, ${spread(contended)} each)`,
      baseline: { what: 'from one to the next, median', milliseconds: middle },
      rows: [
        row('from one to the next, worst', Math.max(...gaps)),
        row('waited for a turn, median', turn),
        row('waited for a turn, worst', Math.max(...waits)),
      ],
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function spread(turns) {
  const counts = Array.from({ length: WAITERS }, (_, who) => turns.filter((turn) => turn.who === who).length);
  return `${Math.min(...counts)} to ${Math.max(...counts)}`;
}

/** Runs the processes, and returns what each of them noted, in milliseconds. */
async function crowdOf(directory) {
  const children = Array.from({ length: WAITERS }, () =>
    spawn(process.execPath, [path.join(root, 'bench/lock-turns.js'), directory, String(TURNS)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  );
  const outputs = children.map(output);
  await Promise.all(outputs.map(({ ready }) => ready));
  for (const child of children) child.stdin.write('go\n');
  const logs = await Promise.all(outputs.map(({ log }) => log));
  return logs.map((log) => log.map((times) => times.map((time) => Number(BigInt(time)) / 1e6)));
}

function output(child) {
  let text = '';
  let isReady = () => undefined;
  const ready = new Promise((resolve) => (isReady = resolve));
  const log = new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (more) => {
      text += more;
      if (text.startsWith('ready\n')) isReady();
    });
    child.once('error', reject).once('close', (code) => {
      if (code === 0) resolve(JSON.parse(text.slice('ready\n'.length)));
      else reject(new Error(`a process that wanted the lock ended with ${code}`));
    });
  });
  return { ready, log };
}
