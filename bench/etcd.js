import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { interleaved, median, program, timed } from './measure.js';
import { withSimulation } from './simulation.js';

/** What a node's scripts take grows with the volumes that it has. */
const VOLUMES_A_NODE = 50;
/** Volumes of a storage server: a simulated one with many takes long over each command. */
const VOLUMES_A_SERVER = 1_000;
const ROUNDS = 7;
const ATTACHES = 5;

/**
 * The same state in an etcd of one member on this machine, and in a directory: `list`, one attach, one reconcile.
 * @param counts how many volumes are attached
 */
export async function etcd(counts) {
  const rows = [];
  for (const count of counts) rows.push(...(await ofSize(count)));
  return {
    title: `The state in etcd (one member, loopback), against a directory; ${VOLUMES_A_NODE} volumes a node`,
    baseline: { what: 'the same command with the state in a directory', milliseconds: null },
    rows,
  };
}

function ofSize(count) {
  const servers = Math.ceil(count / VOLUMES_A_SERVER);
  const nodes = Math.ceil(count / VOLUMES_A_NODE);
  const volumes = VOLUMES_A_SERVER + 2 * ATTACHES;
  return withSimulation({ nodes, volumes, servers }, async ({ dir, env }) => {
    const file = path.join(dir, 'manifest.yaml');
    writeFileSync(file, manifest(count, nodes));
    rdsctl(['apply', '-f', file, '--yes', '-q'], env);
    return withEtcd((url) => {
      const there = { ...env, RDSCTL_STATE: url };
      const exported = path.join(dir, 'exported.json');
      rdsctl(['state', 'export', exported], env);
      rdsctl(['state', 'import', exported, '--yes'], there);
      const run = (args, environment) => timed(process.execPath, [program, ...args], environment);
      const times = interleaved(
        {
          listFile: () => run(['list'], env),
          listEtcd: () => run(['list'], there),
          reconcileFile: () => run(['reconcile'], env),
          reconcileEtcd: () => run(['reconcile'], there),
        },
        ROUNDS,
      );
      // Last: from here on the two states are no longer the same.
      const attach = { file: [], etcd: [] };
      for (let round = 0; round < ATTACHES; round += 1) {
        const spare = VOLUMES_A_SERVER + 1 + 2 * round;
        attach.file.push(run(['attach', `rds1/vol-${spare}`, 'node-1', '-q'], env));
        attach.etcd.push(run(['attach', `rds1/vol-${spare + 1}`, 'node-1', '-q'], there));
      }
      const row = (what, mine, directory) => ({
        what: `${what}, ${count} volumes (directory: ${directory.toFixed(0)} ms)`,
        milliseconds: mine,
        ratio: mine / directory,
        limit: null,
      });
      return [
        row('`list`', times.listEtcd, times.listFile),
        row('one `attach`', median(attach.etcd), median(attach.file)),
        row('one `reconcile`, in sync', times.reconcileEtcd, times.reconcileFile),
      ];
    });
  });
}

function manifest(count, nodes) {
  const lines = Array.from({ length: count }, (_, index) => {
    const server = Math.floor(index / VOLUMES_A_SERVER) + 1;
    const volume = (index % VOLUMES_A_SERVER) + 1;
    // Volumes of one name have one NQN, and a node can have only one of them.
    return `  - { volume: rds${server}/vol-${volume}, node: node-${((server + volume) % nodes) + 1} }\n`;
  });
  return `apiVersion: rdsctl/v1\nkind: Manifest\nattachments:\n${lines.join('')}`;
}

/** Not measured. */
function rdsctl(args, env) {
  timed(process.execPath, [program, ...args], env);
}

/** Runs `work` with the URL of an etcd of its own, which it must find on the path. */
async function withEtcd(work) {
  if (spawnSync('etcd', ['--version']).status !== 0)
    throw new Error('there is no etcd here: apt-get install etcd-server');
  const dir = mkdtempSync(path.join(tmpdir(), 'rdsctl-bench-etcd-'));
  const [client, peer] = [await freePort(), await freePort()];
  const url = (port) => `http://127.0.0.1:${port}`;
  const member = spawn(
    'etcd',
    [
      `--data-dir=${dir}`,
      `--listen-client-urls=${url(client)}`,
      `--advertise-client-urls=${url(client)}`,
      `--listen-peer-urls=${url(peer)}`,
      `--initial-advertise-peer-urls=${url(peer)}`,
      `--initial-cluster=default=${url(peer)}`,
    ],
    { stdio: 'ignore' },
  );
  try {
    await healthy(`${url(client)}/health`);
    return await work(`etcd://127.0.0.1:${client}/rdsctl`);
  } finally {
    const ended = new Promise((resolve) => member.once('exit', resolve));
    member.kill('SIGKILL');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  }
}

async function healthy(url) {
  for (let tries = 0; ; tries += 1) {
    try {
      if ((await fetch(url)).ok) return;
    } catch (error) {
      if (tries > 200) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
