import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openScene, type Scene } from './scene.ts';

describe('how much is told on stderr', () => {
  async function toldBy(...more: string[]): Promise<string> {
    const scene = await openScene({ nodes: 1 });
    const outcome = await scene.run('attach', 'vol-1', 'node-1', ...more);
    expect(outcome).toMatchObject({ code: 0, stdout: 'vol-1 is attached to node-1 as /dev/nvme0n1\n' });
    return outcome.stderr;
  }

  test('without a terminal: nothing when all is well', async () => {
    expect(await toldBy()).toBe('');
  });

  test('-v tells the steps', async () => {
    const told = await toldBy('-v');
    for (const step of [
      'look at vol-1',
      'claim vol-1',
      'export vol-1',
      'connect and wait',
      'state: attached',
    ]) {
      expect(told).toContain(step);
    }
    expect(told).not.toContain('/disk set');
  });

  test('-vv tells the commands too, before they are sent', async () => {
    const told = await toldBy('-vv');
    expect(told).toMatch(/^rds1# :onerror .*nvme-tcp-export=yes/m);
    expect(told).toMatch(/^node-1# .*\/bin\/sh -s --/m);
    expect(told.indexOf('rds1# ')).toBeLessThan(told.indexOf('done      rds1: export vol-1'));
  });

  test('--log-format json: every line is a JSON object with time, level and event', async () => {
    const lines = (await toldBy('--log-format', 'json', '-v')).trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({
        time: expect.stringMatching(/Z$/) as string,
        level: 'info',
        event: expect.stringMatching(/^step/) as string,
      });
    }
  });

  test('-q keeps warnings back, not errors', async () => {
    const scene = await openScene({ traits: { 'node-1': { clockSkew: 90_000 } } });
    expect((await scene.run('attach', 'vol-1', 'node-1', '-q')).stderr).toBe('');
    expect((await scene.run('attach', 'vol-1', 'node-2', '-q')).stderr).toMatch(/^error: /);
  });

  test('no secret, and no colour where nobody looks', async () => {
    const scene = await openScene({ nodes: 1 });
    const outcome = await scene.run('attach', 'vol-1', 'node-1', '-vvv');
    const key = readFileSync(join(scene.dir, 'keys', 'rdsctl'), 'utf8').split('\n')[1] ?? '';
    expect(key.length).toBeGreaterThan(20);
    expect(outcome.stderr).not.toContain(key);
    expect(outcome.stderr + outcome.stdout).not.toContain('\u001b');
  });
});

describe('--state', () => {
  test('another directory is another state: what it does not know it does not take', async () => {
    const scene = await openScene({ byHand: ['rds1/vol-1'] });
    await scene.done('attach', 'vol-1', 'node-1');
    const other = join(scene.dir, 'other');
    const refused = await scene.run('attach', 'vol-1', 'node-2', '--state', other, '-o', 'json');
    expect(refused.code, refused.stderr).toBe(4);
    expect(refused.error()).toMatchObject({ reason: 'FOREIGN_TAG' });
    expect((await scene.run('list', '--state', other)).stderr).toBe('No attachments.\n');
    expect(
      (await scene.run('list', '--state', join(scene.stateDir, 'state.json'), '-o', 'name')).stdout,
    ).toBe('vol-1\n');
  });

  test('a URL is refused with 2, without what is secret in it', async () => {
    const scene = await openScene({ nodes: 1 });
    const refused = await scene.run('attach', 'vol-1', 'node-1', '--state', 'etcd://me:secret@host');
    expect(refused.code).toBe(2);
    expect(refused.stderr).not.toContain('secret');
  });
});

describe('variables', () => {
  test('stand in for flags, and flags win over them', async () => {
    const scene = await openScene({ nodes: 1 });
    const env = { RDSCTL_OUTPUT: 'json', RDSCTL_REASON: 'by variable' };
    const outcome = await scene.start(['attach', 'vol-1', 'node-1'], { env }).ended;
    expect(outcome.json()).toMatchObject({ changed: true });
    expect(scene.audit()).toMatchObject([{ operatorReason: 'by variable' }]);
    const named = await scene.start(['attach', 'vol-1', 'node-1', '-o', 'name'], { env }).ended;
    expect(named.stdout).toBe('/dev/nvme0n1\n');
  });

  test('RDSCTL_YES agrees to a fence, RDSCTL_DRY_RUN changes nothing, RDSCTL_STATE says where', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    const before = scene.events().length;
    const dry = await scene.start(['fence', 'node-1'], { env: { RDSCTL_DRY_RUN: '1' } }).ended;
    expect(dry.code, dry.stderr).toBe(0);
    expect(scene.events()).toHaveLength(before);
    const fenced = await scene.start(['fence', 'node-1'], { env: { RDSCTL_YES: '1' } }).ended;
    expect(fenced.code, fenced.stderr).toBe(0);
    const other = join(scene.dir, 'elsewhere');
    const listed = await scene.start(['list'], { env: { RDSCTL_STATE: other } }).ended;
    expect(listed.stderr).toBe('No attachments.\n');
    expect(existsSync(other)).toBe(false);
  });

  test('a value that is not right ends with 2 and names the variable', async () => {
    const scene = await openScene({ nodes: 1 });
    const refused = await scene.start(['list'], { env: { RDSCTL_OUTPUT: 'xml' } }).ended;
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('RDSCTL_OUTPUT');
  });
});

