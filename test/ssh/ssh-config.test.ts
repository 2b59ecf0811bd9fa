import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSshConfig, type SshConfigSettings } from '../../src/ssh/ssh-config.ts';
import { makeHome, run, writeFile } from './fixtures/workspace.ts';

function read(home: string, host: string, user: string | null = null): Promise<SshConfigSettings> {
  return readSshConfig(join(home, '.ssh/config'), home, { host, user, localUser: 'me' });
}

async function settingsOf(text: string, host: string): Promise<Record<string, string>> {
  const settings = await read(makeHome({ '.ssh/config': text }), host);
  return Object.fromEntries([...settings.first].map(([keyword, words]) => [keyword, words.join(' ')]));
}

/** The keywords that both sides are asked about, one value each. */
const KEYWORDS = ['hostname', 'port', 'user', 'proxyjump', 'hostkeyalias', 'identitiesonly', 'identityagent'];

/** What OpenSSH's own `ssh -G` makes of a file. */
function askOpenSsh(file: string, host: string): { one: Record<string, string>; identityFiles: string[] } {
  const one: Record<string, string> = {};
  const identityFiles: string[] = [];
  for (const line of run('ssh', ['-G', '-F', file, host]).split('\n')) {
    const [keyword = '', ...words] = line.split(' ');
    if (keyword === 'identityfile') identityFiles.push(words.join(' '));
    else if (KEYWORDS.includes(keyword)) one[keyword] = words.join(' ');
  }
  return { one, identityFiles };
}

const FILE = `
# general
IdentitiesOnly yes
Port=2200

Host rds? !rds9
  HostName %h.storage.example.org
  User operator
  IdentityFile /keys/a
Host "rds1" rds2
  Port 99
  User never
  IdentityFile "/keys/c d"
  ProxyJump gate,me@other:2222
Host gate *.inner
    HostName = 10.0.0.1
    HostKeyAlias	gateway
    IdentityAgent none
Match host *.storage.example.org
  HostKeyAlias by-host
Match originalhost gate,dmz user somebody
  HostKeyAlias never
Match !originalhost rds*,gate
  User others
Match all
  User last
Host *
  Port 1
  IdentityFile /keys/all
`;

test.each(['rds1', 'rds2', 'rds3', 'rds9', 'rds10', 'gate', 'dmz', 'a.inner', 'inner'])(
  'says the same as OpenSSH about %s',
  async (host) => {
    const home = makeHome({ '.ssh/config': FILE, empty: '' });
    const settings = await read(home, host);
    const expected = askOpenSsh(join(home, '.ssh/config'), host);
    const defaults = askOpenSsh(join(home, 'empty'), host);
    const ours = Object.fromEntries(
      KEYWORDS.map((keyword) => {
        const value = settings.first.get(keyword)?.join(' ') ?? defaults.one[keyword];
        return [keyword, keyword === 'hostname' ? value?.replaceAll('%h', host) : value];
      }),
    );
    expect(ours).toEqual(Object.fromEntries(KEYWORDS.map((keyword) => [keyword, expected.one[keyword]])));
    expect(settings.identityFiles).toEqual(expected.identityFiles);
  },
);

test('an included file is read where it stands, relative to ~/.ssh, in the order of names', async () => {
  const home = makeHome({
    '.ssh/config': 'Include conf.d/*.conf\nHost b\n  Include only-b\nHost *\n  Port 4\n',
    '.ssh/conf.d/2.conf': 'Port 2\nHost c\n  User from-2\n',
    '.ssh/conf.d/1.conf': 'Host b\n  Port 1\n',
    '.ssh/conf.d/.hidden.conf': 'User hidden\n',
    '.ssh/conf.d/3.txt': 'User other\n',
    '.ssh/only-b': 'User from-b\nHost a\n  User never\n',
  });
  const port = async (host: string): Promise<(string | undefined)[]> => {
    const { first } = await read(home, host);
    return [first.get('port')?.[0], first.get('user')?.[0]];
  };
  expect(await port('a')).toEqual(['2', undefined]);
  expect(await port('b')).toEqual(['1', 'from-b']);
  expect(await port('c')).toEqual(['2', 'from-2']);
});

test('a file that includes itself is refused', async () => {
  const home = makeHome({ '.ssh/config': 'Include config\n' });
  await expect(read(home, 'a')).rejects.toMatchObject({ reason: 'BAD_CONFIG', exitCode: 2 });
});

test('no command is ever run; blocks that need one are passed over and noted', async () => {
  const home = makeHome();
  const proof = join(home, 'was-run');
  const text = `Match exec "touch ${proof}"\n  User a\nMatch host x !exec "touch ${proof}"\n  User b\nMatch host y localnetwork 10.0.0.0/8\n  User c\nCanonicalizeHostname yes\nCanonicalDomains example.org\n`;
  const file = writeFile(join(home, '.ssh/config'), text);
  const settings = await read(home, 'x');
  expect(settings.first.get('user')).toBeUndefined();
  expect(settings.notes).toEqual([
    `"Match exec" in ${file} was passed over`,
    `"Match exec" in ${file} was passed over`,
  ]);
  expect(existsSync(proof)).toBe(false);
});

test('Match final and canonical, which need a second pass, do not apply', async () => {
  expect(
    await settingsOf('Match final\n  User a\nMatch canonical host x\n  User b\nMatch all\n  User c\n', 'x'),
  ).toMatchObject({
    user: 'c',
  });
});

test('the configured user is the one that Match sees', async () => {
  const home = makeHome({ '.ssh/config': 'Match user me\n  Port 1\nMatch user root\n  Port 2\n' });
  expect((await read(home, 'x', 'root')).first.get('port')).toEqual(['2']);
  expect((await read(home, 'x')).first.get('port')).toEqual(['1']);
});

test('no file, no settings; a file that can not be read or parsed is told', async () => {
  expect((await read(makeHome(), 'x')).first.size).toBe(0);
  await expect(read(makeHome({ '.ssh/config/x': '' }), 'x')).rejects.toMatchObject({ reason: 'BAD_CONFIG' });
  await expect(read(makeHome({ '.ssh/config': 'IdentityFile "open\n' }), 'x')).rejects.toMatchObject({
    reason: 'BAD_CONFIG',
  });
});
