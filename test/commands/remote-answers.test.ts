import { describe, expect, test } from 'vitest';
import { openScene } from './scene.ts';

const isChange = (line: string): boolean => line.includes('/disk set');
const isExport = (line: string): boolean => line.includes('nvme-tcp-export=yes');

describe('a storage server that answers otherwise', () => {
  test('"not enough permissions (9)" to a look ends with 10 and the policies that are needed', async () => {
    const scene = await openScene({ nodes: 1 });
    scene.mangle(() => 'not enough permissions (9)\r\n');
    const outcome = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(outcome.code).toBe(10);
    expect(outcome.error()).toMatchObject({ code: 'REMOTE', reason: 'NOT_PERMITTED' });
    expect(outcome.stderr).toContain('policy=ssh,read,write,test');
    expect(scene.events()).toEqual([]);
    expect(scene.stateBytes()).toBeNull();
  });

  test('"not enough permissions (9)" to the grant ends with 10; without proof the claim stays', async () => {
    const scene = await openScene({ nodes: 1 });
    // A group without "write": the device's own words, inside the script's error handler.
    const { device } = scene.simulation.rds;
    const exec = device.exec.bind(device);
    device.exec = (line) => exec(line, ['ssh', 'read', 'test']);
    const outcome = await scene.run('attach', 'vol-1', 'node-1');
    expect(outcome.code).toBe(10);
    expect(outcome.stderr).toContain('not enough permissions (9)');
    expect(outcome.stderr).toContain('vol-1');
    expect(scene.sessions('vol-1')).toEqual([]);
    expect(scene.events()).toEqual([]);
    // Withdrawing it is not permitted either: without proof the claim stays.
    expect(outcome.stderr).toContain('stays claimed for node-1');
  });

  test.for([
    ['failure: disk is busy', /rds1 answered.*failure: disk is busy/],
    ['syntax error (line 1 column 17)', /syntax error \(line 1 column 17\)/],
    ['bad command name serialize (line 1 column 7)', /RouterOS 7\.17 or later/],
    ['', /can not be understood/],
    ['OK deadbeef', /can not be understood/],
    ['\u001b[9999B\u0007 welcome to the jungle', /can not be understood/],
  ] as const)('%j to a look ends with 10, and nothing is changed', async ([answer, says]) => {
    const scene = await openScene({ nodes: 1 });
    scene.mangle(() => `${answer}\r\n`);
    const outcome = await scene.run('attach', 'vol-1', 'node-1');
    expect(outcome.code, outcome.stderr).toBe(10);
    expect(outcome.stderr).toMatch(says);
    expect(outcome.stderr).toContain('othing was changed');
    expect(scene.stateBytes()).toBeNull();
  });

  test('output that is wrapped inside tokens is understood', async () => {
    const scene = await openScene({ nodes: 1 });
    const wrapped = (line: string): string => line.replace(/(.{79})(?=.)/g, '$1\r\n');
    scene.mangle((answer) =>
      answer
        .split('\r\n')
        .map((line) => (/^(BEGIN|NEXT|OK|ERR) /.test(line) ? line : wrapped(line)))
        .join('\r\n'),
    );
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
    expect((await scene.run('detach', 'vol-1')).code).toBe(0);
  });

  test.for([0.2, 0.5, 0.8, 0.97])(
    'an answer to a look cut at %d of its length changes nothing',
    async (part) => {
      const scene = await openScene({ nodes: 1 });
      scene.mangle((answer) => answer.slice(0, Math.floor(answer.length * part)));
      const outcome = await scene.run('attach', 'vol-1', 'node-1');
      expect(outcome.code, outcome.stderr).toBe(10);
      expect(outcome.stderr).toContain('Nothing was changed');
      expect(scene.events()).toEqual([]);
      expect(scene.stateBytes()).toBeNull();
    },
  );

  test('an answer to the grant that is cut once is asked after, and the attach succeeds', async () => {
    const scene = await openScene({ nodes: 1 });
    let cut = 0;
    scene.mangle((answer, line) => (isExport(line) && cut++ === 0 ? answer.slice(0, 60) : answer));
    const outcome = await scene.run('attach', 'vol-1', 'node-1');
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(cut).toBe(1);
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
  });

  test('answers to every change that are cut keep the claim or prove that it is gone', async () => {
    const scene = await openScene({ nodes: 1 });
    scene.mangle((answer, line) => (isChange(line) ? answer.slice(0, 60) : answer));
    const outcome = await scene.run('attach', 'vol-1', 'node-1');
    // Reading back by other means shows that the grant took effect.
    expect(outcome.code, outcome.stderr).toBe(0);
    const gone = await scene.run('detach', 'vol-1');
    expect(gone.code, gone.stderr).toBe(0);
    expect((await scene.state()).attachments).toEqual({});
  });

  test('a grant that is not there on reading back ends with 11, and is withdrawn', async () => {
    const scene = await openScene({ nodes: 1, config: { timeouts: { command: '5s' } } });
    // The storage server says yes and does nothing: another hand switches the export off at once.
    scene.mangle((answer, line) => {
      if (isExport(line)) void scene.setDisk('vol-1', 'nvme-tcp-export=no');
      return answer.replace('"nvme-tcp-export":true', '"nvme-tcp-export":false');
    });
    const outcome = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(outcome.code, outcome.stderr).toBe(11);
    expect(outcome.error()).toMatchObject({ code: 'UNVERIFIED', reason: 'NOT_VERIFIED' });
    expect((await scene.state()).attachments).toEqual({});
  });

  test('exports that show late are waited for', async () => {
    const scene = await openScene({ nodes: 1, readLagMs: 4000 });
    const outcome = await scene.run('attach', 'vol-1', 'node-1');
    expect(outcome.code, outcome.stderr).toBe(0);
    const gone = await scene.run('detach', 'vol-1');
    expect(gone.code, gone.stderr).toBe(0);
    expect(scene.sessions('vol-1')).toEqual([]);
  });

  test('a revoke that is refused keeps the claim', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    const { device } = scene.simulation.rds;
    const exec = device.exec.bind(device);
    device.exec = (line) => exec(line, ['ssh', 'read', 'test']);
    const outcome = await scene.run('detach', 'vol-1');
    device.exec = exec;
    expect(outcome.code).toBe(10);
    expect(outcome.stderr).toContain('stays claimed for node-1');
    expect((await scene.state()).attachments['rds1/vol-1']).toMatchObject({ phase: 'detaching' });
    expect((await scene.run('detach', 'vol-1')).code).toBe(0);
  });

  test('a disk that was removed meanwhile is told as not found', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.console('/disk remove [find where slot="vol-1"]');
    const outcome = await scene.run('detach', 'vol-1');
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toContain('vol-1');
  });
});

