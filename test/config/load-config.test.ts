import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkKeyFiles } from '../../src/config/key-files.ts';
import { formatSource } from '../../src/config/effective-config.ts';
import { loadConfig, parseConfig, type ConfigRequest } from '../../src/config/load-config.ts';
import { loadStateLocation } from '../../src/config/load-state-location.ts';
import type { Surroundings } from '../../src/config/state-location.ts';
import { isReason } from '../../src/errors/rdsctl-error.ts';

let home: string;
let surroundings: Surroundings;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'rdsctl-config-'));
  surroundings = { env: {}, cwd: home, home, uid: process.getuid?.() ?? 0 };
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = path.join(home, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function request(more: Partial<ConfigRequest> = {}): ConfigRequest {
  return { file: undefined, surroundings, ...more };
}

function reasonOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Error && 'reason' in error) return String(error.reason);
    throw error;
  }
  return 'nothing was thrown';
}

describe('finding the configuration', () => {
  it('takes --config over RDSCTL_CONFIG over the default places', () => {
    write('.config/rdsctl/config.yaml', 'backups: 1');
    expect(loadConfig(request()).config.backups).toBe(1);
    write('xdg/rdsctl/config.yaml', 'backups: 2');
    surroundings = { ...surroundings, env: { XDG_CONFIG_HOME: path.join(home, 'xdg') } };
    expect(loadConfig(request()).config.backups).toBe(2);
    write('variable.yaml', 'backups: 3');
    surroundings = { ...surroundings, env: { RDSCTL_CONFIG: '~/variable.yaml' } };
    expect(loadConfig(request()).config.backups).toBe(3);
    write('flag.yaml', 'backups: 4');
    expect(loadConfig(request({ file: 'flag.yaml' })).config.backups).toBe(4);
  });

  it('does not go on to the default places when a named file is missing', () => {
    write('.config/rdsctl/config.yaml', 'backups: 1');
    surroundings = { ...surroundings, env: { RDSCTL_CONFIG: 'missing.yaml' } };
    expect(reasonOf(() => loadConfig(request()))).toBe('NO_CONFIG');
  });

  it('says where it looked when there is none', () => {
    expect(() => loadConfig(request())).toThrow(/\.config\/rdsctl\/config\.yaml and \/etc\/rdsctl/);
  });

  it('says so when a default place can not be looked at, and does not pass over it', () => {
    // Root may enter everything; nobody gets through a link that leads to itself.
    mkdirSync(path.join(home, '.config'));
    symlinkSync('rdsctl', path.join(home, '.config/rdsctl'));
    expect(reasonOf(() => loadConfig(request()))).toBe('BAD_CONFIG');
    expect(() => loadConfig(request())).toThrow(/can not read .*\/\.config\/rdsctl\/config\.yaml/);
  });

  it('refuses a directory and what is not text', () => {
    mkdirSync(path.join(home, 'directory'));
    expect(() => loadConfig(request({ file: 'directory' }))).toThrow('is a directory');
    writeFileSync(path.join(home, 'bytes'), Buffer.from([0x62, 0xff, 0xfe]));
    expect(() => loadConfig(request({ file: 'bytes' }))).toThrow('not UTF-8');
    expect(reasonOf(() => loadConfig(request({ file: 'bytes' })))).toBe('BAD_CONFIG');
  });

  it('puts every problem in the error, with file and line', () => {
    const file = write('c.yaml', 'bakups: 1\ntimeouts: { lock: 5 }');
    try {
      loadConfig(request({ file }));
      expect.unreachable();
    } catch (error) {
      if (!isReason(error, 'BAD_CONFIG')) throw error;
      expect(error.exitCode).toBe(2);
      expect(error.message).toMatch(/2 errors\n.*c\.yaml:1: bakups .*backups\?\n.*c\.yaml:2: timeouts\.lock/);
      expect(error.details['problems']).toMatchObject([{ file, line: 1, key: 'bakups' }, { line: 2 }]);
    }
  });
});

describe('the effective configuration', () => {
  it('has every default', () => {
    const file = write(
      'c.yaml',
      'storageServers: { r: { host: 10.0.0.1 } }\nnodes: { n: {}, here: { transport: local } }',
    );
    const { config } = loadConfig(request({ file }));
    expect(config).toEqual({
      storageServers: {
        r: {
          host: '10.0.0.1',
          port: null,
          user: 'rdsctl',
          identityFile: null,
          hostKey: null,
          knownHosts: null,
          verifyHostKey: true,
          nvme: { address: '10.0.0.1', port: 4420 },
          volumes: ['*'],
          sharedExport: 'never',
        },
      },
      nodes: {
        n: expect.objectContaining({
          transport: 'ssh',
          host: 'n',
          port: null,
          user: null,
          sudo: false,
        }) as unknown,
        here: expect.objectContaining({ transport: 'local', host: null }) as unknown,
      },
      nvme: { ctrlLossTmo: 600_000, reconnectDelay: 10_000, keepAliveTmo: 5000, fastIoFailTmo: 5000 },
      fence: { settle: 2000, drainTimeout: 60_000, firewall: false },
      timeouts: { connect: 10_000, command: 30_000, device: 15_000, lock: 30_000, lease: 30_000 },
      state: {
        path: surroundings.uid === 0 ? '/var/lib/rdsctl' : `${home}/.local/state/rdsctl`,
        url: null,
        user: null,
        passwordFile: null,
        caFile: null,
        certFile: null,
        keyFile: null,
      },
      backups: 10,
    });
  });

  it('starts relative paths at the file, and ~ at the home directory', () => {
    const file = write(
      'deep/c.yaml',
      'storageServers: { r: { host: 10.0.0.1, identityFile: ~/key, knownHosts: ./kh } }\nstate: { path: state }',
    );
    const { config } = loadConfig(request({ file }));
    expect(config.storageServers['r']).toMatchObject({
      identityFile: `${home}/key`,
      knownHosts: `${home}/deep/kh`,
    });
    expect(config.state.path).toBe(`${home}/deep/state`);
  });

  it('says where each value came from', () => {
    const file = write('c.yaml', '\ntimeouts:\n  lock: 5s\nnodes:\n  a.b: { sudo: true }\n');
    const plain = loadConfig(request({ file }));
    expect(formatSource(plain.sourceOf(['timeouts', 'lock']))).toBe(`${file}:3`);
    expect(formatSource(plain.sourceOf(['nodes', 'a.b', 'sudo']))).toBe(`${file}:5`);
    expect(formatSource(plain.sourceOf(['timeouts', 'device']))).toBe('default');
    const over = loadConfig(
      request({
        file,
        lockTimeout: { value: 1000, source: { from: 'flag', name: '--lock-timeout' } },
        state: { value: './s', source: { from: 'variable', name: 'RDSCTL_STATE' } },
      }),
    );
    expect(over.config.timeouts.lock).toBe(1000);
    expect(formatSource(over.sourceOf(['timeouts', 'lock']))).toBe('--lock-timeout');
    expect(over.config.state.path).toBe(`${home}/s`);
    expect(formatSource(over.sourceOf(['state', 'path']))).toBe('RDSCTL_STATE');
  });
});

