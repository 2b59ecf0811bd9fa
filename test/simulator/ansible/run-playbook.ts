import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Simulation } from '../../../src/simulator/simulation.ts';
import { temporaryDirectory } from '../world.ts';

const PLAYBOOK = join(import.meta.dirname, 'playbook.yml');

/** What each task of the playbook gave, by its name. */
export type TaskResults = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

interface JsonReport {
  readonly plays: readonly {
    readonly tasks: readonly {
      readonly task: { readonly name: string };
      readonly hosts: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    }[];
  }[];
}

/** Runs the playbook with `ansible-playbook`, logged in as `user` (console options may follow its name). */
export async function runPlaybook(simulation: Simulation, user: string): Promise<TaskResults> {
  const home = temporaryDirectory();
  mkdirSync(join(home, '.ssh'), { mode: 0o700 });
  copyFileSync(join(simulation.dir, 'known_hosts'), join(home, '.ssh/known_hosts'));
  const inventory = {
    storage_servers: {
      hosts: { rds1: null },
      vars: {
        ansible_host: '127.0.0.1',
        ansible_port: simulation.rds.ssh.port,
        ansible_user: user,
        ansible_connection: 'ansible.netcommon.network_cli',
        ansible_network_os: 'community.routeros.routeros',
        ansible_network_cli_ssh_type: 'paramiko',
        ansible_ssh_private_key_file: join(simulation.dir, 'keys/rdsctl'),
        ansible_python_interpreter: '{{ ansible_playbook_python }}',
      },
    },
  };
  writeFileSync(join(home, 'inventory.yml'), stringify(inventory));
  const { code, out, err } = await run(home);
  if (code !== 0) throw new Error(`ansible-playbook ended with ${String(code)}\n${err}\n${out}`);
  const report = JSON.parse(out.slice(out.indexOf('{'))) as JsonReport;
  return new Map(
    report.plays.flatMap(({ tasks }) => tasks.map(({ task, hosts }) => [task.name, hosts['rds1'] ?? {}])),
  );
}

function run(home: string): Promise<{ code: number | null; out: string; err: string }> {
  const { PATH = '' } = process.env;
  const child = spawn('ansible-playbook', ['-i', join(home, 'inventory.yml'), PLAYBOOK], {
    cwd: home,
    env: {
      PATH,
      HOME: home,
      LANG: 'C.UTF-8',
      ANSIBLE_STDOUT_CALLBACK: 'json',
      ANSIBLE_HOST_KEY_CHECKING: 'true',
      ANSIBLE_PERSISTENT_CONTROL_PATH_DIR: join(home, 'pc'),
      // A busy machine is slow, and that is all a longer wait would show.
      ANSIBLE_PERSISTENT_CONNECT_TIMEOUT: '200',
      ANSIBLE_PERSISTENT_COMMAND_TIMEOUT: '180',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString('utf8')));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err }));
  });
}