describe('the audit log', () => {
  test('has every change, refusal and failure, with who, command, reason and what was sent', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1', '--reason', 'first');
    await scene.run('attach', 'vol-1', 'node-2');
    await scene.done('move', 'vol-1', 'node-2', '--reason', 'maintenance');
    await scene.faults({ at: 'rds1', when: 'exec', do: 'drop-before' });
    await scene.run('detach', 'vol-1');
    await scene.faults();
    await scene.done('fence', 'node-2', '--yes', '--reason', 'smoke');
    await scene.done('unfence', 'node-2');
    const entries = scene.audit();
    expect(entries).toMatchObject([
      { event: 'attach', result: 'ok', exitCode: 0, operatorReason: 'first', token: 1 },
      { event: 'attach', result: 'refused', exitCode: 4, reason: 'ATTACHED_ELSEWHERE', node: 'node-2' },
      { event: 'move', result: 'ok', operatorReason: 'maintenance', volume: 'rds1/vol-1', token: 3 },
      { event: 'detach', result: 'failed', exitCode: 6, reason: 'CONNECTION_LOST' },
      { event: 'fence', result: 'ok', operatorReason: 'smoke', node: 'node-2' },
      { event: 'unfence', result: 'ok', node: 'node-2' },
    ]);
    for (const [index, entry] of entries.entries()) {
      expect(entry).toMatchObject({ v: 1, seq: index + 1, pid: process.pid });
      expect(entry['command']).toMatch(/^rdsctl /);
    }
    const [, , moved] = entries;
    expect((moved?.['changes'] as { at: string }[]).map(({ at }) => at)).toEqual([
      'node-1',
      'rds1',
      'rds1',
      'node-2',
    ]);
  });

  test('reads leave no entry', async () => {
    const scene = await openScene({ nodes: 1 });
    for (const command of [['list'], ['volumes'], ['nodes'], ['show', 'vol-1']]) await scene.done(...command);
    expect(scene.audit()).toEqual([]);
    expect(existsSync(scene.stateDir)).toBe(false);
  });
});