describe('where the state is', () => {
  const state = (value: string): ConfigRequest =>
    request({ state: { value, source: { from: 'flag', name: '--state' } } });

  it('needs no configuration when it is said', async () => {
    const directory = `${home}/s`;
    for (const value of ['s', './s', '~/s', `${home}/s`, 's/state.json']) {
      expect(await loadStateLocation(state(value))).toEqual({ kind: 'file', directory });
    }
  });

  it('is the same whether it is remembered or not, and never stale', async () => {
    const file = write('c.yaml', 'state: { path: ./one }');
    for (let time = 0; time < 3; time += 1) {
      expect(await loadStateLocation(request({ file }))).toMatchObject({ directory: `${home}/one` });
    }
    expect(readdirSync(`${home}/.cache/rdsctl`)).toHaveLength(1);
    write('c.yaml', 'state: { path: ./two }');
    expect(await loadStateLocation(request({ file }))).toMatchObject({ directory: `${home}/two` });
    write('c.yaml', 'state: { path: ./two }\nbackup: 1');
    await expect(loadStateLocation(request({ file }))).rejects.toThrow('did you mean backups?');
    write('c.yaml', 'backups: 1');
    expect(await loadStateLocation(request({ file }))).toEqual({
      kind: 'file',
      directory: surroundings.uid === 0 ? '/var/lib/rdsctl' : `${home}/.local/state/rdsctl`,
    });
  });

  it('does not trust a memory that others may write, or that is damaged', async () => {
    const file = write('c.yaml', 'state: { path: ./one }');
    await loadStateLocation(request({ file }));
    const [name = ''] = readdirSync(`${home}/.cache/rdsctl`);
    const memory = path.join(home, '.cache/rdsctl', name);
    const forged = (text: string): void => writeFileSync(memory, text);
    const { text, version } = JSON.parse(readFileSync(memory, 'utf8')) as Record<'text' | 'version', string>;
    const section = {
      url: null,
      user: null,
      passwordFile: null,
      caFile: null,
      certFile: null,
      keyFile: null,
    };
    forged(JSON.stringify({ version, text, path: '/elsewhere', ...section }));
    chmodSync(memory, 0o600);
    expect(await loadStateLocation(request({ file }))).toMatchObject({ directory: '/elsewhere' });
    chmodSync(memory, 0o666);
    expect(await loadStateLocation(request({ file }))).toMatchObject({ directory: `${home}/one` });
    const entries = [
      { version, text, path: 5, ...section },
      { version: '0.0.1', text, path: '/elsewhere', ...section },
      { text, path: '/elsewhere', ...section },
    ];
    for (const junk of ['', '{', '[]', ...entries.map((entry) => JSON.stringify(entry))]) {
      forged(junk);
      expect(await loadStateLocation(request({ file }))).toMatchObject({ directory: `${home}/one` });
    }
  });

  it('works where nothing can be remembered', async () => {
    const file = write('c.yaml', 'state: { path: ./one }');
    writeFileSync(path.join(home, '.cache'), 'a file in the way');
    expect(await loadStateLocation(request({ file }))).toMatchObject({ directory: `${home}/one` });
  });
});

describe('key files', () => {
  it('must be there and be private', () => {
    const key = write('key', 'secret');
    const text =
      'storageServers:\n  r:\n    host: 10.0.0.1\n    identityFile: ./key\nnodes: { n: { identityFile: ./no } }';
    const file = write('c.yaml', text);
    const problems = (): string[] => {
      const { checked } = parseConfig(file, text);
      return checkKeyFiles(loadConfig(request({ file })).config, checked.document).map(
        ({ line, message }) => `${line ?? '-'} ${message}`,
      );
    };
    chmodSync(key, 0o644);
    expect(problems()).toEqual([
      `4 ${key} can be read by others (mode 0644): chmod 600 ${key}`,
      `5 ${home}/no does not exist`,
    ]);
    chmodSync(key, 0o600);
    expect(problems()).toHaveLength(1);
  });
});
