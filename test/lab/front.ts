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

/** Sections of the configuration. */
type Settings = Readonly<Record<string, object>>;

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
  readonly #lab: Lab;
  readonly #device: RouterOsDevice;
  readonly #ssh: SshServer;
  readonly #config: string;
  #settings: Settings;

  private constructor(
    lab: Lab,
    directory: string,
    device: RouterOsDevice,
    ssh: SshServer,
    settings: Settings,
  ) {
    this.#lab = lab;
    this.directory = directory;
    this.#device = device;
    this.#ssh = ssh;
    this.#config = join(directory, 'config.yaml');
    this.#settings = settings;
    this.configure({});
  }

  /** @param volumes the slots that the storage server has */
  static async open(
    lab: Lab,
    volumes: readonly string[],
    { mebibytes = 64 }: { readonly mebibytes?: number } = {},
  ): Promise<Front> {
    const directory = mkdtempSync(join(tmpdir(), 'rdsctl-front-'));
    mkdirSync(join(directory, 'keys'), { mode: 0o700 });
    const login = keyAt(join(directory, 'keys/rdsctl'), 'ed25519');
    const hostKey = keyAt(join(directory, 'keys/host-rds1'), 'rsa');
    const device = await RouterOsDevice.start({
      name: 'rds1',
      version: '7.21.5',
      exportModel: lab.target,
      disks: volumes.map((slot) => ({ slot, sizeBytes: mebibytes * MEBIBYTE, mountFilesystem: false })),
      users: [['rdsctl', 'rdsctl']],
    });
    const ssh = serveRouterOs(device, {
      hostKey: hostKey.privateKey,
      users: new Map([['rdsctl', { keys: [login.publicKey] }]]),
    });
    await ssh.open();
    const settings = configuration(lab, directory, ssh.port, login.path, hostKey.fingerprint);
    return new Front(lab, directory, device, ssh, settings);
  }

  /** Lays settings over those of sections of the configuration, for the commands from now on. */
  configure(over: Settings): void {
    const sections: Record<string, object> = { ...this.#settings };
    for (const [section, values] of Object.entries(over)) {
      sections[section] = { ...sections[section], ...values };
    }
    this.#settings = sections;
    writeFileSync(this.#config, stringify({ apiVersion: 'rdsctl/v1', ...sections }));
  }

  /** Changes the next line that the device is to run and that has the words in it: `becomes` stands for them. */
  changeNextLine(words: string, becomes: string): void {
    const device = this.#device;
    const exec = device.exec.bind(device);
    device.exec = (line, policies) => {
      if (!line.includes(words)) return exec(line, policies);
      device.exec = exec;
      return exec(line.replaceAll(words, becomes), policies);
    };
  }

  /** The next line with the words in it is run; its answer is lost, and the storage server can't be asked more. */
  vanishAfter(words: string): void {
    const device = this.#device;
    const exec = device.exec.bind(device);
    device.exec = async (line, policies) => {
      const answer = await exec(line, policies);
      if (!line.includes(words)) return answer;
      device.exec = exec;
      await this.#ssh.close();
      return answer;
    };
  }

  /** It can be asked again. */
  comeBack(): Promise<void> {
    return this.#ssh.open();
  }

  /**
   * Reboots the storage server: sessions and logins end, what was written is on the disk, and exports,
   * lists and comments are what they were.
   * @param meanwhile is done while it is off
   */
  async reboot(meanwhile: () => Promise<void>): Promise<void> {
    await this.#ssh.close();
    await this.#lab.rds.read('sync');
    await this.#lab.rds.powerCut();
    await meanwhile();
    await this.#lab.rds.boot();
    await this.comeBack();
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
): Settings {
  return {
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