describe('a node that answers otherwise', () => {
  test.for([
    ['nothing', '', 0],
    ['a shell that is not there', 'sh: not found\n', 127],
    ['half a report', 'BEGIN 0123456789abcdef\n{"bootId":"x","clo', 0],
    ['a login banner only', 'Welcome to Debian\n', 0],
  ] as const)('%s to the first look ends with 10, and nothing is changed', async ([, reply, exit]) => {
    const scene = await openScene({ nodes: 1 });
    await scene.faults({ at: 'node-1', when: 'exec', do: 'reply', reply, exit });
    const outcome = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(outcome.code, outcome.stderr).toBe(10);
    expect(outcome.error()).toMatchObject({ code: 'REMOTE', reason: 'BAD_ANSWER' });
    expect(String(outcome.error()['message'])).toContain('Nothing was changed');
    expect(scene.stateBytes()).toBeNull();
  });

  test('garbage to the connect: the grant is withdrawn and the claim dropped', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.faults({ at: 'node-1', when: 'exec', skip: 1, times: 1, do: 'reply', reply: 'oops\n' });
    const outcome = await scene.run('attach', 'vol-1', 'node-1');
    expect(outcome.code).toBe(10);
    expect(outcome.stderr).toContain('vol-1 is attached nowhere');
    expect((await scene.state()).attachments).toEqual({});
    expect(scene.events().map(({ event }) => event)).toContain('export-off');
  });

  test('garbage to the disconnect: the export is not withdrawn, the claim stays', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.faults({ at: 'node-1', when: 'exec', skip: 1, times: 1, do: 'reply', reply: 'oops\n' });
    const outcome = await scene.run('detach', 'vol-1');
    expect(outcome.code).toBe(10);
    expect(outcome.stderr).toContain('stays claimed for node-1');
    expect(scene.events().map(({ event }) => event)).not.toContain('export-off');
  });

  test('sudo that wants a password ends with 10 and the line for sudoers', async () => {
    const scene = await openScene({
      nodes: 1,
      traits: { 'node-1': { sudo: false } },
      config: { nodes: { 'node-1': { sudo: true } } },
    });
    const outcome = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(outcome.code, outcome.stderr).toBe(10);
    expect(outcome.error()).toMatchObject({ reason: 'NOT_PERMITTED' });
    expect(outcome.stderr).toContain('NOPASSWD');
    expect(scene.stateBytes()).toBeNull();
  });

  test('sudo that needs none works all the way', async () => {
    const scene = await openScene({ nodes: 1, config: { nodes: { 'node-1': { sudo: true } } } });
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
    expect((await scene.run('detach', 'vol-1')).code).toBe(0);
  });

  test('a target that refuses the connect ends with 10, the kernel log tells why, and all is undone', async () => {
    const scene = await openScene({ nodes: 1 });
    // Between grant and connect somebody limits the export to another host.
    scene.mangle((answer, line) => {
      if (isExport(line)) {
        void scene.setDisk('vol-1', 'nvme-tcp-server-allow-host-name="nqn.2014-08.org.example:other"');
      }
      return answer;
    });
    const outcome = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(outcome.code, outcome.stderr).toBe(10);
    expect(outcome.error()).toMatchObject({ reason: 'CONNECT_REFUSED' });
    expect(String(outcome.error()['message'])).toMatch(/16772.*attached nowhere/s);
    expect((await scene.state()).attachments).toEqual({});
  });
});

