import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactCommand } from '../../src/audit/redact.ts';
import { currentOrigin, currentWho, whoText, type WhoSources } from '../../src/audit/who.ts';

function sources(more: Partial<WhoSources>): WhoSources {
  return { env: {}, uid: 0, userName: () => 'root', parentPid: 10, environmentOf: () => null, ...more };
}

describe('who it was', () => {
  it('is the user', () => {
    expect(currentWho(sources({}))).toEqual({ user: 'root', uid: 0, sudoUser: null, sshOrigin: null });
    expect(currentWho(sources({ uid: 1234, userName: () => null })).user).toBe('uid 1234');
  });

  it('is the one who used sudo, from where he logged in', () => {
    const who = currentWho(
      sources({ env: { SUDO_USER: 'ops', SSH_CONNECTION: '192.0.2.7 51234 192.0.2.1 22' } }),
    );
    expect(who).toMatchObject({ sudoUser: 'ops', sshOrigin: '192.0.2.7' });
    expect(whoText(who)).toBe('ops from 192.0.2.7');
  });

  it.each([
    [{ SSH_CLIENT: '2001:db8::7 51234 22' }, '2001:db8::7'],
    [{ SSH_CONNECTION: 'fe80::1%eth0 1 fe80::2%eth0 22' }, 'fe80::1%eth0'],
    [{ SSH_CONNECTION: '$(reboot) 1 2 3' }, null],
    [{ SSH_CONNECTION: '' }, null],
  ])('came from %j: %s', (env, origin) => {
    expect(currentWho(sources({ env })).sshOrigin).toBe(origin);
  });

  it('came from where a process above came from, as under sudo', () => {
    const processes: Record<number, { parentPid: number; env: string }> = {
      10: { parentPid: 9, env: 'PATH=/bin\0HOME=/root\0' },
      9: { parentPid: 8, env: 'PATH=/bin\0SSH_CONNECTION=192.0.2.7 51234 192.0.2.1 22\0' },
    };
    const found = currentWho(sources({ environmentOf: (pid) => processes[pid] ?? null }));
    expect(found.sshOrigin).toBe('192.0.2.7');
    const endless = sources({
      environmentOf: (pid) => ({ parentPid: pid, env: 'XSSH_CONNECTION=192.0.2.7 1\0' }),
    });
    expect(currentWho(endless).sshOrigin).toBeNull();
  });

  it('is not a name that could be mistaken', () => {
    for (const name of ['', 'a b', 'x\nroot', '-rf', '$HOME'])
      expect(currentWho(sources({ env: { SUDO_USER: name } })).sudoUser).toBeNull();
  });

  it('is told of this process', () => {
    expect(currentOrigin(['list'])).toMatchObject({ pid: process.pid, command: 'rdsctl list' });
  });
});

describe('a command line that is kept', () => {
  it.each([
    [['attach', 'vol-1', 'node-1'], 'rdsctl attach vol-1 node-1'],
    [['attach', '--reason', 'disk is full'], "rdsctl attach --reason 'disk is full'"],
    [['list', '--password', 'hunter2', '-o', 'json'], 'rdsctl list --password *** -o json'],
    [['list', '--etcd-password=hunter2'], 'rdsctl list --etcd-password=***'],
    [['list', '--token', '--wide'], 'rdsctl list --token --wide'],
    [['--state', 'etcd://ann:hunter2@h1,h2/p'], 'rdsctl --state etcd://ann:***@h1,h2/p'],
    [['--state=etcd://hunter2@h1/p'], 'rdsctl --state=etcd://***@h1/p'],
    [
      ['--state', 'etcd://ann:a@b@h1/p?password=hunter2&x=1'],
      "rdsctl --state 'etcd://ann:***@h1/p?password=***&x=1'",
    ],
    [["it's", 'a\nb\x1b[31m', ''], String.raw`rdsctl 'it'\''s' 'a\x0ab\x1b[31m' ''`],
    [['move', '--', '-x'], 'rdsctl move -- -x'],
  ])('%j', (argv, expected) => {
    expect(redactCommand(argv)).toBe(expected);
  });

  it('is one line of bounded length, whatever is given', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 500 })), (argv) => {
        const command = redactCommand(argv);
        expect(command.length).toBeLessThanOrEqual(2001);
        // eslint-disable-next-line no-control-regex -- they are what must not be there
        expect(command).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/);
      }),
    );
  });
});
