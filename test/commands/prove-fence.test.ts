import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { openScene, type Scene } from './scene.ts';

const prove = (scene: Scene, ...more: string[]) =>
  scene.run('doctor', '--prove-fence', 'vol-2', 'node-2', '--yes', ...more);
const proofFile = (scene: Scene) => join(scene.stateDir, 'fence-proof-rds1.json');

/** What must hold after every proof, however it ended. */
async function expectPutBack(scene: Scene): Promise<void> {
  expect(scene.sessions('vol-2')).toEqual([]);
  expect(scene.simulation.node('node-2').kernel.host.controllers).toEqual([]);
  expect(await scene.console(':put [/disk get [find where slot="vol-2"] nvme-tcp-export]')).toMatch(/^false/);
  const { attachments, nodes } = await scene.state();
  expect(attachments['rds1/vol-2']).toBeUndefined();
  expect(nodes['node-2']?.fenced ?? null).toBeNull();
}

/** Watches of this test's nodes that still read, in /proc. */
function readers(scene: Scene): string[] {
  const { directory } = scene.simulation.node('node-2').kernel;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
        const own = environment.includes(`RDSCTL_ROOT=${directory}\0`);
        return own ? [readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')] : [];
      } catch {
        return []; // it has just ended, or is another user's
      }
    });
}

describe('on a storage server that does what Linux does', () => {
  test('a fence is proved, told, kept with its date, and everything is put back', async () => {
    const scene = await openScene();
    await scene.setDisk('vol-2', 'comment="for rehearsals"');
    await scene.done('attach', 'vol-1', 'node-2');
    const proved = await prove(scene, '-o', 'json');
    expect(proved.code, proved.stderr).toBe(0);
    const { proof } = proved.json() as { proof: Record<string, unknown> };
    expect(proof).toMatchObject({
      rds: 'rds1',
      version: '7.21.5 (stable)',
      node: 'node-2',
      kernel: '6.1.0-56-amd64',
      proved: true,
      failures: [],
      reconnectRefused: true,
      listHonoured: true,
      listAloneCuts: false,
      backWithoutList: true,
    });
    for (const figure of ['sessionGoneMs', 'readsFailedMs', 'exportOffMs']) {
      expect(proof[figure]).toBeTypeOf('number');
    }
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-2')]);
    await scene.done('detach', 'vol-1');
    await expectPutBack(scene);
    expect(await scene.comment('vol-2')).toMatch(
      /^for rehearsals \[rdsctl owner=- token=\d+ lineage=[0-9a-f-]{36}\]$/,
    );
    expect(readers(scene)).toEqual([]);
    expect(scene.events().filter(({ event }) => event === 'io-landed')).toEqual([]);
    expect(statSync(proofFile(scene)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(proofFile(scene), 'utf8'))).toMatchObject(proof);
    expect(scene.audit().find(({ event }) => event === 'prove-fence')).toMatchObject({
      result: 'ok',
      volume: 'rds1/vol-2',
      node: 'node-2',
    });
  });

  test('the trials are what they say: the list alone, another host, the export alone, then both', async () => {
    const scene = await openScene();
    await prove(scene);
    const nobody = 'nqn.2026-11.io.rdsctl:nobody';
    const told = scene
      .events()
      .filter(({ event, volume }) => volume === 'vol-2' && event !== 'comment-changed')
      .map(({ event, allow, cause }) =>
        [event, event === 'allow-changed' ? (allow === nobody ? 'nobody' : 'node') : cause]
          .filter(Boolean)
          .join(' '),
      );
    // The node goes on trying by itself as well, while there is nothing to connect to.
    const once = told.filter((each) => each !== 'connect-refused port-closed');
    expect(once).toEqual([
      'allow-changed node',
      'export-on',
      'session-opened',
      'allow-changed nobody',
      // it lives on until it is disconnected
      'session-closed disconnect',
      'connect-refused not-allowed',
      'allow-changed node',
      'session-opened',
      'export-off',
      'session-closed unexport',
      'export-on',
      'session-opened',
      'session-closed disconnect',
      'session-opened',
      'allow-changed nobody',
      'export-off',
      'session-closed unexport',
    ]);
    expect(told.at(-1)).toBe('connect-refused port-closed');
  });

  test('fence and doctor tell it afterwards, and warn when RouterOS was changed or nothing was proved', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    const unproved = await scene.run('fence', 'node-1', '--yes', '-o', 'json');
    expect(unproved.stderr).toContain('a fence was never proved on rds1');
    expect(unproved.json()).toMatchObject({ proofs: [{ rds: 'rds1', standing: 'never' }] });
    await scene.done('unfence', 'node-1');
    await prove(scene);
    await scene.done('attach', 'vol-1', 'node-1');
    const proved = await scene.run('fence', 'node-1', '--yes');
    expect(proved.stdout).toMatch(
      /a fence was proved on rds1 on \d{4}-\d\d-\d\d with RouterOS 7\.21\.5: session gone in \d+\.\d s/,
    );
    expect(proved.stderr).not.toContain('proved');
    expect((await scene.run('doctor', '-o', 'wide')).stdout).toContain('✓ fence: a fence was proved on rds1');
    const kept = JSON.parse(readFileSync(proofFile(scene), 'utf8')) as object;
    writeFileSync(proofFile(scene), JSON.stringify({ ...kept, version: '7.20.8 (stable)' }));
    const outdated = (await scene.run('doctor')).stdout;
    expect(outdated).toMatch(
      /! fence: a fence was proved on rds1 on .* with RouterOS 7\.20\.8; it runs 7\.21\.5 now/,
    );
    await scene.done('unfence', 'node-1');
    await scene.done('attach', 'vol-1', 'node-1');
    expect((await scene.run('fence', 'node-1', '--yes')).stderr).toContain('it runs 7.21.5 now');
    writeFileSync(proofFile(scene), '{');
    expect((await scene.run('doctor')).stdout).toContain('? fence: could not be checked');
  });

  test('--dry-run prints every command of every trial, and changes nothing', async () => {
    const scene = await openScene();
    const plan = await scene.run('doctor', '--prove-fence', 'vol-2', 'node-2', '--dry-run', '-o', 'json');
    expect(plan.code, plan.stderr).toBe(0);
    const commands = plan.json()['commands'] as { at: string; changes: boolean; command: string }[];
    const changes = commands.filter((each) => each.changes).map(({ command }) => command);
    expect(changes.filter((line) => line.includes('nvme-tcp-export=no'))).toHaveLength(3);
    expect(
      changes.filter((line) => / begin nqn\.\S+ 10\.77\.0\.1 180 /.test(line.replaceAll("'", ''))),
    ).toHaveLength(3);
    expect(scene.events()).toEqual([]);
    expect(scene.stateBytes()).toBeNull();
    expect(() => statSync(proofFile(scene))).toThrow('ENOENT');
  });
});

