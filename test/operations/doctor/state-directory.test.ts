import { describe, expect, it } from 'vitest';

import type { Check } from '../../../src/operations/doctor/check.ts';
import { checkStateDirectory } from '../../../src/operations/doctor/state-directory.ts';
import type { HereFacts, StateDirectoryFacts } from '../../../src/operations/ports/here.ts';
import { fileSystemOf } from '../../../src/state/file/diagnose.ts';

const PATH = '/var/lib/rdsctl';
const OWN = { path: PATH, mode: 0o700, uid: 990, kind: 'directory' } as const;

function found(over: Partial<StateDirectoryFacts> | string, id: string): Check[] {
  const directory: HereFacts['directory'] =
    typeof over === 'string'
      ? { failed: over }
      : {
          value: {
            path: PATH,
            exists: true,
            uid: 990,
            fileSystem: 'ext4',
            network: false,
            writable: true,
            locksWritable: true,
            files: [OWN],
            ...over,
          },
        };
  const here: HereFacts = {
    configFile: null,
    configWarnings: [],
    keyFiles: [],
    servers: null,
    directory,
    audit: { value: { whole: true, entries: 3, problems: [] } },
  };
  return checkStateDirectory(here, null).filter((check) => check.id === id);
}

describe('the file system of the state directory', () => {
  it.each([
    ['nfs', 0x6969],
    ['cifs', 0xff534d42],
    // As a system gives it whose numbers have a sign.
    ['cifs', 0xff534d42 - 2 ** 32],
    ['fuse', 0x65735546],
  ])('%s (%d): other hosts may have it too', (name, type) => {
    const system = fileSystemOf(type);
    expect(system).toEqual({ name, network: true });
    const [check, ...more] = found({ fileSystem: system.name, network: system.network }, 'state.file-system');
    expect(more).toEqual([]);
    expect(check).toMatchObject({
      severity: 'warning',
      host: 'here',
      subject: PATH,
      found: `is on a network file system (${name})`,
      fix: { on: 'here' },
    });
    expect(check?.why).toContain('the lock is one that can go stale');
  });

  it('in memory is gone after a reboot; one of a disk is in order; one nobody knows is not called bad', () => {
    expect(found({ fileSystem: fileSystemOf(0x01021994).name }, 'state.file-system')).toMatchObject([
      { severity: 'warning', found: 'is in memory (tmpfs)' },
    ]);
    expect(found(fileSystemNamed(0xef53), 'state.file-system')).toMatchObject([{ severity: 'ok' }]);
    expect(found(fileSystemNamed(0x1234), 'state.file-system')).toMatchObject([
      { severity: 'ok', found: 'on 0x1234' },
    ]);
  });

  it('that the system does not tell is "could not be checked", never in order', () => {
    expect(found({ fileSystem: null }, 'state.file-system')).toMatchObject([{ severity: 'unknown' }]);
    expect(found('EIO', 'state.directory')).toMatchObject([{ severity: 'unknown' }]);
  });
});

describe('who may touch the state', () => {
  it.each([
    [{ writable: false }, 'may not write it'],
    [{ locksWritable: false }, 'may not write its directory of locks'],
  ])('%j is an error with its fix', (over, words) => {
    const [check] = found(over, 'state.writable');
    expect(check).toMatchObject({ severity: 'error', fix: { run: `chown -R 990 ${PATH}` } });
    expect(check?.found).toContain(words);
  });

  it('a file of somebody else is told; what belongs to the owner of the directory is not, for root', () => {
    const files = [OWN, { path: `${PATH}/state.json`, mode: 0o600, uid: 1001, kind: 'file' } as const];
    expect(found({ files }, 'state.modes')).toMatchObject([
      { severity: 'info', subject: `${PATH}/state.json`, fix: { run: `chown 990 ${PATH}/state.json` } },
    ]);
    expect(found({ uid: 0, files: [OWN] }, 'state.modes')).toMatchObject([{ severity: 'ok' }]);
  });
});

function fileSystemNamed(type: number): Partial<StateDirectoryFacts> {
  const { name, network } = fileSystemOf(type);
  return { fileSystem: name, network };
}
