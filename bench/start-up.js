import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BARE, hasCertificates, interleaved, program, timed } from './measure.js';
import { withSimulation } from './simulation.js';

/** How many attachments a state has, and what `list` may take at most. */
const SIZES = [
  [0, 1.2],
  [1000, 1.35],
  [10_000, 2],
];

/**
 * Start-up against an empty Node, which nothing that runs on Node can beat.
 * @param bare with BARE; the limits are for the environment of the machine
 */
export async function startUp(rounds, bare = false) {
  const around = bare ? BARE : {};
  const dir = mkdtempSync(path.join(tmpdir(), 'rdsctl-bench-'));
  try {
    const env = {};
    for (const [count] of SIZES) env[count] = await surroundings(path.join(dir, `state-${count}`), count);
    const times = await withSimulation({ volumes: 1, nodes: 1 }, (simulation) => {
      const node = process.execPath;
      const list = (count, ...more) => timed(node, [program, 'list', ...more], { ...env[count], ...around });
      const attach = () =>
        timed(node, [program, 'attach', 'vol-1', 'node-1'], { ...simulation.env, ...around });
      attach();
      return interleaved(
        {
          empty: () => timed(node, ['-e', '0'], around),
          version: () => timed(node, [program, '--version'], { ...env[0], ...around }),
          help: () => timed(node, [program, '--help'], { ...env[0], ...around }),
          ...Object.fromEntries(SIZES.map(([count]) => [count, () => list(count)])),
          json: () => list(1000, '-o', 'json'),
          attach,
        },
        rounds,
      );
    });
    const row = (what, name, limit) => ({
      what,
      milliseconds: times[name],
      ratio: times[name] / times.empty,
      limit: bare ? null : limit,
    });
    const certificates = bare ? ', without NODE_EXTRA_CA_CERTS' : ', with NODE_EXTRA_CA_CERTS as it is here';
    return {
      title: `Start-up, against \`node -e 0\`${bare || hasCertificates ? certificates : ''}`,
      baseline: { what: '`node -e 0`', milliseconds: times.empty },
      rows: [
        row('`rdsctl --version`', 'version', 1.2),
        row('`rdsctl --help`', 'help', 1.35),
        ...SIZES.map(([count, limit]) => row(`\`rdsctl list\`, ${count} attachments`, count, limit)),
        row('`rdsctl list -o json`, 1000 attachments', 'json', null),
        row('`rdsctl attach`, already attached', 'attach', null),
      ],
      ...(bare
        ? {}
        : {
            series: [
              {
                name: 'list, by attachments',
                points: SIZES.filter(([count]) => count > 0).map(([count]) => [count, times[count]]),
              },
            ],
          }),
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The environment for a state of so many attachments. */
export async function surroundings(state, attachments) {
  if (attachments > 0) await writeState(state, attachments);
  writeFileSync(`${state}.yaml`, CONFIG(state));
  return { RDSCTL_CONFIG: `${state}.yaml` };
}

/** Writes a state as rdsctl itself would, through the library. */
async function writeState(directory, count) {
  const store = await openStore(directory);
  await store.update((state) => ({ ...state, ...attached(count) }));
  await store.close();
}

/** The store of a directory, as rdsctl opens it. */
export async function openStore(directory, timeoutMs = 1000) {
  const { openFileStore } = await import('../dist/index.js');
  const holder = () => ({ who: 'bench', host: 'bench', pid: process.pid, command: 'bench' });
  return openFileStore({ directory, backups: 1, stateLockTimeoutMs: timeoutMs, holder });
}

/** The attachments and tokens of so many volumes on 40 nodes. */
export function attached(count) {
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
  return { attachments, tokens };
}

/** A configuration of one storage server and 40 nodes. */
const CONFIG = (state) => `apiVersion: rdsctl/v1
storageServers:
  rds1:
    host: 10.42.68.1
    user: rdsctl
    nvme: { address: 10.77.0.1 }
nodes:
${Array.from({ length: 40 }, (_, number) => `  node-${number}: { host: 10.42.67.${number + 1}, user: root }`).join('\n')}
state: { path: ${state} }
`;
