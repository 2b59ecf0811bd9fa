import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkConfigText } from '../../src/config/check-config.ts';
import { formatSource } from '../../src/config/effective-config.ts';
import { checkKeyFiles } from '../../src/config/key-files.ts';
import { loadConfig, type ConfigRequest } from '../../src/config/load-config.ts';
import { loadStateLocation } from '../../src/config/load-state-location.ts';
import { writtenForm } from '../../src/config/written-form.ts';
import { isReason } from '../../src/errors/rdsctl-error.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'rdsctl-config-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function config(text: string): string {
  const file = path.join(home, 'etc/c.yaml');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function request(file: string | undefined, state?: string): ConfigRequest {
  return {
    file,
    surroundings: { env: {}, cwd: home, home, uid: process.getuid?.() ?? 0 },
    state: state === undefined ? undefined : { value: state, source: { from: 'flag', name: '--state' } },
  };
}

const SECTION = `state:
  url: etcds://H1,h2:7/p
  path: ./local
  user: ann
  passwordFile: ./password
  caFile: ~/ca.pem
  certFile: cert.pem
  keyFile: /k.pem
`;

/** What of a location depends on where the configuration file stands. */
function files(): object {
  return {
    directory: `${home}/etc/local`,
    login: { user: 'ann', passwordFile: `${home}/etc/password` },
    tls: { caFile: `${home}/ca.pem`, certFile: `${home}/etc/cert.pem`, keyFile: '/k.pem' },
  };
}

describe('a state in etcd', () => {
  it('is where the section says, remembered or not, and the same for every command', async () => {
    const file = config(SECTION);
    const expected = {
      kind: 'etcd',
      url: 'etcds://h1:2379,h2:7/p',
      endpoints: ['https://h1:2379', 'https://h2:7'],
      prefix: '/p',
      ...files(),
    };
    for (let time = 0; time < 2; time += 1) expect(await loadStateLocation(request(file))).toEqual(expected);
    expect(loadConfig(request(file)).stateLocation).toEqual(expected);
  });

  it('that is named on the command line takes login and TLS from the file', async () => {
    const file = config(SECTION);
    const place = {
      kind: 'etcd',
      url: 'etcds://h9:2379/rdsctl',
      endpoints: ['https://h9:2379'],
      prefix: '/rdsctl',
    };
    for (const url of ['etcds://h9', 'etcds://ann@h9']) {
      expect(await loadStateLocation(request(file, url))).toEqual({ ...place, ...files() });
      expect(loadConfig(request(file, url)).stateLocation).toEqual({ ...place, ...files() });
    }
    expect(await loadStateLocation(request(file, 'etcd://h9'))).toMatchObject({ tls: null });
  });

  it('needs no configuration, but for a user', async () => {
    expect(await loadStateLocation(request(undefined, 'etcds://h1'))).toMatchObject({
      login: null,
      tls: { caFile: null, certFile: null, keyFile: null },
    });
    await expect(loadStateLocation(request(undefined, 'etcds://ann@h1'))).rejects.toThrow(
      'whose password no configuration has',
    );
  });

  it('gives nobody the password of another', async () => {
    const file = config(SECTION);
    const refused = await loadStateLocation(request(file, 'etcds://bob@h1')).catch((error: unknown) => error);
    expect(isReason(refused, 'BAD_ARGUMENT') && refused.message).toMatch(
      /bob, but the password .* is that of ann/,
    );
    const inUrl = config('state: { url: "etcds://ann@h1", passwordFile: p }');
    await expect(loadStateLocation(request(inUrl, 'etcds://bob@h1'))).rejects.toThrow('is that of ann');
    expect(await loadStateLocation(request(inUrl, 'etcds://h2'))).toMatchObject({ login: { user: 'ann' } });
  });

  it('a directory on the command line is a directory, whatever the file says', async () => {
    const file = config(SECTION);
    expect(await loadStateLocation(request(file, './s'))).toEqual({ kind: 'file', directory: `${home}/s` });
    const over = loadConfig(request(file, './s'));
    const effective = over.config;
    expect(effective.state).toMatchObject({ path: `${home}/s`, url: null, user: null, passwordFile: null });
    expect(formatSource(over.sourceOf(['state', 'path']))).toBe('--state');
  });

  it('a file that is not valid is not passed over for a URL', async () => {
    const file = config('state: { usr: x }');
    await expect(loadStateLocation(request(file, 'etcds://h1'))).rejects.toThrow('did you mean user?');
  });

  it.each(['http://h1', 'etcd://ann:hunter2@h1', 'etcd:h1'])(
    '%s on the command line: exit 2',
    async (url) => {
      const refused = await loadStateLocation(request(undefined, url)).catch((error: unknown) => error);
      expect(isReason(refused, 'BAD_ARGUMENT') && refused.exitCode).toBe(2);
      expect(JSON.stringify(refused) + String(refused)).not.toContain('hunter2');
    },
  );

  it('a memory that lacks a key of the section is not believed', async () => {
    const file = config(SECTION);
    await loadStateLocation(request(file));
    const [name = ''] = readdirSync(`${home}/.cache/rdsctl`);
    const memory = path.join(home, '.cache/rdsctl', name);
    const entry = JSON.parse(readFileSync(memory, 'utf8')) as Record<string, unknown>;
    delete entry['user'];
    writeFileSync(memory, JSON.stringify(entry));
    expect(await loadStateLocation(request(file))).toMatchObject(files());
  });
});

describe('what is shown and checked of it', () => {
  it('where each value came from; no user in the URL', () => {
    const file = config('state:\n  passwordFile: p\n  url: "etcds://ann@h1"\n');
    const plain = loadConfig(request(file));
    expect(writtenForm(plain.config)).toMatchObject({
      state: { url: 'etcds://h1:2379/rdsctl', user: 'ann', passwordFile: `${home}/etc/p` },
    });
    expect(formatSource(plain.sourceOf(['state', 'user']))).toBe(`${file}:3`);
    const over = loadConfig(request(file, 'etcd://h2'));
    expect(formatSource(over.sourceOf(['state', 'url']))).toBe('--state');
    expect(formatSource(over.sourceOf(['state', 'passwordFile']))).toBe(`${file}:2`);
  });

  it('secrets must be private, certificates only there', () => {
    const text = SECTION.replace('/k.pem', 'key.pem').replace('~/ca.pem', 'ca.pem');
    const file = config(text);
    const { document } = checkConfigText(text);
    const at = (name: string): string => path.join(home, 'etc', name);
    for (const name of ['password', 'ca.pem', 'cert.pem', 'key.pem']) {
      writeFileSync(at(name), 'x');
      chmodSync(at(name), 0o644);
    }
    const problems = (): string[] =>
      checkKeyFiles(loadConfig(request(file)).config, document).map(
        ({ line, message }) => `${line ?? '-'} ${message}`,
      );
    expect(problems()).toEqual([
      `5 ${at('password')} can be read by others (mode 0644): chmod 600 ${at('password')}`,
      `8 ${at('key.pem')} can be read by others (mode 0644): chmod 600 ${at('key.pem')}`,
    ]);
    chmodSync(at('password'), 0o600);
    chmodSync(at('key.pem'), 0o600);
    rmSync(at('ca.pem'));
    rmSync(at('cert.pem'));
    expect(problems()).toEqual([`6 ${at('ca.pem')} does not exist`, `7 ${at('cert.pem')} does not exist`]);
  });

  it('warns of a password without TLS', () => {
    const { warnings } = checkConfigText('state: { url: "etcd://ann@h1", passwordFile: p }');
    expect(warnings).toMatchObject([
      { key: 'state.url', message: expect.stringContaining('without TLS') as unknown },
    ]);
    expect(checkConfigText('state: { url: "etcds://ann@h1", passwordFile: p }').warnings).toEqual([]);
    expect(checkConfigText('state: { url: "etcd://h1" }').warnings).toEqual([]);
  });
});
