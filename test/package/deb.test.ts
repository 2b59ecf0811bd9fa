import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDeb, built, json, root, theDeb, version } from './built.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'rdsctl-deb-test-'));
const tree = path.join(dir, 'tree');
const inTree = (file: string): string => path.join(tree, file);
const read = (file: string): string => readFileSync(inTree(file), 'utf8');
const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

let deb = '';
beforeAll(() => {
  deb = theDeb();
  execFileSync('dpkg-deb', ['--raw-extract', deb, tree]);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Pinned {
  readonly version: string;
  readonly amd64: { readonly sha256: string };
  readonly arm64: { readonly sha256: string };
}
const pinned = json('packaging/node-runtime.json') as Pinned;
const architecture = process.arch === 'x64' ? 'amd64' : 'arm64';

describe('the Debian package', () => {
  it('is what lintian takes for good, with the reasons for each exception beside it', () => {
    const { status, stdout } = spawnSync(
      'lintian',
      ['--allow-root', '--fail-on', 'error,warning', '--tag-display-limit', '0', deb],
      { encoding: 'utf8' },
    );
    expect(stdout.split('\n').filter((line) => /^[EW]:/.test(line))).toEqual([]);
    expect(status).toBe(0);
  });

  it('holds the Node that is pinned, byte for byte, and starts with it directly', () => {
    const node = inTree('usr/lib/rdsctl/node');
    expect(sha256(node)).toBe(pinned[architecture].sha256);
    expect(execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()).toBe(`v${pinned.version}`);
    for (const program of ['rdsctl', 'fence_rds'])
      expect(read(`usr/lib/rdsctl/bin/${program}`).split('\n')[0]).toBe('#!/usr/lib/rdsctl/node');
  });

  it('starts from a code cache that this Node takes, all of it', () => {
    const files = readdirSync(inTree('usr/lib/rdsctl/dist/cli')).filter((name) => name.endsWith('.cjs'));
    const caches = inTree(`usr/lib/rdsctl/dist/cli/code-cache/v${pinned.version}-${process.arch}`);
    expect(readdirSync(caches).sort()).toEqual(files.sort());
    const check = `
      const { Script } = require('node:vm');
      const fs = require('node:fs');
      const { wrapped } = require(${JSON.stringify(inTree('usr/lib/rdsctl/bin/rdsctl'))});
      for (const name of fs.readdirSync('.')) {
        const [text, options] = wrapped(name, fs.readFileSync('../../' + name, 'utf8'));
        const script = new Script(text, { ...options, cachedData: fs.readFileSync(name) });
        console.log(script.cachedDataRejected ? 'rejected' : 'taken');
      }`;
    const said = execFileSync(inTree('usr/lib/rdsctl/node'), ['-e', check], {
      cwd: caches,
      encoding: 'utf8',
    });
    expect(said.trim().split('\n')).toEqual(files.map(() => 'taken'));
  });

  it('names its files with their sums, and nothing of where it was built', () => {
    const sums = execFileSync('md5sum', ['--check', '--quiet', 'DEBIAN/md5sums'], {
      cwd: tree,
      encoding: 'utf8',
    });
    expect(sums).toBe('');
    const listed = read('DEBIAN/md5sums').trim().split('\n').length;
    const files = execFileSync('find', ['.', '-type', 'f', '-not', '-path', './DEBIAN/*'], {
      cwd: tree,
      encoding: 'utf8',
    });
    expect(listed).toBe(files.trim().split('\n').length);
    const { stdout } = spawnSync('grep', ['-rlF', root, tree], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });

  it('leaves the files of others and modes as they should be', () => {
    const lines = execFileSync('dpkg-deb', ['--contents', deb], { encoding: 'utf8' }).trim().split('\n');
    expect(lines.filter((line) => !line.includes(' root/root '))).toEqual([]);
    expect(lines.filter((line) => /^.....w|^........w/.test(line) && !line.startsWith('l'))).toEqual([]);
    const [etc] = lines.filter((line) => line.endsWith(' ./etc/rdsctl/'));
    expect(etc).toMatch(/^drwxr-x---/);
    // A file there would be a live configuration, and the administrator's.
    expect(readdirSync(inTree('etc/rdsctl'))).toEqual([]);
    expect(existsSync(inTree('usr/share/doc/rdsctl/examples/config.yaml'))).toBe(true);
  });

  it('brings the manual, the completions and the units of this version', () => {
    for (const page of readdirSync(path.join(root, 'man'))) {
      const file = inTree(`usr/share/man/man${path.extname(page).slice(1)}/${page}.gz`);
      expect(execFileSync('gzip', ['-dc', file])).toEqual(readFileSync(path.join(root, 'man', page)));
    }
    expect(read('usr/share/bash-completion/completions/rdsctl')).toContain('complete ');
    expect(read('usr/share/zsh/vendor-completions/_rdsctl')).toContain('#compdef rdsctl');
    expect(read('usr/share/fish/vendor_completions.d/rdsctl.fish')).toContain('complete ');
    expect(readdirSync(inTree('usr/lib/systemd/system')).sort()).toEqual(
      readdirSync(path.join(root, 'contrib/systemd')).sort(),
    );
    // Metrics go into a directory that another package makes: the service has to do without, too.
    const service = read('usr/lib/systemd/system/rdsctl-reconcile.service');
    expect(service).toMatch(/^ExecStart=\/usr\/bin\/rdsctl reconcile --timeout 10m$/m);
  });

  it('is of the version that package.json says', () => {
    const field = (name: string): string =>
      execFileSync('dpkg-deb', ['--field', deb, name], { encoding: 'utf8' }).trim();
    expect(field('Version')).toMatch(new RegExp(`^${version.replaceAll('.', '\\.')}-\\d+$`));
    expect(field('Architecture')).toBe(architecture);
  });
});

interface Component {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes: readonly { readonly alg: string; readonly content: string }[];
}
interface Sbom {
  readonly bomFormat: string;
  readonly serialNumber: string;
  readonly metadata: { readonly timestamp: string; readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

describe('the list of what is in the package', () => {
  const sbom = (): Sbom => JSON.parse(read('usr/share/doc/rdsctl/sbom.cdx.json')) as Sbom;

  it('names rdsctl, its Node with checksum, and each npm package that is in it', () => {
    const { bomFormat, serialNumber, metadata, components } = sbom();
    expect(bomFormat).toBe('CycloneDX');
    expect(serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(metadata.component.name).toBe('rdsctl');
    const names = components.map(({ name }) => name);
    const node = components.find(({ name }) => name === 'node');
    expect(node).toMatchObject({
      version: pinned.version,
      hashes: [{ alg: 'SHA-256', content: pinned[architecture].sha256 }],
    });
    // Two versions of one package are two.
    const inIt = (directory: string): string => {
      const { name, version: its } = json(`${directory}/package.json`) as { name: string; version: string };
      return `${name}@${its}`;
    };
    const bundled = (json('dist/bundled-packages.json') as string[]).map(inIt);
    const beside = readdirSync(inTree('usr/lib/rdsctl/node_modules'));
    expect(beside).toContain('fs-native-extensions');
    expect(names).toContain('ssh2');
    expect(components.map((one) => `${one.name}@${one.version}`).sort()).toEqual(
      [
        ...new Set([
          ...bundled,
          ...beside.map((one) => inIt(`node_modules/${one}`)),
          `node@${pinned.version}`,
        ]),
      ].sort(),
    );
    // Tools that only build it are not in it.
    expect(names).not.toContain('typescript');
  });

  it('refers to nothing that it does not name, and gives every licence', () => {
    const { components, dependencies } = sbom();
    const refs = dependencies.map(({ ref }) => ref);
    expect(dependencies.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !refs.includes(ref))).toEqual(
      [],
    );
    const copyright = read('usr/share/doc/rdsctl/copyright');
    for (const component of components.filter(({ name }) => name !== 'node'))
      expect(copyright).toContain(`\n${component.name} ${component.version}: `);
    expect(copyright).toContain(`\nNode.js ${pinned.version} `);
    expect(copyright).toContain('Copyright Node.js contributors');
  });

  it('stands beside the package, too', () => {
    const [beside = ''] = readdirSync(built).filter((name) => name.endsWith('.cdx.json'));
    expect(readFileSync(path.join(built, beside), 'utf8')).toBe(
      readFileSync(inTree('usr/share/doc/rdsctl/sbom.cdx.json'), 'utf8'),
    );
  });
});

/** The files of two directories that are not the same in both. */
function differing(one: string, other: string): string[] {
  const names = new Set([...readdirSync(one), ...readdirSync(other)]);
  const sum = (file: string) => (existsSync(file) ? sha256(file) : null);
  return [...names].filter((name) => sum(path.join(one, name)) !== sum(path.join(other, name)));
}

describe('building', () => {
  it('gives the same bytes in another place, at another time, for another user', () => {
    const elsewhere = path.join(dir, 'some where else');
    const tracked = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      encoding: 'utf8',
    });
    for (const file of tracked.split('\0').filter((name) => existsSync(path.join(root, name)) && name !== ''))
      cpSync(path.join(root, file), path.join(elsewhere, file));
    cpSync(path.join(root, 'node_modules'), path.join(elsewhere, 'node_modules'), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (file) => !file.startsWith(built) && !/node_modules\/\.rdsctl-/.test(file),
    });
    const env = {
      PATH: process.env['PATH'],
      HOME: path.join(dir, 'home'),
      TZ: 'Pacific/Kiritimati',
      LANG: 'C',
      NO_COLOR: '1',
    };
    const script = 'umask 077; node scripts/build.js && exec node scripts/package-deb.js --out "$0"';
    const out = path.join(dir, 'out');
    const other = execFileSync('sh', ['-c', script, out], { cwd: elsewhere, env, encoding: 'utf8' }).trim();
    expect(sha256(other)).toBe(sha256(deb));
  });

  it('gives the same code cache however busy the machine is', () => {
    const node = inTree('usr/lib/rdsctl/node');
    const caches = inTree(`usr/lib/rdsctl/dist/cli/code-cache/v${pinned.version}-${process.arch}`);
    const busy = Array.from({ length: 3 * availableParallelism() }, () =>
      spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
    );
    try {
      for (let round = 0; round < 6; round += 1) {
        const files = path.join(dir, `busy-${round}`);
        cpSync(inTree('usr/lib/rdsctl/dist/cli'), files, {
          recursive: true,
          filter: (file) => path.basename(file) !== 'code-cache',
        });
        execFileSync(node, [path.join(root, 'scripts/code-cache.js'), files, '--same-bytes']);
        const made = path.join(files, 'code-cache', path.basename(caches));
        expect(differing(made, caches)).toEqual([]);
      }
    } finally {
      for (const one of busy) one.kill('SIGKILL');
    }
  });

  it('refuses a Node that is not the one that was pinned', () => {
    const elsewhere = path.join(dir, 'tampered');
    for (const part of ['scripts', 'packaging', 'package.json', 'package-lock.json', 'bin'])
      cpSync(path.join(root, part), path.join(elsewhere, part), { recursive: true });
    const { [architecture]: one } = pinned;
    const name = `node-linux-${process.arch}-${pinned.version}-${one.sha256.slice(0, 16)}`;
    const kept = `node_modules/.cache/rdsctl-node-runtime/${name}`;
    cpSync(path.join(root, kept), path.join(elsewhere, kept), { recursive: true });
    execFileSync('sh', ['-c', `printf x >> "$0"`, path.join(elsewhere, kept, 'bin/node')]);
    expect(() => buildDeb(elsewhere, path.join(dir, 'never'))).toThrow();
    expect(existsSync(path.join(dir, 'never'))).toBe(false);
  });
});
