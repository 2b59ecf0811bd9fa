import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';

import { RouterOsDevice } from '../../src/simulator/routeros/device/device.ts';
import { keyAt } from '../../src/simulator/ssh/keys.ts';
import { serveRouterOs } from '../../src/simulator/ssh/serve-routeros.ts';
import type { SshServer } from '../../src/simulator/ssh/ssh-server.ts';
import type { Lab } from './lab.ts';

const MEBIBYTE = 1024 * 1024;
/** The built program: these tests run what users run. */
const PROGRAM = resolve('bin/rdsctl');

/** What a command of rdsctl left behind. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The simulator's RouterOS before the lab's real NVMe target, and a configuration of rdsctl for both: nodes
 * are reached by their real OpenSSH.
 */
export class Front {
  readonly directory: string;
  readonly #ssh: SshServer;
  readonly #config: string;

  private constructor(directory: string, ssh: SshServer, config: string) {
    this.directory = directory;
    this.#ssh = ssh;
    this.#config = config;
  }

  /** @param volumes the slots that the storage server has, of 64 MiB */
  static async open(lab: Lab, volumes: readonly string[]): Promise<Front> {
    const directory = mkdtempSync(join(tmpdir(), 'rdsctl-front-'));
    mkdirSync(join(directory, 'keys'), { mode: 0o700 });
    const login = keyAt(join(directory, 'keys/rdsctl'), 'ed25519');
    const hostKey = keyAt(join(directory, 'keys/host-rds1'), 'rsa');
    const device = await RouterOsDevice.start({
      name: 'rds1',
      version: '7.21.5',
      exportModel: lab.target,
      disks: volumes.map((slot) => ({ slot, sizeBytes: 64 * MEBIBYTE, mountFilesystem: false })),
      users: [['rdsctl', 'rdsctl']],
    });
    const ssh = serveRouterOs(device, {
      hostKey: hostKey.privateKey,
      users: new Map([['rdsctl', { keys: [login.publicKey] }]]),
    });
    await ssh.open();
    const config = join(directory, 'config.yaml');
    writeFileSync(
      config,
      stringify(configuration(lab, directory, ssh.port, login.path, hostKey.fingerprint)),
    );
    return new Front(directory, ssh, config);
  }

  /** Runs rdsctl as a process. */
  rdsctl(...args: readonly string[]): Promise<Ended> {
    const env = { ...process.env, RDSCTL_CONFIG: this.#config };
    return new Promise((done) => {
      execFile(process.execPath, [PROGRAM, ...args], { env }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        done({ code, stdout, stderr });
      });
    });
  }

  /** The same, for a command that has to succeed; gives its standard output, trimmed. */
  async succeed(...args: readonly string[]): Promise<string> {
    const ended = await this.rdsctl(...args);
    if (ended.code === 0) return ended.stdout.trim();
    throw new Error(`rdsctl ${args.join(' ')}: exit ${ended.code}\n${ended.stdout}${ended.stderr}`);
  }

  async close(): Promise<void> {
    await this.#ssh.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function configuration(
  lab: Lab,
  directory: string,
  port: number,
  identityFile: string,
  hostKey: string,
): object {
  return {
    apiVersion: 'rdsctl/v1',
    storageServers: {
      rds1: {
        host: '127.0.0.1',
        port,
        user: 'rdsctl',
        identityFile,
        hostKey,
        nvme: { address: lab.rds.address, port: 4420 },
      },
    },
    nodes: Object.fromEntries(
      lab.nodes.map((node, index) => [
        `node-${index + 1}`,
        {
          host: '127.0.0.1',
          port: node.sshPort,
          user: 'root',
          identityFile: node.keyFile,
          knownHosts: node.knownHostsFile,
        },
      ]),
    ),
    nvme: { ctrlLossTmo: '600s', reconnectDelay: '2s', keepAliveTmo: '5s', fastIoFailTmo: '600s' },
    timeouts: { connect: '30s', command: '60s', device: '30s', lock: '60s' },
    state: { path: join(directory, 'state') },
  };
}
