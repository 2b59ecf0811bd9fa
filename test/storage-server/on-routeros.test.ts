import { describe, expect, it } from 'vitest';

import { NOBODY } from '../../src/attachment/host-nqn.ts';
import type { DiskChange } from '../../src/operations/ports/storage-server.ts';
import { RouterOsDevice } from '../../src/simulator/routeros/device/device.ts';
import { routerOsServer } from '../../src/storage-server/routeros-server.ts';
import { FakeConnection } from '../fakes/fake-connection.ts';
import { MemoryTarget } from '../fakes/memory-target.ts';

/** The lines, run by a simulated RouterOS: what they decide there and in which order they act. */

const HOST = 'nqn.2014-08.org.nvmexpress:uuid:6b1d4a3e-5c5e-4d9e-8f43-0a5b3c7d9e11';
const grant = (over: Partial<DiskChange & { kind: 'grant' }> = {}): DiskChange => ({
  kind: 'grant',
  slot: 'vol-1',
  expectComment: '',
  comment: 'tag 1',
  allow: HOST,
  pinNqn: null,
  ...over,
});
const revoke = (expectComment: string, comment: string): DiskChange => ({
  kind: 'revoke',
  slot: 'vol-1',
  expectComment,
  comment,
});

async function setup(version = '7.21.5', comment?: string) {
  const target = new MemoryTarget();
  const device = await RouterOsDevice.start({
    version,
    exportModel: target,
    disks: ['vol-1', 'vol-10'].map((slot) => ({
      slot,
      sizeBytes: 1 << 20,
      ...(comment === undefined ? {} : { comment }),
    })),
  });
  const server = routerOsServer({
    name: 'rds1',
    nvmeAddress: '10.77.0.1',
    user: 'rdsctl',
    connection: new FakeConnection(async (line) => ({ stdout: await device.exec(line) })),
    commandTimeoutMs: 30_000,
    mayTouch: () => true,
  });
  target.applied.splice(0);
  return { server, target };
}

describe.each(['7.17.1', '7.20.8', '7.21.5', '7.23.3'])('on RouterOS %s', (version) => {
  it('look, grant, revoke: read back each time', async () => {
    const { server } = await setup(version);
    const { disks, version: told } = await server.look(['vol-1']);
    expect(told).toContain(version);
    expect(disks).toMatchObject([{ slot: 'vol-1', exported: false, comment: '', sizeBytes: 1 << 20 }]);
    expect(await server.change([grant()])).toMatchObject([
      { ok: true, disk: { exported: true, allow: HOST, comment: 'tag 1' } },
    ]);
    expect(await server.change([revoke('tag 1', 'tag 2')])).toMatchObject([
      { ok: true, disk: { exported: false, allow: NOBODY, comment: 'tag 2' } },
    ]);
    expect(await server.inFlight(['vol-1'])).toEqual(new Map([['vol-1', 0]]));
  });
});

describe('the target', () => {
  it('never offers a volume to anybody but the new owner, nor to anybody while it is taken away', async () => {
    const { server, target } = await setup();
    await server.change([grant()]);
    for (const { exported, allow } of target.applied) if (exported) expect(allow).toBe(HOST);
    expect(target.applied.at(-1)).toMatchObject({ exported: true, allow: HOST });
    target.applied.splice(0);
    await server.change([revoke('tag 1', 'tag 2')]);
    // Shut out first, then cut: a host in its reconnect loop must not come back in between.
    expect(target.applied.find(({ exported }) => !exported)?.allow).toBe(NOBODY);
    expect(target.applied[0]).toMatchObject({ exported: true, allow: NOBODY });
    expect(target.applied.at(-1)).toMatchObject({ exported: false, allow: NOBODY });
  });
});

describe('a change that is refused there', () => {
  it.each([
    ['another comment', grant({ expectComment: 'tag 0' }), 'comment-changed'],
    ['a comment that is longer', grant({ expectComment: ' ' }), 'comment-changed'],
    ['no such disk', grant({ slot: 'vol-2' }), 'no-such-disk'],
    ['a slot that is the beginning of one', grant({ slot: 'vol-' }), 'no-such-disk'],
    [
      'not exported, so nobody can be admitted',
      { kind: 'admit', slot: 'vol-1', expectComment: '', comment: 'x', allow: '' } as const,
      'not-exported',
    ],
  ])('%s: nothing is changed', async (_what, change, why) => {
    const { server, target } = await setup();
    const before = (await server.look('all')).disks;
    expect(await server.change([change])).toMatchObject([{ ok: false, why }]);
    expect((await server.look('all')).disks).toEqual(before);
    expect(target.applied).toEqual([]);
  });

  it('a grant of what is exported', async () => {
    const { server } = await setup();
    await server.change([grant()]);
    expect(
      await server.change([grant({ expectComment: 'tag 1', comment: 'tag 2', allow: 'other' })]),
    ).toMatchObject([{ ok: false, why: 'exported' }]);
    expect((await server.look(['vol-1'])).disks).toMatchObject([{ comment: 'tag 1', allow: HOST }]);
  });

  it('leaves the other changes of the line alone', async () => {
    const { server } = await setup();
    const outcomes = await server.change([grant({ expectComment: 'no' }), grant({ slot: 'vol-10' })]);
    expect(outcomes).toMatchObject([
      { slot: 'vol-1', ok: false, why: 'comment-changed' },
      { slot: 'vol-10', ok: true, disk: { slot: 'vol-10', exported: true } },
    ]);
  });

  it('sent twice is let through once', async () => {
    const { server } = await setup();
    expect(await server.change([grant()])).toMatchObject([{ ok: true }]);
    expect(await server.change([grant()])).toMatchObject([{ ok: false, why: 'comment-changed' }]);
  });
});

describe('a comment of the user', () => {
  it.each([
    'plain',
    'with "quotes", $dollars, \\backslashes\\ and [brackets]; {braces} # hash',
    '$[/disk remove 0]',
    'gr\u00c3\u00bc\u00c3\u009fe (bytes of UTF-8)',
    'OK c0ffee',
    'tab\tand question?',
  ])('%j is compared and kept exactly', async (comment) => {
    const { server } = await setup('7.21.5', comment);
    const [disk] = (await server.look(['vol-1'])).disks;
    expect(disk?.comment).toBe(comment);
    expect(
      await server.change([grant({ expectComment: comment, comment: `${comment} [tag]` })]),
    ).toMatchObject([{ ok: true, disk: { comment: `${comment} [tag]` } }]);
  });
});
