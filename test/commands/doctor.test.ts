import { appendFileSync, chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import type { Check } from '../../src/operations/doctor/check.ts';
import type { NodeTraits } from '../../src/simulator/node/simulated-node.ts';
import { openScene, type Scene, type SceneOptions } from './scene.ts';

/** What doctor finds, by id and host. */
async function findings(
  scene: Scene,
): Promise<{ code: number; all: Check[]; of: (id: string, host?: string) => Check[] }> {
  const outcome = await scene.run('doctor', '-o', 'json');
  const document = outcome.json();
  expect(document).toMatchObject({ apiVersion: 'rdsctl/v1', kind: 'DoctorReport' });
  const all = document['checks'] as Check[];
  expect(document['healthy']).toBe(!all.some(({ severity }) => severity === 'error'));
  expect(outcome.code, outcome.stderr).toBe(document['healthy'] === true ? 0 : 1);
  for (const { severity, why } of all)
    if (['error', 'warning'].includes(severity)) expect(why).not.toBeNull();
  return {
    code: outcome.code,
    all,
    of: (id, host) => all.filter((check) => check.id === id && (host === undefined || check.host === host)),
  };
}

const NEWEST = { routeros: '7.23.5' };
const write = (scene: Scene, node: string, path: string, text: string): void => {
  const file = join(scene.simulation.node(node).kernel.directory, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
};

describe('a system that is in order', () => {
  test('exit 0: nothing is wrong; every host is in the report; nothing was changed', async () => {
    const scene = await openScene(NEWEST);
    await scene.done('attach', 'vol-1', 'node-1');
    const before = { events: scene.events().length, state: scene.stateBytes(), audit: scene.audit().length };
    const { code, all } = await findings(scene);
    expect(code).toBe(0);
    expect(all.filter(({ severity }) => !['ok', 'info'].includes(severity))).toMatchObject([
      { id: 'fence.proof', severity: 'warning' },
    ]);
    expect([...new Set(all.map(({ host }) => host))]).toEqual(['here', 'rds1', 'node-1', 'node-2']);
    expect({
      events: scene.events().length,
      state: scene.stateBytes(),
      audit: scene.audit().length,
    }).toEqual(before);
  });

  test('before anything was ever attached there is no state, and nothing wrong about it', async () => {
    const scene = await openScene(NEWEST);
    const { of } = await findings(scene);
    expect(of('state.directory')).toMatchObject([{ severity: 'ok' }]);
    expect(scene.stateBytes()).toBeNull();
  });

  test('each host is asked once, and nothing but asked', async () => {
    const scene = await openScene(NEWEST);
    const plan = (await scene.run('doctor', '--dry-run', '-o', 'json')).json();
    const commands = plan['commands'] as { at: string; changes: boolean }[];
    expect(commands.map(({ at }) => at).sort()).toEqual(['node-1', 'node-2', 'rds1']);
    expect(commands.filter(({ changes }) => changes)).toEqual([]);
  });

  test('the table: grouped by host, problems first; -q tells only what is wrong', async () => {
    const scene = await openScene({ traits: { 'node-2': { nvmeCli: 'none' } } });
    const { stdout } = await scene.run('doctor');
    expect(stdout).toMatch(/^this host\n/);
    const node = stdout.slice(stdout.indexOf('\nnode-2\n'));
    expect(node).toMatch(
      /^\nnode-2\n {2}✗ nvme-cli: is not installed\n.*\n {6}on node-2: {2}apt-get install nvme-cli\n {2}✓ \d in order/,
    );
    expect(stdout).toMatch(/something is wrong: 1 error, \d warnings, \d+ in order\n$/);
    const quiet = (await scene.run('doctor', '-q')).stdout;
    expect(quiet).toContain('apt-get install nvme-cli');
    expect(quiet).not.toContain('✓');
    expect(quiet).not.toContain('node-1');
  });

  test('VOLUME without --prove-fence is a mistake', async () => {
    const scene = await openScene();
    const refused = await scene.run('doctor', 'vol-1', 'node-1');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('rdsctl doctor --prove-fence vol-1 node-1');
  });
});

describe('a host that can not be asked', () => {
  test('a node that is off: an error for it, its checks are "could not be checked", the others go on', async () => {
    const scene = await openScene(NEWEST);
    await scene.simulation.node('node-1').down();
    const { code, of, all } = await findings(scene);
    expect(code).toBe(1);
    expect(of('host.login', 'node-1')).toMatchObject([{ severity: 'error' }]);
    expect(of('host.unchecked', 'node-1')).toMatchObject([{ severity: 'unknown' }]);
    expect(all.filter(({ host, severity }) => host === 'node-1' && severity === 'ok')).toEqual([]);
    expect(of('node.nvme-cli', 'node-2')).toMatchObject([{ severity: 'ok' }]);
    expect(of('routeros.version', 'rds1')).toMatchObject([{ severity: 'ok' }]);
  });

  test.each([
    ['refuses', { at: 'rds1', when: 'connect', do: 'refuse' }],
    ['hangs', { at: 'rds1', when: 'exec', do: 'hang' }],
    ['answers nonsense', { at: 'rds1', when: 'exec', do: 'reply', reply: 'login failure' }],
  ])('a storage server that %s', async (_how, fault) => {
    const scene = await openScene({ config: { timeouts: { command: '5s', connect: '5s' } } });
    await scene.faults(fault);
    const { of } = await findings(scene);
    expect(of('host.login', 'rds1')).toMatchObject([{ severity: 'error' }]);
    expect(of('host.unchecked', 'rds1')).toMatchObject([{ severity: 'unknown' }]);
    expect(of('node.nvme-cli')).toMatchObject([{ severity: 'ok' }, { severity: 'ok' }]);
  });

  test('a host key that is not the expected one, and a key that is not let in', async () => {
    const scene = await openScene(NEWEST);
    const key = `SHA256:${'A'.repeat(43)}`;
    scene.configure({
      storageServers: { rds1: { knownHosts: null, hostKey: key } },
      nodes: { 'node-1': { identityFile: join(scene.dir, 'keys', 'rdsctl') } },
    });
    const { of } = await findings(scene);
    expect(of('host.login', 'rds1')[0]).toMatchObject({ severity: 'error' });
    expect(of('host.login', 'rds1')[0]?.found).toMatch(/host key/);
    expect(of('host.login', 'node-1')[0]?.why).toBe('Nothing can be attached, detached or fenced there.');
  });

  test('sudo that wants a password', async () => {
    const scene = await openScene({
      traits: { 'node-1': { sudo: false } },
      config: { nodes: { 'node-1': { sudo: true }, 'node-2': { sudo: true } } },
    });
    const { of } = await findings(scene);
    expect(of('host.login', 'node-1')).toMatchObject([
      { severity: 'error', fix: { on: 'node-1', run: expect.stringContaining('NOPASSWD') as string } },
    ]);
    expect(of('host.login', 'node-2')).toMatchObject([{ severity: 'ok' }]);
  });
});

describe('this host', () => {
  test('a key that others can read', async () => {
    const scene = await openScene();
    const key = join(scene.dir, 'keys', 'rdsctl');
    chmodSync(key, 0o644);
    const { of } = await findings(scene);
    chmodSync(key, 0o600);
    expect(of('config.key-file')).toMatchObject([
      {
        severity: 'error',
        subject: 'storageServers.rds1.identityFile',
        fix: { on: 'here', run: `chmod 600 ${key}` },
      },
    ]);
  });

  test('a host whose key is not checked', async () => {
    const scene = await openScene({
      config: { nodes: { 'node-1': { knownHosts: null, verifyHostKey: false } } },
    });
    const { of } = await findings(scene);
    expect(of('config.file')).toMatchObject([{ severity: 'warning' }]);
  });

  test('state and audit log: who may read them, whether they are whole', async () => {
    const scene = await openScene(NEWEST);
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('detach', 'vol-1');
    chmodSync(join(scene.stateDir, 'state.json'), 0o644);
    chmodSync(scene.stateDir, 0o777);
    const log = join(scene.stateDir, 'audit.jsonl');
    const [first = '', second = ''] = readFileSync(log, 'utf8').trimEnd().split('\n');
    writeFileSync(log, `${first.replace('node-1', 'node-9')}\n${second}\n`);
    const { code, of } = await findings(scene);
    chmodSync(scene.stateDir, 0o700);
    expect(code).toBe(0);
    expect(of('state.modes')).toMatchObject([
      { severity: 'warning', subject: scene.stateDir, fix: { run: `chmod 700 ${scene.stateDir}` } },
      { severity: 'warning', fix: { run: `chmod 600 ${join(scene.stateDir, 'state.json')}` } },
    ]);
    expect(of('audit.chain')).toMatchObject([{ severity: 'warning' }]);
    expect(of('state.readable')).toMatchObject([{ severity: 'ok' }]);
  });

  test('a damaged state: an error; what hangs on it is "could not be checked"', async () => {
    const scene = await openScene(NEWEST);
    await scene.done('attach', 'vol-1', 'node-1');
    const good = scene.stateBytes() ?? '';
    appendFileSync(join(scene.stateDir, 'state.json'), 'x');
    const { code, of } = await findings(scene);
    writeFileSync(join(scene.stateDir, 'state.json'), good);
    expect(code).toBe(1);
    expect(of('state.readable')).toMatchObject([{ severity: 'error', fix: { run: 'rdsctl state check' } }]);
    expect(of('export.untracked')).toMatchObject([{ severity: 'unknown' }]);
    expect(of('node.leftover', 'node-1')).toMatchObject([{ severity: 'unknown' }]);
    expect(of('node.nvme-cli', 'node-1')).toMatchObject([{ severity: 'ok' }]);
  });
});

describe('a storage server', () => {
  test('an old RouterOS, without the package', async () => {
    const scene = await openScene({ routeros: '7.20.8', packages: ['routeros'] });
    const { of } = await findings(scene);
    expect(of('routeros.version')).toMatchObject([{ severity: 'warning', found: 'version 7.20.8 (stable)' }]);
    expect(of('routeros.package')).toMatchObject([{ severity: 'error' }]);
  });

  test.each([
    ['write', ['ssh', 'read', 'test']],
    ['test', ['ssh', 'read', 'write']],
    ['read', ['ssh', 'write', 'test']],
  ] as const)('a login without the policy %s', async (lacking, policies) => {
    const scene = await openScene(NEWEST);
    const { device } = scene.simulation.rds;
    const exec = device.exec.bind(device);
    // The version is what everybody may see here: without it nothing is known at all.
    device.exec = async (line) =>
      lacking === 'read'
        ? (await exec(line, policies))
            .replace(/ERR (\w+\.version) .*/, 'OK $1')
            .replace(/(BEGIN \w+\.version)/, '$1\r\n7.23.5')
        : exec(line, policies);
    const { of } = await findings(scene);
    device.exec = exec;
    const [found] = of('routeros.policies').filter(({ severity }) => severity === 'error');
    expect(found?.found).toMatch(new RegExp(`^lacks .*${lacking}`));
    expect(found?.fix?.run).toMatch(
      /^\/user\/group\/set \[find where name="rdsctl"\] policy=ssh,read,write,test$/,
    );
  });

  test('a version that does not know a command: the rest is told all the same', async () => {
    const scene = await openScene(NEWEST);
    scene.mangle((answer, line) =>
      line.includes('/ipv6/') ? 'bad command name firewall (line 1 column 700)\r\n' : answer,
    );
    const { of } = await findings(scene);
    expect(of('firewall.rule')).toMatchObject([{ severity: 'unknown' }]);
    expect(of('routeros.package')).toMatchObject([{ severity: 'ok' }]);
    expect(of('routeros.policies')).toMatchObject([{ severity: 'ok' }]);
  });

  test('a clock that is off', async () => {
    const scene = await openScene(NEWEST);
    scene.mangle((answer) => answer.replace(/"date":"\d{4}/, '"date":"2001'));
    const { of } = await findings(scene);
    expect(of('host.clock', 'rds1')).toMatchObject([{ severity: 'warning' }]);
    expect(of('host.clock', 'rds1')[0]?.found).toMatch(/^\d+ minutes behind this host$/);
  });

  test('disks that RouterOS mounts, exports to any host, exports that nobody knows of', async () => {
    const scene = await openScene({ ...NEWEST, volumes: 4 });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.setDisk('vol-1', 'mount-filesystem=yes');
    await scene.setDisk('vol-2', 'mount-filesystem=yes');
    await scene.setDisk('vol-3', 'nvme-tcp-export=yes');
    await scene.setDisk('vol-4', 'nvme-tcp-server-allow-host-name=nqn.2014-08.org.x:y nvme-tcp-export=yes');
    const { code, of } = await findings(scene);
    expect(code).toBe(1);
    expect(of('export.mount-filesystem')).toMatchObject([
      { severity: 'error', subject: 'vol-1' },
      { severity: 'warning', subject: 'vol-2' },
    ]);
    expect(of('export.any-host')).toMatchObject([{ severity: 'error', subject: 'vol-3' }]);
    expect(of('export.untracked')).toMatchObject([
      { severity: 'warning', subject: 'vol-3', fix: { run: 'rdsctl adopt rds1/vol-3' } },
      { severity: 'warning', subject: 'vol-4' },
    ]);
    expect(of('export.shared-port')).toMatchObject([{ severity: 'info' }]);
    // The lines that are offered are taken there, and mend it.
    for (const { fix } of [...of('export.mount-filesystem'), ...of('export.any-host')]) {
      expect(await scene.console(fix?.run ?? '')).toBe('');
    }
    const after = await findings(scene);
    expect([...after.of('export.mount-filesystem'), ...after.of('export.any-host')]).toEqual([]);
  });
});

describe('a node', () => {
  const one = (traits: NodeTraits, more: SceneOptions = {}) =>
    openScene({ ...NEWEST, nodes: 1, traits: { 'node-1': traits }, ...more });

  test.for<readonly [string, NodeTraits, string, string]>([
    ['without nvme-cli', { nvmeCli: 'none' }, 'node.nvme-cli', 'error'],
    ['with an old nvme-cli', { nvmeCli: '1.16' }, 'node.nvme-cli', 'warning'],
    ['without the kernel module', { nvmeTcp: false }, 'node.nvme-tcp', 'error'],
    ['without a host NQN', { hostNqn: null }, 'node.host-nqn', 'error'],
    ['with an empty host NQN', { hostNqn: '' }, 'node.host-nqn', 'error'],
    ['with a host NQN that is none', { hostNqn: 'my-host' }, 'node.host-nqn', 'error'],
    ['without a host ID', { hostId: null }, 'node.host-id', 'info'],
    ['with a host ID that is none', { hostId: 'x' }, 'node.host-id', 'error'],
    [
      'with a host ID of another machine',
      { hostId: '99999999-9999-4999-8999-999999999999' },
      'node.host-id',
      'warning',
    ],
    ['with a clock that is off', { clockSkew: 3600 }, 'host.clock', 'warning'],
    ['without native multipath', { multipath: false, loaded: true }, 'node.multipath', 'info'],
  ])('%s', async ([, traits, id, severity]) => {
    const scene = await one(traits);
    const { of, code } = await findings(scene);
    expect(of(id, 'node-1')).toMatchObject([
      { severity, fix: id === 'node.multipath' ? null : { on: 'node-1' } },
    ]);
    expect(code).toBe(severity === 'error' ? 1 : 0);
  });

  test('two with one host NQN, two with one host ID', async () => {
    const NQN = 'nqn.2014-08.org.nvmexpress:uuid:22222222-2222-4222-8222-222222222222';
    const ID = '33333333-3333-4333-8333-333333333333';
    const scene = await openScene({
      nodes: 4,
      traits: {
        'node-1': { hostNqn: NQN, hostId: '22222222-2222-4222-8222-222222222221' },
        'node-2': { hostNqn: NQN },
        'node-3': { hostId: ID },
        'node-4': { hostId: ID },
      },
    });
    const { of } = await findings(scene);
    expect(of('node.identity')).toMatchObject([
      { severity: 'error', subject: 'node-1 and node-2' },
      { severity: 'error', subject: 'node-3 and node-4', found: `have one host ID (${ID})` },
    ]);
  });

  test('what connects by itself: nvme-cli at boot, nvme-stas', async () => {
    const scene = await openScene({ ...NEWEST, nodes: 3 });
    const unit = (node: string, name: string): void => {
      write(scene, node, 'etc/systemd/system/multi-user.target.wants/.keep', '');
      const link = `etc/systemd/system/multi-user.target.wants/${name}`;
      symlinkSync(`/lib/systemd/system/${name}`, join(scene.simulation.node(node).kernel.directory, link));
    };
    write(
      scene,
      'node-1',
      'etc/nvme/discovery.conf',
      '# -t tcp -a 10.77.0.1\n--transport=tcp --traddr=10.77.0.1\n',
    );
    unit('node-1', 'nvmf-autoconnect.service');
    write(
      scene,
      'node-2',
      'etc/nvme/config.json',
      '[{"subsystems":[{"nqn":"nqn.2000-02.com.mikrotik:vol-2"}]}]',
    );
    unit('node-2', 'stafd.service');
    // Somebody else's, and a comment: neither is rdsctl's business.
    write(scene, 'node-3', 'etc/nvme/discovery.conf', '# --traddr=10.77.0.1\n--traddr=10.77.0.10\n');
    const { of } = await findings(scene);
    expect(of('node.auto-connect', 'node-1')).toMatchObject([
      { severity: 'warning', subject: '/etc/nvme/discovery.conf' },
    ]);
    expect(of('node.auto-connect', 'node-1')[0]?.found).toContain(
      'nvmf-autoconnect.service connects it at boot',
    );
    expect(of('node.auto-connect', 'node-2')).toMatchObject([
      { severity: 'warning', subject: '/etc/nvme/config.json' },
      {
        severity: 'warning',
        subject: 'stafd.service',
        fix: { run: 'systemctl disable --now stafd.service' },
      },
    ]);
    expect(of('node.auto-connect', 'node-3')).toMatchObject([{ severity: 'ok' }]);
  });

  test('a controller that retries for ever, and what is left of a volume that went elsewhere', async () => {
    const scene = await openScene({ ...NEWEST, config: { nvme: { ctrlLossTmo: -1 } } });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('attach', 'vol-2', 'node-1');
    expect((await findings(scene)).of('node.ctrl-loss-tmo')).toEqual([]);
    scene.configure({ nvme: { ctrlLossTmo: '600s' } });
    await scene.simulation.node('node-1').down();
    await scene.done('fence', 'node-1', '--yes', '--volume', 'vol-1');
    await scene.done('attach', 'vol-1', 'node-2');
    await scene.simulation.node('node-1').up();
    const { of } = await findings(scene);
    expect(of('node.ctrl-loss-tmo', 'node-1').map(({ subject }) => subject)).toContain('nvme1');
    expect(of('node.ctrl-loss-tmo', 'node-1')[0]?.fix?.run).toBe(
      'echo 600 > /sys/class/nvme/nvme0/ctrl_loss_tmo',
    );
    const [left] = of('node.leftover', 'node-1');
    expect(left).toMatchObject({ severity: 'warning', subject: 'nvme0', fix: { on: 'node-1' } });
    expect(left?.found).toMatch(
      /^a controller of vol-1 that is not attached here \((?:connecting|resetting)\)$/,
    );
    expect(of('node.fenced', 'node-1')).toMatchObject([
      { severity: 'info', fix: { run: 'rdsctl unfence node-1' } },
    ]);
    expect(of('node.leftover', 'node-2')).toEqual([]);
  });

  test('a volume that was connected by hand', async () => {
    const scene = await openScene({ ...NEWEST, byHand: ['rds1/vol-1'] });
    await scene.setDisk('vol-1', 'nvme-tcp-export=yes');
    const { kernel } = scene.simulation.node('node-2');
    kernel.loadModule('nvme-tcp');
    await kernel.host.connect({
      nqn: 'nqn.2000-02.com.mikrotik:vol-1',
      address: '10.77.0.1',
      port: 4420,
      hostNqn: kernel.hostNqn,
      hostId: kernel.hostId,
      reconnectDelay: 10,
      ctrlLossTmo: 600,
      keepAliveTmo: 5,
      fastIoFailTmo: -1,
    });
    const { of } = await findings(scene);
    expect(of('node.leftover', 'node-2')).toMatchObject([
      { severity: 'warning', fix: { on: 'here', run: 'rdsctl adopt rds1/vol-1' } },
    ]);
  });
});
