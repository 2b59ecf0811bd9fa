import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';

import type { OwnedFile, StateDirectoryFacts } from '../../operations/ports/here.ts';
import { backupsPath, locksPath } from './paths.ts';
import { namesIn } from './temporary-file.ts';

/** File systems by the number that statfs(2) gives; `network`: other hosts may have it mounted too. */
const FILE_SYSTEMS: ReadonlyMap<number, { readonly name: string; readonly network: boolean }> = new Map([
  [0x6969, { name: 'nfs', network: true }],
  [0x517b, { name: 'smb', network: true }],
  [0xff534d42, { name: 'cifs', network: true }],
  [0xfe534d42, { name: 'smb2', network: true }],
  [0x00c36400, { name: 'ceph', network: true }],
  [0x01021997, { name: '9p', network: true }],
  [0x5346414f, { name: 'afs', network: true }],
  [0x73757245, { name: 'coda', network: true }],
  [0x0bd00bd0, { name: 'lustre', network: true }],
  [0x01161970, { name: 'gfs2', network: true }],
  [0x7461636f, { name: 'ocfs2', network: true }],
  [0x47504653, { name: 'gpfs', network: true }],
  // sshfs, glusterfs and s3fs look all alike.
  [0x65735546, { name: 'fuse', network: true }],
  [0xef53, { name: 'ext4', network: false }],
  [0x58465342, { name: 'xfs', network: false }],
  [0x9123683e, { name: 'btrfs', network: false }],
  [0x2fc12fc1, { name: 'zfs', network: false }],
  [0xf2f52010, { name: 'f2fs', network: false }],
  [0x794c7630, { name: 'overlayfs', network: false }],
  [0x01021994, { name: 'tmpfs', network: false }],
]);

/** What the number of a file system means. */
export function fileSystemOf(type: number): { readonly name: string; readonly network: boolean } {
  // Some systems give it as a negative number of 32 bits.
  const number = type < 0 ? type + 2 ** 32 : type;
  return FILE_SYSTEMS.get(number) ?? { name: `0x${number.toString(16)}`, network: false };
}

/** Looks at a state directory. Changes nothing. @throws what the system refuses */
export async function diagnoseDirectory(directory: string, uid: number): Promise<StateDirectoryFacts> {
  const base = { path: directory, uid };
  if (!existsSync(directory)) {
    return {
      ...base,
      exists: false,
      fileSystem: null,
      network: false,
      writable: true,
      locksWritable: true,
      files: [],
    };
  }
  const system = await statfs(directory).then(
    ({ type }) => fileSystemOf(type),
    () => null,
  );
  const locks = locksPath(directory);
  return {
    ...base,
    exists: true,
    fileSystem: system?.name ?? null,
    network: system?.network ?? false,
    writable: mayWrite(directory),
    locksWritable: !existsSync(locks) || mayWrite(locks),
    files: filesOf(directory),
  };
}

function filesOf(directory: string): OwnedFile[] {
  const ours = (name: string): boolean =>
    /^(?:state\.json|lineage|backups|locks|audit\.jsonl(?:\.\d+)?|fence-proof-.+\.json)$/.test(name);
  const backups = backupsPath(directory);
  return [
    directory,
    ...namesIn(directory)
      .filter(ours)
      .sort()
      .map((name) => join(directory, name)),
    ...namesIn(backups)
      .sort()
      .map((name) => join(backups, name)),
  ].flatMap((path) => {
    const status = statSync(path, { throwIfNoEntry: false });
    if (status === undefined) return []; // removed meanwhile
    const kind = status.isDirectory() ? ('directory' as const) : ('file' as const);
    return [{ path, mode: status.mode & 0o777, uid: status.uid, kind }];
  });
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
