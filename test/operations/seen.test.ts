import { describe, expect, it } from 'vitest';

import type { Use } from '../../src/operations/ports/node.ts';
import {
  describeUse,
  lookAtVolume,
  refuseInUse,
  sameAddress,
  standing,
  subsystemOf,
  usableDevice,
} from '../../src/operations/seen.ts';
import { aSubsystem } from '../fakes/fake-node.ts';
import { failure } from '../fakes/outcome.ts';
import { makeWorld } from '../fakes/world.ts';

const HERE = '10.77.0.1';
const controller = (state: string, address = HERE) => ({ name: 'nvme0', state, address, port: 4420 });
const stand = (...controllers: ReturnType<typeof controller>[]) =>
  standing(aSubsystem({ controllers }), HERE);

describe('standing', () => {
  it('none: no subsystem, or one without controllers (a ghost)', () => {
    expect(standing(null, HERE)).toBe('none');
    expect(stand()).toBe('none');
  });

  it('live: one live controller at that address is enough', () => {
    expect(stand(controller('live'))).toBe('live');
    expect(stand(controller('connecting'), controller('live'))).toBe('live');
  });

  it.each(['connecting', 'resetting', 'deleting', 'deleting (no IO)', 'new', 'dead', '', 'LIVE'])(
    'dead: only a controller that is %j',
    (state) => {
      expect(stand(controller(state))).toBe('dead');
    },
  );

  it('elsewhere: a controller at another address, live or not, beside others or not', () => {
    expect(stand(controller('live', '10.77.0.2'))).toBe('elsewhere');
    expect(stand(controller('connecting', '10.77.0.10'))).toBe('elsewhere');
    expect(stand(controller('live'), controller('connecting', '10.77.0.2'))).toBe('elsewhere');
    expect(stand(controller('live', ''))).toBe('elsewhere');
  });
});

describe('sameAddress', () => {
  it.each([
    ['10.77.0.1', '10.77.0.1', true],
    ['10.77.0.1', '10.77.0.10', false],
    ['fd00::1', 'FD00:0:0::0001', true],
    ['fd00::1', 'fd00:0000:0000:0000:0000:0000:0000:0001', true],
    ['fe80::1%eth0', 'fe80::1', true],
    ['fd00::1', 'fd00::2', false],
    ['fd00::1', '10.77.0.1', false],
    [':nonsense', ':nonsense', true],
    [':nonsense', ':other', false],
  ])('%s and %s: %s', (a, b, same) => {
    expect(sameAddress(a, b)).toBe(same);
    expect(sameAddress(b, a)).toBe(same);
  });
});

describe('what a node shows', () => {
  it('the subsystem by its whole NQN', () => {
    const view = {
      bootId: '',
      clock: 0,
      kernel: '',
      nvmeCli: null,
      nvmeTcp: true,
      hostNqnFile: null,
      hostIdFile: null,
      subsystems: [aSubsystem({ nqn: 'nqn.2000-02.com.mikrotik:vol-10' }), aSubsystem()],
    };
    expect(subsystemOf(view, 'nqn.2000-02.com.mikrotik:vol-1')?.nqn).toBe('nqn.2000-02.com.mikrotik:vol-1');
    expect(subsystemOf(view, 'nqn.2000-02.com.mikrotik:vol')).toBeNull();
  });

  it('a device only when there is exactly one that is certain', () => {
    const device = (path: string, usable: boolean) => ({ path, usable, sizeBytes: 1 });
    const found = (...devices: ReturnType<typeof device>[]) =>
      usableDevice(aSubsystem({ devices }))?.path ?? null;
    expect(found(device('/dev/nvme0n1', true))).toBe('/dev/nvme0n1');
    expect(found(device('/dev/nvme0n1', false), device('/dev/nvme0n2', true))).toBe('/dev/nvme0n2');
    expect(found(device('/dev/nvme0n1', true), device('/dev/nvme1n1', true))).toBeNull();
    expect(found(device('/dev/nvme0n1', false))).toBeNull();
    expect(found()).toBeNull();
    expect(usableDevice(null)).toBeNull();
  });
});

describe('refuseInUse', () => {
  const refuse = (...uses: Use[]) =>
    failure(() => {
      refuseInUse('vol-1', 'node-1', uses, 'rdsctl detach vol-1');
    });

  it('lets pass what is not in use', () => {
    refuseInUse('vol-1', 'node-1', [], 'x');
  });

  it.each([
    [{ kind: 'mount', what: '/srv/data' }, 'mounted on /srv/data'],
    [{ kind: 'swap', what: '/dev/nvme0n1' }, 'used as swap (/dev/nvme0n1)'],
    [{ kind: 'holder', what: 'dm-0 (vg0-data)' }, 'held by dm-0 (vg0-data)'],
    [{ kind: 'loop', what: '/dev/loop3' }, 'behind /dev/loop3'],
    [{ kind: 'process', what: 'dd (pid 7)' }, 'open in dd (pid 7)'],
    [
      { kind: 'exclusive', what: '/dev/nvme0n1' },
      'in use by the kernel (/dev/nvme0n1 can not be opened exclusively)',
    ],
    [{ kind: 'unknown', what: 'exit 124' }, 'perhaps in use (the test failed: exit 124)'],
  ] as const)('%j is said as "%s"', async (use, words) => {
    expect(describeUse(use)).toBe(words);
    const error = await refuse(use);
    expect(error).toMatchObject({ reason: 'DEVICE_IN_USE', exitCode: 7, now: 'Nothing was changed.' });
    expect(error.message).toBe(`vol-1 is in use on node-1: ${words}`);
  });

  it('does not tell the exclusive open beside what tells more, but never for nothing', async () => {
    const mount: Use = { kind: 'mount', what: '/srv' };
    const exclusive: Use = { kind: 'exclusive', what: '/dev/nvme0n1' };
    expect((await refuse(exclusive, mount)).message).toBe('vol-1 is in use on node-1: mounted on /srv');
    expect((await refuse(exclusive, mount)).details['uses']).toEqual([mount]);
    expect((await refuse(exclusive)).details['uses']).toEqual([exclusive]);
  });

  it('says how to end it, and what if the node is dead', async () => {
    const runs = (await refuse({ kind: 'mount', what: '/srv' })).hints.map(({ run }) => run);
    expect(runs).toEqual(['umount /srv', 'rdsctl fence node-1']);
    expect((await refuse({ kind: 'swap', what: 'x' })).hints[0]?.run).toBe('rdsctl detach vol-1');
  });
});

describe('lookAtVolume', () => {
  it('gives the disk, or says that there is none', async () => {
    const { context, server } = makeWorld();
    expect((await lookAtVolume(context, server, 'vol-1')).slot).toBe('vol-1');
    const error = await failure(lookAtVolume(context, server, 'vol-2'));
    expect(error).toMatchObject({ reason: 'NO_SUCH_VOLUME', exitCode: 3 });
    expect(error.message).toBe('no volume vol-2 on rds1');
  });
});