describe('on a storage server that falls short', () => {
  test.each([
    [
      'sessions-outlive-export',
      /the session lived on after the fence.*switching the export off does not end the session/,
    ],
    ['list-ignored', /a host that is not on the list was let in/],
  ] as const)('%s: exit 11, and what that means; put back all the same', async (quirk, says) => {
    // So long a session that does not end is waited for.
    const scene = await openScene({ quirk, config: { timeouts: { device: '4s' } } });
    const failed = await prove(scene, '-o', 'json');
    expect(failed.code).toBe(11);
    expect(failed.error()).toMatchObject({ code: 'UNVERIFIED', reason: 'NOT_VERIFIED' });
    expect(String(failed.error()['message'])).toMatch(/a fence does NOT work on rds1 \(RouterOS 7\.21\.5/);
    expect(String(failed.error()['message'])).toMatch(says);
    expect(String(failed.error()['message'])).toContain('cut its power');
    expect(failed.json()).toMatchObject({ healthy: false, proof: { proved: false } });
    await expectPutBack(scene);
    expect(readers(scene)).toEqual([]);
    const doctor = await scene.run('doctor');
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toContain('✗ fence: a fence FAILED on rds1');
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
    await scene.simulation.node('node-1').down();
    const fenced = await scene.run('fence', 'node-1', '--yes');
    // Its session outlives the export there: a fence that only reads back must not be believed.
    expect(fenced.code).toBe(11);
    expect(fenced.stderr).toMatch(/a fence FAILED on rds1 .*treat the node as still connected/s);
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(4);
    await scene.simulation.node('node-1').up();
  });
});

describe('refused, with nothing changed', () => {
  test.each<readonly [string, (scene: Scene) => Promise<unknown>, number]>([
    ['an attached volume', (scene) => scene.run('attach', 'vol-2', 'node-1'), 4],
    ['one that is attached to that very node', (scene) => scene.run('attach', 'vol-2', 'node-2'), 4],
    ['an untracked export', (scene) => scene.setDisk('vol-2', 'nvme-tcp-export=yes'), 4],
    [
      'a volume of another state',
      (scene) =>
        scene.setDisk(
          'vol-2',
          'comment="[rdsctl owner=- token=9 lineage=5f0c0000-0000-4000-8000-000000000000]"',
        ),
      4,
    ],
    ['a fenced node', (scene) => scene.run('fence', 'node-2', '--yes'), 4],
    ['a node that is off', (scene) => scene.simulation.node('node-2').down(), 6],
  ])('%s', async (_what, before, code) => {
    const scene = await openScene();
    await before(scene);
    const then = { events: scene.events().length, state: scene.stateBytes() };
    const refused = await prove(scene);
    expect(refused.code, refused.stderr).toBe(code);
    expect(refused.stderr).toContain('Nothing was changed');
    expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(then);
    await scene.simulation.node('node-2').up();
  });

  test('without --yes and a terminal it does not begin; without NODE it says what it needs', async () => {
    const scene = await openScene();
    expect((await scene.run('doctor', '--prove-fence', 'vol-2', 'node-2')).code).toBe(2);
    expect((await scene.run('doctor', '--prove-fence', 'vol-2')).code).toBe(2);
    expect(scene.events()).toEqual([]);
  });
});

describe('cut short', () => {
  test.each([
    ['while the list is changed', /nvme-tcp-allow|allow-host-name="nqn\.2026-11\.io\.rdsctl:nobody"/],
    ['while the export is off', /nvme-tcp-export=no/],
  ])('interrupted %s: put back, exit 130, nothing kept', async (_when, line) => {
    const scene = await openScene();
    const held = scene.hold(line);
    const running = scene.start(['doctor', '--prove-fence', 'vol-2', 'node-2', '--yes']);
    await held.reached;
    running.signal('SIGINT');
    held.letGo();
    const ended = await running.ended;
    expect(ended.code, ended.stderr).toBe(130);
    expect(ended.stderr).toContain('vol-2 was put back');
    await expectPutBack(scene);
    expect(readers(scene)).toEqual([]);
    expect(() => statSync(proofFile(scene))).toThrow('ENOENT');
  });

  test('the storage server refuses a trial: the first cause is told, and things are put back', async () => {
    const scene = await openScene();
    const { device } = scene.simulation.rds;
    const exec = device.exec.bind(device);
    device.exec = async (line, policies) =>
      exec(
        /allow-host-name="nqn\.2026-11/.test(line) && !line.includes('nvme-tcp-export=no')
          ? line.replace(/\/disk set \$i comment/, ':error "failure: busy"; /disk set $i comment')
          : line,
        policies,
      );
    const failed = await prove(scene);
    expect(failed.code, failed.stderr).toBe(10);
    expect(failed.stderr).toContain('failure: busy');
    expect(failed.stderr).toContain('vol-2 was put back');
    await expectPutBack(scene);
    expect(readers(scene)).toEqual([]);
  });

  test('the node dies in the middle: the claim stays, and what to do is said', async () => {
    const scene = await openScene({ config: { timeouts: { command: '5s', connect: '5s' } } });
    const held = scene.hold(/nvme-tcp-export=no/);
    const running = scene.start(['doctor', '--prove-fence', 'vol-2', 'node-2', '--yes']);
    await held.reached;
    await scene.simulation.node('node-2').down('off');
    held.letGo();
    const ended = await running.ended;
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain('could not be put back');
    expect(ended.stderr).toContain('rdsctl detach rds1/vol-2');
    expect((await scene.state()).attachments['rds1/vol-2']?.holders).toMatchObject([{ node: 'node-2' }]);
    await scene.simulation.node('node-2').up();
    await expect.poll(() => readers(scene), { timeout: 20_000 }).toEqual([]);
    expect((await scene.run('detach', 'vol-2')).code).toBe(0);
    await expectPutBack(scene);
  });
});
