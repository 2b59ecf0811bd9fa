import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BARE, hasCertificates, interleaved, root, timed } from './measure.js';
import { surroundings } from './start-up.js';

/** `list` is to be no slower than `kubectl version --client`: about 40 ms where an empty Node 20 takes 60. */
const LIMIT = 40 / 60;

/** Start-up of the Debian package with its own Node, against an empty Node of this machine. Needs dpkg-deb. */
export async function packaged(rounds) {
  const dir = mkdtempSync(path.join(tmpdir(), 'rdsctl-bench-'));
  try {
    const build = [path.join(root, 'scripts/package-deb.js'), '--out', dir];
    const deb = execFileSync(process.execPath, build, { encoding: 'utf8' }).trim();
    execFileSync('dpkg-deb', ['--extract', deb, dir]);
    const own = path.join(dir, 'usr/lib/rdsctl/node');
    const program = path.join(dir, 'usr/lib/rdsctl/bin/rdsctl');
    const few = await surroundings(path.join(dir, 'few'), 10);
    const many = await surroundings(path.join(dir, 'many'), 1000);
    const times = interleaved(
      {
        empty: () => timed(process.execPath, ['-e', '0']),
        ...(hasCertificates ? { bare: () => timed(process.execPath, ['-e', '0'], BARE) } : {}),
        own: () => timed(own, ['-e', '0']),
        version: () => timed(own, [program, '--version'], few),
        few: () => timed(own, [program, 'list'], few),
        many: () => timed(own, [program, 'list'], many),
      },
      rounds,
    );
    const row = (what, name, limit) => ({
      what,
      milliseconds: times[name],
      ratio: times[name] / times.empty,
      limit,
    });
    const isBaseline = process.version.startsWith('v20.');
    return {
      title: `The Debian package with its own Node, against \`node -e 0\` of Node ${process.version}`,
      baseline: { what: '`node -e 0`', milliseconds: times.empty },
      rows: [
        ...(hasCertificates ? [row('`node -e 0`, without NODE_EXTRA_CA_CERTS', 'bare', null)] : []),
        row("`node -e 0` of the package's Node", 'own', null),
        row('`rdsctl --version`', 'version', null),
        row('`rdsctl list`, 10 attachments', 'few', isBaseline ? LIMIT : null),
        row('`rdsctl list`, 1000 attachments', 'many', null),
      ],
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
