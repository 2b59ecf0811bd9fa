import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exec, login, openssh, simulate } from './ssh/clients.ts';
import { temporaryDirectory } from './world.ts';

describe('when a command is run', () => {
  test('reply: text and exit status instead of running it; skip and times count matches', async () => {
    const simulation = await simulate();
    await simulation.faults.set(
      '- {at: rds1, when: exec, match: "comment=x", skip: 1, times: 1, do: reply, reply: "not enough permissions (9)\\r\\n"}',
    );
    const client = await login(simulation);
    const outputs = [];
    for (const line of [
      '/disk set vol-1 comment=x',
      ':put other',
      '/disk set vol-2 comment=x',
      '/disk set vol-2 comment=x1',
    ]) {
      outputs.push((await exec(client, line)).out);
    }
    expect(outputs).toEqual(['', 'other\r\n', 'not enough permissions (9)\r\n', '']);
    expect((await exec(client, ':put [/disk get vol-2 comment]')).out).toBe('x1\r\n');
  });

  test('drop-before: lost before it took effect; drop-after: after', async () => {
    const simulation = await simulate();
    const change = '/disk set vol-1 comment=changed';
    const read = async () =>
      (await openssh(simulation, 'rds1', [':put [/disk get vol-1 comment]'])).out.trim();
    for (const [kind, expected] of [
      ['drop-before', ''],
      ['drop-after', 'changed'],
    ]) {
      await simulation.faults.set(`- {at: rds1, when: exec, match: comment=changed, times: 1, do: ${kind}}`);
      const { code, out } = await openssh(simulation, 'rds1', [change]);
      expect([code, out]).toEqual([255, '']);
      expect(await read()).toBe(expected);
    }
  });

  test('on a node: the match looks at the script on standard input, too', async () => {
    const simulation = await simulate();
    await simulation.faults.set('- {at: node-1, when: exec, match: "modprobe +nvme", do: drop-after}');
    const { kernel } = simulation.node('node-1');
    const lost = await openssh(simulation, 'node-1', ['sh -s'], {
      input: 'echo started; modprobe nvme-tcp\n',
    });
    expect([lost.code, lost.out, kernel.modules.tcp]).toEqual([255, '', true]);
    expect((await openssh(simulation, 'node-1', ['sh -s'], { input: 'echo fine\n' })).out).toBe('fine\n');
    expect(
      (await openssh(simulation, 'node-2', ['sh -s'], { input: 'modprobe nvme-tcp; echo ok\n' })).out,
    ).toBe('ok\n');
  });

  test('hang: no answer; delay: a late one; refuse: the connection ends', async () => {
    const simulation = await simulate({ timeScale: 20 });
    const client = await login(simulation);
    await simulation.faults.set('- {at: rds1, when: exec, do: delay, delay: 4s}');
    const begun = Date.now();
    expect((await exec(client, ':put late')).out).toBe('late\r\n');
    expect(Date.now() - begun).toBeGreaterThan(150);
    await simulation.faults.set('- {at: rds1, when: exec, do: hang, match: never}');
    const silence = Promise.race([
      exec(client, ':put never').then(() => 'answered'),
      new Promise((resolve) => setTimeout(() => resolve('silent'), 200)),
    ]);
    expect(await silence).toBe('silent');
    await simulation.faults.set('- {at: rds1, when: exec, do: refuse}');
    expect((await openssh(simulation, 'rds1', [':put x'])).code).toBe(255);
  });
});

describe('when a connection is made', () => {
  test('refuse, so many times', async () => {
    const simulation = await simulate();
    await simulation.faults.set('- {at: node-1, when: connect, times: 2, do: refuse}');
    const codes = [];
    for (let i = 0; i < 3; i += 1) codes.push((await openssh(simulation, 'node-1', ['true'])).code);
    expect(codes).toEqual([255, 255, 0]);
  });

  test('hang: connected, and not a word', async () => {
    const simulation = await simulate();
    await simulation.faults.set('- {at: node-1, when: connect, do: hang}');
    const { code, err } = await openssh(simulation, 'node-1', ['true'], {
      flags: ['-o', 'ConnectTimeout=1'],
    });
    expect([code, err]).toEqual([255, expect.stringContaining('timed out')]);
  });
});

