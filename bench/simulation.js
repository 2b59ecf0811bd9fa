import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { program } from './measure.js';

/** Starts a simulation, waits until it is ready, runs `work` against it and ends it. */
export async function withSimulation({ nodes = 2, volumes, servers = 1, delayMs = 0 }, work) {
  const dir = mkdtempSync(path.join(tmpdir(), 'rdsctl-bench-'));
  const args = ['--nodes', String(nodes), '--volumes', String(volumes)];
  if (servers > 1) args.push('--storage-servers', String(servers));
  if (delayMs > 0) args.push('--faults', slowedDown(dir, nodes, delayMs));
  try {
    const simulation = await begun(dir, args);
    try {
      const config = path.join(dir, 'config.yaml');
      return await work({ dir, env: { RDSCTL_CONFIG: config }, hosts: parse(readFileSync(config, 'utf8')) });
    } finally {
      await simulation.end();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/**
 * The same for a fleet that is too big for one process: several simulations, each a storage server and its nodes, and
 * one configuration of all of them. `work` is told too which volume is for which node.
 */
export async function withFleet({ nodes, nodesEach, volumesEach }, work) {
  const dir = mkdtempSync(path.join(tmpdir(), 'rdsctl-bench-'));
  const running = [];
  try {
    const hosts = { storageServers: {}, nodes: {} };
    const volumes = [];
    for (let number = 1, first = 1; first <= nodes; number += 1, first += nodesEach) {
      const count = Math.min(nodesEach, nodes - first + 1);
      const part = path.join(dir, `part-${number}`);
      const args = ['--nodes', String(count), '--volumes', String(count * volumesEach)];
      args.push('--first-node', String(first), '--first-storage-server', String(number));
      running.push(await begun(part, args));
      const config = parse(readFileSync(path.join(part, 'config.yaml'), 'utf8'));
      Object.assign(hosts.storageServers, config.storageServers);
      Object.assign(hosts.nodes, config.nodes);
      for (let volume = 0; volume < count * volumesEach; volume += 1) {
        volumes.push({ volume: `rds${number}/vol-${volume + 1}`, node: `node-${first + (volume % count)}` });
      }
    }
    const config = path.join(dir, 'config.yaml');
    writeFileSync(
      config,
      stringify({ apiVersion: 'rdsctl/v1', ...hosts, state: { path: path.join(dir, 'state') } }),
    );
    return await work({ dir, env: { RDSCTL_CONFIG: config }, volumes });
  } finally {
    await Promise.all(running.map(({ end }) => end()));
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A simulating process that is ready. */
async function begun(dir, args) {
  const child = spawn(process.execPath, [program, 'simulate', '--dir', dir, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
      if (output.includes('ready')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`simulate ended with ${code}`)));
  });
  return {
    async end() {
      child.kill('SIGTERM');
      await new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve()));
    },
  };
}

/** A faults file that makes each connection and each command on every host wait. */
function slowedDown(dir, nodes, delayMs) {
  const hosts = ['rds1', ...Array.from({ length: nodes }, (_, index) => `node-${index + 1}`)];
  const file = path.join(dir, 'faults.yaml');
  const lines = hosts.flatMap((at) =>
    ['connect', 'exec'].map((when) => `- { at: ${at}, when: ${when}, do: delay, delay: ${delayMs}ms }\n`),
  );
  writeFileSync(file, lines.join(''));
  return file;
}

/**
 * An OpenSSH configuration for the hosts of a simulation, as an operator would have one.
 * @param shares a connection is kept, and shared by all that follows (ControlMaster)
 */
export function opensshConfig({ dir, hosts }, { shares = false } = {}) {
  const all = { ...hosts.storageServers, ...hosts.nodes };
  const text = Object.entries(all)
    .map(
      ([name, host]) =>
        `Host ${name}\n  HostName ${host.host}\n  Port ${host.port}\n  User ${host.user}\n  IdentityFile ${host.identityFile}\n` +
        `  UserKnownHostsFile ${host.knownHosts}\n`,
    )
    .join('');
  const sharing = shares
    ? `  ControlMaster auto\n  ControlPath ${path.join(dir, '%n')}.socket\n  ControlPersist 60\n`
    : '';
  const file = path.join(dir, shares ? 'ssh_config_shared' : 'ssh_config');
  writeFileSync(
    file,
    `${text}Host *\n  IdentitiesOnly yes\n  BatchMode yes\n  StrictHostKeyChecking yes\n  LogLevel ERROR\n${sharing}`,
  );
  return file;
}