describe('hosts that can not be reached', () => {
  test.for([
    ['rds1', 'refuse'],
    ['node-1', 'refuse'],
    ['rds1', 'hang'],
    ['node-1', 'hang'],
  ] as const)('%s: a connect with "%s" ends with 6, and nothing is changed', async ([at, how]) => {
    const scene = await openScene({ nodes: 1, config: { timeouts: { connect: '300ms' } } });
    await scene.faults({ at, when: 'connect', do: how });
    const outcome = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(outcome.code, outcome.stderr).toBe(6);
    expect(outcome.error()).toMatchObject({ code: 'UNREACHABLE', reason: 'CONNECT_FAILED' });
    expect(String(outcome.error()['message'])).toContain('Nothing was changed');
    expect(scene.stateBytes()).toBeNull();
  });

  test('a detach from a node that is down changes nothing and says to fence it', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.simulation.node('node-1').down();
    const before = { events: scene.events().length, state: scene.stateBytes() };
    const outcome = await scene.run('detach', 'vol-1');
    expect(outcome.code).toBe(6);
    expect(outcome.stderr).toMatch(/Nothing was changed: vol-1 may be in use on node-1/);
    expect(outcome.stderr).toContain('rdsctl fence node-1');
    expect({ events: scene.events().length, state: scene.stateBytes() }).toEqual(before);
  });

  test('an unknown host key ends with 6, the fingerprint, and how to accept it', async () => {
    const scene = await openScene({ nodes: 1 });
    scene.configure({ storageServers: { rds1: { knownHosts: `${scene.dir}/none` } } });
    const outcome = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(outcome.code).toBe(6);
    expect(outcome.error()).toMatchObject({ reason: 'HOST_KEY_UNKNOWN' });
    expect(outcome.stderr).toMatch(/SHA256:[A-Za-z0-9+/]{43}/);
    expect(outcome.stderr).toMatch(/hostKey|ssh-keyscan/);
  });

  test('another host key than the configured one ends with 6', async () => {
    const scene = await openScene({ nodes: 1 });
    const hostKey = `SHA256:${'A'.repeat(43)}`;
    scene.configure({ storageServers: { rds1: { knownHosts: null, hostKey } } });
    const outcome = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(outcome.code).toBe(6);
    expect(outcome.error()).toMatchObject({ reason: 'HOST_KEY_MISMATCH' });
  });
});
