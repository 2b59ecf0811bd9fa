import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { program } from './measure.js';

/** Starts a simulation, waits until it is ready, runs `work` against it and ends it. */
export async function withSimulation({ nodes = 2, volumes, servers = 1, delayMs = 0 }, work) {
  const dir = mkdtempSync(path.join(tmpdir(), 'rdsctl-bench-'));
  const args = ['simulate', '--dir', dir, '--nodes', String(nodes), '--volumes', String(volumes)];
  if (servers > 1) args.push('--storage-servers', String(servers));
  if (delayMs > 0) args.push('--faults', slowedDown(dir, nodes, delayMs));
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await new Promise((resolve, reject) => {
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (text) => {
        output += text;
        if (output.includes('ready')) resolve();
      });
      child.once('exit', (code) => reject(new Error(`simulate ended with ${code}`)));
    });
    const config = path.join(dir, 'config.yaml');
    return await work({ dir, env: { RDSCTL_CONFIG: config }, hosts: parse(readFileSync(config, 'utf8')) });
  } finally {
    child.kill('SIGTERM');
    await new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve()));
    rmSync(dir, { recursive: true, force: true });
  }
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

/** An OpenSSH configuration for the hosts of a simulation, as an operator would have one. */
export function opensshConfig({ dir, hosts }) {
  const all = { ...hosts.storageServers, ...hosts.nodes };
  const text = Object.entries(all)
    .map(
      ([name, host]) =>
        `Host ${name}\n  HostName ${host.host}\n  Port ${host.port}\n  User ${host.user}\n  IdentityFile ${host.identityFile}\n` +
        `  UserKnownHostsFile ${host.knownHosts}\n`,
    )
    .join('');
  const file = path.join(dir, 'ssh_config');
  writeFileSync(
    file,
    `${text}Host *\n  IdentitiesOnly yes\n  BatchMode yes\n  StrictHostKeyChecking yes\n  LogLevel ERROR\n`,
  );
  return file;
}
