import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { isHostNqn } from '../../src/attachment/host-nqn.ts';
import { sshRunner } from '../../src/node/ssh-runner.ts';
import { openScene, type Scene } from '../commands/scene.ts';
import { readDocument, stepsOf, type Block, type Section } from './document.ts';
import { expectBlockParses, runOnConsole } from './routeros.ts';
import { Runbook } from './runbook.ts';
import { onNode, runBlock, type Answer, type Programs } from './shell.ts';

/** docs/GETTING-STARTED.md, followed as it is written. */

const FILE = 'docs/GETTING-STARTED.md';
const { sections } = readDocument(FILE);
const DONE: Answer = { code: 0, stdout: '', stderr: '' };

const routeros: readonly Block[] = sections.flatMap(({ blocks }) =>
  blocks.filter(({ language }) => language === 'routeros'),
);

function section(heading: string): Section {
  const found = sections.find((each) => each.heading === heading);
  if (found === undefined) throw new Error(`${FILE} has no heading ${heading}`);
  return found;
}

function temporary(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'rdsctl-getting-started-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Step 1 with the real ssh-keygen; gives the home directory. */
function makeKey(): string {
  const home = temporary();
  const copied: string[] = [];
  const [step] = stepsOf(FILE, section('1. A key, on the admin host'));
  const stub = `scp() { printf '%s\\n' "$@" > "$HOME/scp"; cp "$1" "$HOME/\${2#*:}"; }`;
  execFileSync('sh', ['-e', '-c', `${stub}\n${step?.script ?? 'false'}`], {
    env: { PATH: '/usr/bin:/bin', HOME: home },
  });
  copied.push(...readFileSync(path.join(home, 'scp'), 'utf8').trim().split('\n'));
  expect(copied).toEqual([path.join(home, '.ssh/rdsctl.pub'), 'admin@10.42.68.1:rdsctl.pub']);
  return home;
}

/** Makes the scene's directory a home where the addresses of the document are those of the simulation, and their host keys are known. */
function reachable(scene: Scene): void {
  const { storageServers, nodes } = scene.readConfig() as Record<string, Record<string, { port: number }>>;
  const ports = [
    ['10.42.68.1', storageServers?.['rds1']?.port],
    ['10.42.67.11', nodes?.['node-1']?.port],
    ['10.42.67.12', nodes?.['node-2']?.port],
  ];
  const hosts = ports.map(
    ([address, port]) => `Host ${address ?? ''}\n  HostName 127.0.0.1\n  Port ${port ?? ''}\n`,
  );
  writeFileSync(path.join(scene.dir, '.ssh/config'), hosts.join(''), { mode: 0o600 });
  appendFileSync(path.join(scene.dir, '.ssh/known_hosts'), readFileSync(path.join(scene.dir, 'known_hosts')));
}

describe('the storage server', () => {
  test('there are lines for it, and each parses on every version that it is told for', () => {
    expect(routeros.length).toBeGreaterThan(5);
    for (const block of routeros) expectBlockParses(FILE, block);
  });

  test('a line that RouterOS does not have, or has since another version, is noticed', () => {
    const block = (...lines: string[]): Block => ({ language: 'routeros', line: 1, lines });
    expect(() => expectBlockParses('x', block('/disk/add slt=x'))).toThrow();
    expect(() => expectBlockParses('x', block('/system/package/apply-changes'))).toThrow();
    expect(() => expectBlockParses('x', block('# since 7.20', '/system/package/apply-changes'))).toThrow();
  });

  test('run on one: the storage network gets in and nobody else, fenced addresses do not', async () => {
    const scene = await openScene({ volumes: 0 });
    await scene.console('/user/remove [find]');
    for (const block of routeros) await runOnConsole(scene, FILE, block);
    const { device } = scene.simulation.rds;
    expect([device.drops('10.77.0.11', 4420), device.drops('10.42.67.9', 4420)]).toEqual([false, true]);
    await scene.console('/ip/firewall/address-list/add list=rdsctl-fenced address=10.77.0.11');
    expect(device.drops('10.77.0.11', 4420)).toBe(true);
    expect(await scene.console(':put [/user/get rdsctl address]')).toContain('10.42.67.5/32');
  });
});

describe('a node', () => {
  /** Runs the sh blocks of step 3; `/etc` is a directory of the test. */
  async function setUp(scene: Scene, etc: string): Promise<string[]> {
    const told: string[] = [];
    const note =
      (name: string) =>
      (words: readonly string[]): Answer => {
        told.push([name, ...words].join(' '));
        return DONE;
      };
    const programs: Programs = {
      'apt-get': note('apt-get'),
      modprobe: note('modprobe'),
      nvme: (words) => onNode(scene, 'node-1', ['nvme', ...words].join(' ')),
    };
    for (const { script, where } of stepsOf(FILE, section('3. Each node, as root'))) {
      const { code, output } = await runBlock(scene, script.replaceAll('/etc/', `${etc}/`), programs);
      expect(code, `${where}: ${script}\n${output}`).toBe(0);
    }
    return told;
  }

  test('gets what doctor asks for, an identity that is its own, and a sudoers line that is one', async () => {
    const scene = await openScene();
    const etc = path.join(temporary(), 'etc');
    mkdirSync(path.join(etc, 'sudoers.d'), { recursive: true });
    expect(await setUp(scene, etc)).toEqual(['apt-get install -y nvme-cli', 'modprobe nvme-tcp']);
    const nqn = readFileSync(path.join(etc, 'nvme/hostnqn'), 'utf8').trim();
    expect(isHostNqn(nqn)).toBe(true);
    expect(nqn).toContain(readFileSync(path.join(etc, 'nvme/hostid'), 'utf8').trim());
    expect(statSync(path.join(etc, 'sudoers.d/rdsctl')).mode & 0o777).toBe(0o440);
    // A second time changes nothing: the identity stays.
    await setUp(scene, etc);
    expect(readFileSync(path.join(etc, 'nvme/hostnqn'), 'utf8').trim()).toBe(nqn);
  });

  test('the sudoers line allows what rdsctl runs there, and nothing else', () => {
    const allowed = /NOPASSWD: (\S+)"/.exec(readDocument(FILE).text)?.[1];
    const connection = { open: () => undefined } as unknown as Parameters<typeof sshRunner>[0];
    expect(sshRunner(connection, true).commandLine(['a b'])).toMatch(
      new RegExp(`^sudo -n ${allowed ?? 'nothing'} -s `),
    );
  });
});

describe('the admin host', () => {
  const book = new Runbook(FILE, (scene) => ({
    rdsctl: (words) =>
      scene.start(words, {
        uid: 1000,
        env: { RDSCTL_CONFIG: undefined, RDSCTL_STATE: scene.stateDir },
      }).ended,
  }));

  test('from the configuration to a proved fence and a mounted volume', async () => {
    const home = makeKey();
    const key = path.join(home, '.ssh/rdsctl');
    expect(statSync(key).mode & 0o777).toBe(0o600);
    // The proof connects it past the state.
    const byHand = ['rds1/scratch'];
    const scene = await openScene({ volumes: 0, routeros: '7.23.5', loginKey: key, byHand });
    for (const block of section('Volumes').blocks) await runOnConsole(scene, FILE, block);
    cpSync(path.join(home, '.ssh'), path.join(scene.dir, '.ssh'), { recursive: true });
    vi.stubEnv('HOME', scene.dir); // where ssh looks for its configuration
    onTestFinished(() => void vi.unstubAllEnvs());
    reachable(scene);
    await book.play(
      scene,
      '4. The configuration, on the admin host',
      '5. Is everything as it should be?',
      '6. The first attach',
      '7. A fence, proved',
      '8. The first volume in use',
    );
    expect(scene.sessions('data')).toEqual([scene.hostNqn('node-1')]);
    expect(scene.sessions('scratch')).toEqual([]);
  });

  test('nothing in it is untried', () => {
    const elsewhere = ['1. A key, on the admin host', '3. Each node, as root'];
    expect(book.unplayed.filter((heading) => !elsewhere.includes(heading))).toEqual([]);
  });
});
