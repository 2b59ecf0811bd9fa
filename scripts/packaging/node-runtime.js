// The Node that a package carries: the version and the checksums of packaging/node-runtime.json, had through npm.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../..');
const pinned = JSON.parse(readFileSync(path.join(root, 'packaging/node-runtime.json'), 'utf8'));

/** How Node calls what Debian calls amd64 and so on. */
export const NODE_ARCHITECTURES = { amd64: 'x64', arm64: 'arm64' };

/**
 * Gets the pinned Node for an architecture of Debian, from what an earlier build kept or through npm. Returns its
 * version, the paths of its program and its licence, and the program's SHA-256.
 * Throws when what came is not what was pinned.
 */
export function nodeRuntime(architecture) {
  const { package: name, integrity, sha256 } = pinned[architecture];
  const kept = path.join(root, 'node_modules/.cache/rdsctl-node-runtime');
  const directory = path.join(kept, `${name}-${pinned.version}-${sha256.slice(0, 16)}`);
  if (!existsSync(directory)) get(`${name}@${pinned.version}`, integrity, kept, directory);
  const program = path.join(directory, 'bin/node');
  const found = createHash('sha256').update(readFileSync(program)).digest('hex');
  if (found !== sha256) {
    throw new Error(
      `${program} has the SHA-256 ${found}, not ${sha256}: remove ${directory} and build again`,
    );
  }
  return { version: pinned.version, program, licence: path.join(directory, 'LICENSE'), sha256 };
}

/** Where it comes from is for npm's configuration to say; what it is, for the checksum. */
function get(spec, integrity, kept, directory) {
  mkdirSync(kept, { recursive: true });
  const temporary = mkdtempSync(path.join(kept, '.new-'));
  try {
    const pack = ['pack', spec, '--ignore-scripts', '--json', '--pack-destination', temporary];
    const [{ filename }] = JSON.parse(execFileSync('npm', pack, { encoding: 'utf8', cwd: temporary }));
    const archive = path.join(temporary, path.basename(filename));
    const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (found !== integrity)
      throw new Error(
        `${spec} is ${found}, not ${integrity} as packaging/node-runtime.json says: do not use it`,
      );
    const unpack = ['-xzf', archive, '-C', temporary, 'package/bin/node', 'package/LICENSE'];
    execFileSync('tar', [...unpack, '--no-same-owner']);
    rmSync(directory, { recursive: true, force: true });
    renameSync(path.join(temporary, 'package'), directory);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
