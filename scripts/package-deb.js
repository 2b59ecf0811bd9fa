// Builds the Debian package with a Node of its own: `npm run package:deb -- [--arch amd64|arm64] [--out DIR]`.
// The same source gives the same bytes: all times are $SOURCE_DATE_EPOCH, or that of the package's changelog.
// Needs dpkg-deb and gzip. Prints the package's path; the list of what it holds (CycloneDX) is put beside it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { contents } from './packaging/contents.js';
import { makeUniform, release, writeControl } from './packaging/debian-control.js';
import { layOut } from './packaging/debian-tree.js';
import { NODE_ARCHITECTURES, nodeRuntime } from './packaging/node-runtime.js';
import { sbom } from './packaging/sbom.js';

const { values } = parseArgs({ options: { arch: { type: 'string' }, out: { type: 'string' } } });
const architecture = values.arch ?? hostArchitecture();
if (!Object.hasOwn(NODE_ARCHITECTURES, architecture))
  throw new Error(`there is no Node for ${architecture}: amd64 or arm64`);
const out = path.resolve(values.out ?? path.join(path.dirname(import.meta.dirname), 'build'));

const { version, time } = release();
const runtime = nodeRuntime(architecture);
const { packages, native } = contents();
const sbomText = sbom({ packages, runtime, version, time });
const tree = mkdtempSync(path.join(tmpdir(), 'rdsctl-deb-'));
try {
  layOut(tree, { architecture, packages, native, runtime, sbomText });
  writeControl(tree, { version, architecture });
  makeUniform(tree, time);
  mkdirSync(out, { recursive: true });
  const file = path.join(out, `rdsctl_${version}_${architecture}`);
  // Higher levels save a tenth of the size and take five times as long.
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--build', tree, `${file}.deb`], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(time) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  writeFileSync(`${file}.cdx.json`, sbomText);
  console.log(`${file}.deb`);
} finally {
  rmSync(tree, { recursive: true, force: true });
}

function hostArchitecture() {
  return Object.keys(NODE_ARCHITECTURES).find((one) => NODE_ARCHITECTURES[one] === process.arch);
}
