import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
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
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root, version } from './built.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'rdsctl-npm-test-'));
const prefix = path.join(dir, 'prefix');
const installed = path.join(prefix, 'lib/node_modules/rdsctl');
const home = path.join(dir, 'home');
// As on the machine of somebody who has nothing but Node.
const env = { PATH: `${prefix}/bin:${process.env['PATH'] ?? ''}`, HOME: home };
let packed: readonly string[] = [];

beforeAll(() => {
  mkdirSync(home);
  // With a dist/ of its own: the other tests use the one that is there.
  const source = path.join(dir, 'source');
  const tracked = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  mkdirSync(source);
  execFileSync(
    'cp',
    [
      '--parents',
      '-t',
      source,
      ...tracked.split('\0').filter((name) => existsSync(path.join(root, name)) && name !== ''),
    ],
    { cwd: root },
  );
  symlinkSync(path.join(root, 'node_modules'), path.join(source, 'node_modules'));
  const said = execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', dir], {
    cwd: source,
    encoding: 'utf8',
  });
  const [{ files, filename } = { files: [], filename: '' }] = JSON.parse(said.slice(said.indexOf('['))) as {
    files: { path: string }[];
    filename: string;
  }[];
  packed = files.map(({ path: file }) => file);
  execFileSync('npm', ['install', '--global', '--prefix', prefix, path.join(dir, filename)], {
    stdio: 'ignore',
  });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('the npm package', () => {
  it('holds what is needed and nothing else', () => {
    const tops = [...new Set(packed.map((file) => file.split('/')[0]))].sort();
    expect(tops).toEqual(
      [
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'bin',
        'completions',
        'contrib',
        'dist',
        'docs',
        'man',
        'package.json',
      ].sort(),
    );
    expect(packed.filter((file) => /\.map$|\.test\.|code-cache|bundled-packages/.test(file))).toEqual([]);
    for (const file of [
      'bin/rdsctl',
      'dist/cli/main.cjs',
      'dist/index.js',
      'dist/types/index.d.ts',
      'man/rdsctl.1',
    ])
      expect(packed).toContain(file);
    const { stdout } = spawnSync(
      'grep',
      ['-rlF', '-e', root, '-e', dir, '--exclude-dir=node_modules', installed],
      { encoding: 'utf8' },
    );
    expect(stdout).toBe('');
  });

  it('installs for everybody, without what only developers need', () => {
    expect(execFileSync('rdsctl', ['--version'], { env, encoding: 'utf8' }).trim()).toBe(version);
    expect(readdirSync(path.join(installed, 'node_modules'))).not.toContain('vitest');
    for (const file of [
      'man/rdsctl-attach.1',
      'completions/rdsctl.bash',
      'contrib/systemd/rdsctl-reconcile.timer',
    ])
      expect(readFileSync(path.join(installed, file), 'utf8')).not.toBe('');
  });

  it('lists, attaches and detaches, at a simulated storage server', () => {
    const round = 'rdsctl attach vol-1 node-1 && rdsctl list -o name && rdsctl detach vol-1';
    const said = execFileSync(
      'rdsctl',
      ['simulate', '--dir', path.join(dir, 'sim'), '--nodes', '1', '--volumes', '1', '--', 'sh', '-c', round],
      {
        env,
        encoding: 'utf8',
      },
    );
    expect(said.split('\n')).toContain('vol-1');
  });

  it('is a library whose types and values an embedding program gets', () => {
    const app = path.join(dir, 'app');
    mkdirSync(path.join(app, 'node_modules/@types'), { recursive: true });
    symlinkSync(installed, path.join(app, 'node_modules/rdsctl'));
    for (const types of ['node', 'undici-types']) {
      const to = types === 'node' ? '@types/node' : types;
      symlinkSync(path.join(root, 'node_modules', to), path.join(app, 'node_modules', to));
    }
    writeFileSync(path.join(app, 'package.json'), '{ "type": "module" }');
    writeFileSync(
      path.join(app, 'app.ts'),
      `import { AttachmentManager, EXIT_CODES, openEtcdStore, openFileStore, type Attachment, type StateStore } from 'rdsctl';
const holder = () => ({ who: 'app', host: 'here', pid: process.pid, command: 'app' });
const store = openFileStore({ directory: './state', backups: 1, stateLockTimeoutMs: 1000, holder });
const one: Attachment | null = await new AttachmentManager(store).getAttachment('rds1/vol-1');
const conflict: number = EXIT_CODES.CONFLICT;
const access = { endpoints: ['http://etcd1:2379'], prefix: '/rdsctl', location: 'etcd://etcd1/rdsctl', tls: null, login: null };
const shared: StateStore = openEtcdStore({ access, timeoutMs: 1000, holder });
await shared.close();
console.log(one === null, conflict);
`,
    );
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
    const strict = [
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--types',
      'node',
      '--skipLibCheck',
      'false',
    ];
    const compiled = spawnSync(process.execPath, [tsc, ...strict, '--outDir', 'out', 'app.ts'], {
      cwd: app,
      encoding: 'utf8',
    });
    expect(compiled.stdout).toBe('');
    // A type that does not fit is noticed: the types are really there.
    writeFileSync(
      path.join(app, 'wrong.ts'),
      `import { EXIT_CODES } from 'rdsctl';\nconst text: string = EXIT_CODES.CONFLICT;\nconsole.log(text);\n`,
    );
    const wrong = spawnSync(process.execPath, [tsc, ...strict, '--noEmit', 'wrong.ts'], {
      cwd: app,
      encoding: 'utf8',
    });
    expect(wrong.stdout).toContain('TS2322');
    expect(execFileSync(process.execPath, ['out/app.js'], { cwd: app, encoding: 'utf8' }).trim()).toBe(
      'true 4',
    );
  });
});
