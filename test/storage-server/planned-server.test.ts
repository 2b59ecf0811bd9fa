import { describe, expect, it } from 'vitest';

import { NOBODY } from '../../src/attachment/host-nqn.ts';
import { plannedServer } from '../../src/storage-server/planned-server.ts';
import { changeScript } from '../../src/storage-server/scripts.ts';
import { aDisk, FakeServer } from '../fakes/fake-server.ts';

function setup() {
  const log: string[] = [];
  const real = new FakeServer('rds1', [aDisk(), aDisk({ slot: 'vol-2' })], (entry) => log.push(entry));
  const told: { line: string; changes: boolean }[] = [];
  const planned = plannedServer(
    {
      name: real.name,
      nvmeAddress: real.nvmeAddress,
      open: () => {
        real.open();
      },
      look: (slots) => real.look(slots),
      change: (changes) => real.change(changes),
      inFlight: (slots) => real.inFlight(slots),
      diagnose: () => real.diagnose(),
      lookAtFirewall: () => real.lookAtFirewall(),
      changeFirewall: (change) => real.changeFirewall(change),
      close: () => real.close(),
    },
    { nonce: () => 'n0', onCommand: (line, changes) => told.push({ line, changes }) },
  );
  return { real, planned, told, log };
}
const grant = {
  kind: 'grant' as const,
  slot: 'vol-1',
  expectComment: '',
  comment: 'tag',
  allow: 'host',
  pinNqn: null,
};
const revoke = { kind: 'revoke' as const, slot: 'vol-1', expectComment: 'tag', comment: 'tag 2' };

describe('a planned storage server', () => {
  it('looks for real and sends no change: it tells the very line', async () => {
    const { planned, told, log } = setup();
    await planned.look(['vol-1']);
    expect(await planned.change([grant])).toMatchObject([
      { ok: true, disk: { exported: true, allow: 'host', comment: 'tag' } },
    ]);
    expect(told).toEqual([{ line: changeScript([grant], 'n0'), changes: true }]);
    expect(log).toEqual(['rds1 look vol-1']);
  });

  it('shows from then on what it would have changed, and only that', async () => {
    const { planned } = setup();
    await planned.look('all');
    await planned.change([grant]);
    expect((await planned.look('all')).disks).toMatchObject([
      { slot: 'vol-1', exported: true, allow: 'host' },
      { slot: 'vol-2', exported: false, comment: '' },
    ]);
    await planned.change([revoke]);
    expect((await planned.look(['vol-1'])).disks).toMatchObject([
      { exported: false, allow: NOBODY, comment: 'tag 2' },
    ]);
  });

  it('takes what it cut for drained, and tells the question once', async () => {
    const { planned, told, log } = setup();
    expect(await planned.inFlight(['vol-1'])).toEqual(new Map([['vol-1', 0]]));
    await planned.inFlight(['vol-1']);
    expect(told).toMatchObject([{ changes: false }]);
    expect(log).toEqual([]);
  });

  it('has no outcome for a disk that it never saw', async () => {
    const { planned } = setup();
    expect(await planned.change([grant])).toMatchObject([{ ok: false, why: 'no-such-disk' }]);
  });
});