describe('hosts that hang (small time-outs)', () => {
  const QUICK = { timeouts: { connect: '5s', command: '5s' } };

  async function attached(): Promise<Scene> {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    scene.configure(QUICK);
    return scene;
  }

  test.for([
    ['rds1', 'detach vol-1'],
    ['node-1', 'detach vol-1'],
    ['node-2', 'move vol-1 node-2'],
  ] as const)(
    '%s hangs from the first command on: "%s" ends with 6, nothing is changed',
    async ([at, command]) => {
      const scene = await attached();
      const before = { events: scene.events().length, state: scene.stateBytes() };
      await scene.faults({ at, when: 'exec', do: 'hang' });
      const outcome = await scene.run(...command.split(' '), '-o', 'json');
      expect(outcome.code, outcome.stderr).toBe(6);
      expect(outcome.error()).toMatchObject({ code: 'UNREACHABLE', reason: 'NO_ANSWER' });
      expect(String(outcome.error()['message'])).toContain('Nothing was changed');
      expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(before);
    },
  );

  test('the storage server hangs in the grant and after: exit 6, the claim is kept (law 2)', async () => {
    const scene = await openScene({ nodes: 1, config: QUICK });
    await scene.faults({ at: 'rds1', when: 'exec', skip: 1, do: 'hang' });
    const outcome = await scene.run('attach', 'vol-1', 'node-1');
    expect(outcome.code, outcome.stderr).toBe(6);
    expect(outcome.stderr).toContain('stays claimed for node-1: treat it as attached there');
    expect((await scene.state()).attachments['rds1/vol-1']).toMatchObject({ intent: { verb: 'attach' } });
  });

  test('it hangs in the grant once: the outcome is found out, and the attach succeeds', async () => {
    const scene = await openScene({ nodes: 1, config: QUICK });
    await scene.faults({ at: 'rds1', when: 'exec', skip: 1, times: 1, do: 'hang' });
    const outcome = await scene.run('attach', 'vol-1', 'node-1');
    expect(outcome.code, outcome.stderr).toBe(0);
  });

  test('a node that hangs in a change ends with --timeout and its grace: 124, the claims are kept', async () => {
    const scene = await attached();
    await scene.faults({ at: 'node-1', when: 'exec', match: 'delete_controller|nvme "\\$@"', do: 'hang' });
    const [detached, connected] = await Promise.all([
      scene.run('detach', 'vol-1', '--timeout', '4s'),
      scene.run('attach', 'vol-2', 'node-1', '--timeout', '4s'),
    ]);
    expect(detached.code, detached.stderr).toBe(124);
    expect(detached.stderr).toContain('stays claimed for node-1');
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
    expect(connected.code, connected.stderr).toBe(124);
    expect(connected.stderr).toMatch(/stays claimed for node-1|attached nowhere/);
    const { attachments } = await scene.state();
    expect(attachments['rds1/vol-1']).toMatchObject({ phase: 'detaching' });
    const open = await scene.console(':put [/disk get [find where slot="vol-2"] nvme-tcp-export]');
    expect(attachments['rds1/vol-2']?.phase).toBe(open === 'true\r\n' ? 'attaching' : undefined);
  });

  test('a node that hangs holds no fence up', async () => {
    const scene = await attached();
    await scene.faults({ at: 'node-1', when: 'exec', do: 'hang' });
    const fenced = await scene.run('fence', 'node-1', '--yes', '-o', 'json');
    expect(fenced.json()).toMatchObject({ verified: true, nodeSide: 'unreachable' });
    expect(scene.sessions('vol-1')).toEqual([]);
  });

  test('a storage server that hangs in the cut: exit 6 or 11, the node counts as still connected', async () => {
    const scene = await attached();
    await scene.faults({ at: 'rds1', when: 'exec', skip: 1, do: 'hang' });
    const fenced = await scene.run('fence', 'node-1', '--yes');
    expect(fenced.code, fenced.stderr).toBe(11);
    expect(fenced.stderr).toContain('Treat node-1 as still connected to vol-1');
    expect((await scene.run('attach', 'vol-1', 'node-2')).code).toBe(4);
  });
});
