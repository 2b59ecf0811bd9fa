import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DiskSpec } from '../../../../src/simulator/routeros/device/disk-menu.ts';
import { makeDevice } from './fixture.ts';

const CAPTURES = join(import.meta.dirname, '../../../../../shared/routeros/captures');

const filler = (count: number): DiskSpec[] =>
  Array.from({ length: count }, (_, index) => ({ slot: `filler-${index}`, sizeBytes: 1024 }));

describe('print detail prints what devices printed', () => {
  const capture = (name: string): string => readFileSync(join(CAPTURES, name), 'utf8').trimEnd();

  test('an exported file (captures/disk-print-detail-lun-7.24.txt)', async () => {
    const { exec } = await makeDevice({
      version: '7.24',
      disks: [
        ...filler(31),
        {
          slot: 'vm-storage-001',
          sizeBytes: 1024 ** 4,
          filePath: '/raid10/vm-storage-001.img',
          more: {
            'nvme-tcp-export': true,
            'nvme-tcp-server-nqn': 'nqn.2026-09.com.mikrotik:rds2216.vm-storage-001',
          },
        },
      ],
    });
    expect(await exec('/disk print detail where slot="vm-storage-001"')).toBe(
      capture('disk-print-detail-lun-7.24.txt'),
    );
  });

  test('RAID disks (captures/disk-print-detail-raid-7.24.txt)', async () => {
    const bare = ['file-path', 'file-size', 'file-offset'];
    const raid: DiskSpec[] = [
      {
        slot: 'raid10',
        sizeBytes: 16_003_143_565_312,
        without: bare,
        more: {
          type: 'raid',
          'fs-label': 'ocp-storage',
          'fs-uuid': '40437dbc-2318-45dc-817b-b3bb95cf48ab',
          fs: 'xfs',
          model: 'RAID0 striped',
          free: 14_789_895_307_264n,
          'total-inodes': 1_562_806_656n,
          'free-inodes': 1_562_806_652n,
          use: '8%',
          'mount-point': 'raid10',
          'mount-filesystem': true,
          'raid-type': '0',
          'raid-device-count': 4n,
          'raid-max-component-size': 'none',
          'raid-chunk-size': '256K',
          state: 'clean',
          'raid-uuid': 'eadca0af-ecff031c-239758ad-951a47de',
        },
      },
      {
        slot: 'raid10-m0',
        sizeBytes: 4_000_786_153_472,
        without: bare,
        more: {
          type: 'raid',
          model: 'RAID1 mirrored',
          'mount-filesystem': false,
          'raid-type': '1',
          'raid-device-count': 2n,
          'raid-max-component-size': 'none',
          'raid-master': 'raid10',
          'raid-role': 0n,
          'raid-member-failed': false,
          'raid-member-state': '0:in_sync',
          state: 'clean',
          'raid-uuid': '5715669c-43873157-0ebaaa3a-7104d138',
        },
      },
    ];
    const { exec } = await makeDevice({ version: '7.24', disks: [...filler(26), ...raid] });
    const printed = await exec('/disk print detail where type=raid');
    expect(printed).toBe(capture('disk-print-detail-raid-7.24.txt'));
  });
});

describe('print as text', () => {
  test('the header is there when nothing matches (seen)', async () => {
    const { exec } = await makeDevice();
    expect(await exec('/disk print detail where slot="nope"')).toMatch(/^Flags:/);
  });

  test('a comment stands on its own line; lines end with CRLF', async () => {
    const { device } = await makeDevice();
    await device.exec('/disk set vol-1 comment="hello there"');
    const text = await device.exec('/disk print detail where slot="vol-1"');
    expect(text).toContain('\r\n0 B ;;; hello there\r\n    type=file slot="vol-1"');
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  test('a token that fits on no line is broken (seen)', async () => {
    const { exec } = await makeDevice();
    await exec(`/disk set vol-1 nvme-tcp-server-nqn="nqn.x:${'n'.repeat(400)}"`);
    const text = await exec('/disk print detail where slot="vol-1"');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBe(240);
    expect(text.replace(/\n +/g, '')).toContain(`"nqn.x:${'n'.repeat(400)}"`);
  });

  test('sizes: grouped digits when exact, one decimal when rounded', async () => {
    const { exec } = await makeDevice({ disks: [{ slot: 'a', sizeBytes: 1_500_000_000 }] });
    const text = await exec('/disk print detail');
    expect(text).toContain('size=1 500 000 000 ');
    expect(text).toContain('file-size=1.4GiB');
  });
});

test('settings: names right-aligned', async () => {
  const { exec } = await makeDevice();
  const text = await exec('/system/resource/print');
  expect(text).toMatch(/^ +uptime: /);
  expect(new Set(text.split('\n').map((line) => line.indexOf(':'))).size).toBe(1);
  expect(text).toContain('version: 7.21.5 (stable)\n');
  expect(await exec(':put [/system/resource/get version]')).toBe('7.21.5 (stable)');
  expect(await exec('/system identity print')).toBe('  name: rds1');
  expect(await exec(':put [/system/package get [find where name="rose-storage"] version]')).toBe('7.21.5');
});

test('/file print detail: names without a leading slash (seen)', async () => {
  const { exec } = await makeDevice();
  expect(await exec('/file print detail where name="raid1/vol-1.img"')).toContain('name="raid1/vol-1.img"');
  expect(await exec(':put [:len [/file find where name="/raid1/vol-1.img"]]')).toBe('0');
});