describe('a node that is cut off', () => {
  test('refuses connections, keeps its sessions until the keep-alive ends, and retries', async () => {
    const simulation = await simulate({ timeScale: 50 });
    const { events, rds } = simulation;
    const { kernel } = simulation.node('node-1');
    await openssh(simulation, 'rds1', ['/disk set vol-1 nvme-tcp-export=yes']);
    const connect = 'modprobe nvme-tcp; nvme connect -t tcp -a 10.77.0.1 -n nqn.2000-02.com.mikrotik:vol-1';
    expect((await openssh(simulation, 'node-1', [connect])).code).toBe(0);
    await simulation.faults.set('- {at: node-1, do: node-down}');
    expect((await openssh(simulation, 'node-1', ['true'])).err).toMatch(/Connection refused/);
    expect(rds.target.openSessions('vol-1')).toHaveLength(1);
    await events.waitFor((each) => each.event === 'session-closed' && each.cause === 'keep-alive');
    await simulation.faults.set('- {at: node-1, do: node-up}');
    await events.waitFor((each) => each.event === 'session-opened' && each.seq > 4);
    expect(kernel.host.controllers).toHaveLength(1);
    expect((await openssh(simulation, 'node-1', ['true'])).code).toBe(0);
    expect(events.all.map((each) => each.event)).toEqual([
      'export-on',
      'session-opened',
      'node-down',
      'session-closed',
      'node-up',
      'session-opened',
    ]);
  });

  test('without power it forgets everything and gets another boot id', async () => {
    const simulation = await simulate({ timeScale: 50 });
    await openssh(simulation, 'rds1', ['/disk set vol-1 nvme-tcp-export=yes']);
    const bootId = async () =>
      (await openssh(simulation, 'node-1', ['cat $RDSCTL_ROOT/proc/sys/kernel/random/boot_id'])).out;
    const before = await bootId();
    await openssh(simulation, 'node-1', [
      'modprobe nvme-tcp; nvme connect -t tcp -a 10.77.0.1 -n nqn.2000-02.com.mikrotik:vol-1; sleep 0.1; mount /dev/nvme0n1 /mnt',
    ]);
    expect(simulation.node('node-1').kernel.uses.all).toHaveLength(1);
    await simulation.faults.set('- {at: node-1, do: node-down, power: off}');
    await simulation.faults.set('- {at: node-1, do: node-up}');
    expect(await bootId()).not.toBe(before);
    expect((await openssh(simulation, 'node-1', ['ls $RDSCTL_ROOT/sys/module'])).out).toBe('');
    expect(simulation.events.all.filter((each) => each.event === 'unmounted')).toHaveLength(1);
  });

  test('an open connection stands still and goes on after the cut', async () => {
    const simulation = await simulate();
    const client = await login(simulation, 'node-1');
    await simulation.node('node-1').down();
    const answer = exec(client, 'echo back');
    const early = await Promise.race([
      answer.then(() => 'answered'),
      new Promise((resolve) => setTimeout(() => resolve('silent'), 100)),
    ]);
    expect(early).toBe('silent');
    await simulation.node('node-1').up();
    expect((await answer).out).toBe('back\n');
  });

  test('in the middle of a command', async () => {
    const simulation = await simulate();
    await simulation.faults.set('- {at: node-1, when: exec, match: nvme connect, do: node-down}');
    const client = await login(simulation, 'node-1');
    void exec(client, 'nvme connect -t tcp -a 10.77.0.1 -n x').catch(() => undefined);
    await simulation.events.waitFor((each) => each.event === 'node-down');
    expect(simulation.network.isCut('node-1')).toBe(true);
  });
});

describe('the faults file', () => {
  test('is read again when it changes; one that is not valid leaves the last good one in force', async () => {
    const file = join(temporaryDirectory(), 'faults.yaml');
    writeFileSync(file, '- {at: rds1, when: exec, do: reply, reply: first}\n');
    const complaints: string[] = [];
    const simulation = await simulate({ faults: file, complain: (line) => complaints.push(line) });
    const said = async () => (await openssh(simulation, 'rds1', [':put hi'])).out;
    expect(await said()).toBe('first');
    for (const bad of [
      '- {at: rds1, when: exec, do: explode}',
      '- {at: rds1, when: exec, do: reply, match: "("}',
      '- {at: rds1, when: exec, do: delay, delay: soon}',
      '- {at: rds1, surprise: 1, do: hang}',
      'not a list',
      '- [',
    ]) {
      writeFileSync(file, bad);
      expect(await said()).toBe('first');
    }
    expect(complaints).toHaveLength(6);
    expect(complaints[0]).toMatch(/^simulate: the faults file is not valid and was not taken: /);
    writeFileSync(file, '');
    expect(await said()).toBe('hi\r\n');
  });

  test('switches nodes by itself, without a command coming in', async () => {
    const file = join(temporaryDirectory(), 'faults.yaml');
    writeFileSync(file, '');
    const simulation = await simulate({ faults: file });
    writeFileSync(file, '- {at: node-2, do: node-down}');
    await simulation.events.waitFor((each) => each.event === 'node-down' && each.node === 'node-2');
    writeFileSync(file, '- {at: node-2, do: node-up}');
    await simulation.events.waitFor((each) => each.event === 'node-up' && each.node === 'node-2');
  });

  test('an entry that stays keeps its count, another one is new', async () => {
    const simulation = await simulate();
    const entry = '- {at: rds1, when: exec, times: 1, do: reply, reply: once}\n';
    await simulation.faults.set(entry);
    const said = async () => (await openssh(simulation, 'rds1', [':put hi'])).out;
    expect([await said(), await said()]).toEqual(['once', 'hi\r\n']);
    await simulation.faults.set(`${entry}- {at: node-1, when: exec, do: hang}\n`);
    expect(await said()).toBe('hi\r\n');
  });
});
