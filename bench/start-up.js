import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { interleaved, program, timed } from './measure.js';

const ATTACHMENTS = 1000;

/** Start-up against an empty Node, which nothing that runs on Node can beat. */
export async function startUp(rounds) {
  const dir = mkdtempSync(path.join(tmpdir(), 'rdsctl-bench-'));
  try {
    await writeState(path.join(dir, 'state'));
    const config = path.join(dir, 'config.yaml');
    writeFileSync(config, CONFIG(path.join(dir, 'state')));
    const env = { RDSCTL_CONFIG: config };
    const node = process.execPath;
    const times = interleaved(
      {
        empty: () => timed(node, ['-e', '0']),
        version: () => timed(node, [program, '--version'], env),
        help: () => timed(node, [program, '--help'], env),
        list: () => timed(node, [program, 'list'], env),
        json: () => timed(node, [program, 'list', '-o', 'json'], env),
      },
      rounds,
    );
    const row = (what, name, limit) => ({
      what,
      milliseconds: times[name],
      ratio: times[name] / times.empty,
      limit,
    });
    return {
      title: 'Start-up, against `node -e 0`',
      baseline: { what: '`node -e 0`', milliseconds: times.empty },
      rows: [
        row('`rdsctl --version`', 'version', 1.35),
        row('`rdsctl --help`', 'help', 1.35),
        row(`\`rdsctl list\`, ${ATTACHMENTS} attachments`, 'list', 1.35),
        row(`\`rdsctl list -o json\`, ${ATTACHMENTS} attachments`, 'json', null),
      ],
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Writes a state as rdsctl itself would, through the library. */
export async function writeState(directory, count = ATTACHMENTS) {
  const { openFileStore } = await import('../dist/index.js');
  const holder = () => ({ who: 'bench', host: 'bench', pid: process.pid, command: 'bench' });
  const store = openFileStore({ directory, backups: 1, stateLockTimeoutMs: 1000, holder });
  const attachments = {};
  const tokens = {};
  for (let number = 1; number <= count; number += 1) {
    const key = `rds1/vol-${number}`;
    const hostNqn = `nqn.2014-08.org.nvmexpress:uuid:11111111-1111-4111-8111-${String(number % 40).padStart(12, '0')}`;
    const since = '2026-11-01T08:00:00.000Z';
    tokens[key] = 1;
    attachments[key] = {
      volume: key,
      rds: 'rds1',
      slot: `vol-${number}`,
      phase: 'attached',
      holders: [{ node: `node-${number % 40}`, hostNqn, device: `/dev/nvme${number}n1`, since }],
      nqn: `nqn.2000-02.com.mikrotik:vol-${number}`,
      transport: { address: '10.77.0.1', port: 4420 },
      sizeBytes: 1024 ** 4,
      attachedAt: since,
      by: 'ops@admin1',
      sharedUntil: null,
      token: 1,
      intent: null,
    };
  }
  await store.update((state) => ({ ...state, attachments, tokens }));
  await store.close();
}

/** A configuration of one storage server and 40 nodes. */
export const CONFIG = (state) => `apiVersion: rdsctl/v1
storageServers:
  rds1:
    host: 10.42.68.1
    user: rdsctl
    nvme: { address: 10.77.0.1 }
nodes:
${Array.from({ length: 40 }, (_, number) => `  node-${number}: { host: 10.42.67.${number + 1}, user: root }`).join('\n')}
state: { path: ${state} }
`;
