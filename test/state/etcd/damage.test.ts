import { describe, expect, it, onTestFinished } from 'vitest';
import type { RdsctlError } from '../../../src/errors/rdsctl-error.ts';
import { openEtcdStore } from '../../../src/state/etcd/etcd-store.ts';
import { sampleBody } from '../samples.ts';
import { EtcdServer } from './etcd-server.ts';
import { accessTo, optionsFor } from './fixture.ts';
import { etcdPlace } from './place.ts';
import { RawKeys } from './raw.ts';

const place = etcdPlace();
const { open } = place;

async function changeValue(pattern: RegExp, change: (value: string) => string): Promise<void> {
  const [name = ''] = await place.raw.names(pattern);
  await place.raw.put(name, change((await place.raw.all()).get(name)?.value ?? ''));
}

const field = (name: string, value: unknown) => () =>
  place.raw.changeMeta((meta) => ({ ...meta, [name]: value }));

const DAMAGES: [string, () => Promise<void>, RegExp][] = [
  ['the meta key is missing', () => place.raw.delete('state/meta'), /state\/meta is damaged: it is missing/],
  ['the meta key is empty', () => place.raw.put('state/meta', ''), /state\/meta is damaged: it is not JSON/],
  [
    'the meta key is another program’s',
    () => place.raw.put('state/meta', '{"a":1}'),
    /not a state of rdsctl/,
  ],
  ['the meta key is no table', () => place.raw.put('state/meta', '7'), /not a state of rdsctl/],
  ['the lineage is empty', field('lineage', ''), /its fields are not as they must be/],
  ['the serial is no number', field('serial', '2'), /its fields are not as they must be/],
  ['the serial is 0', field('serial', 0), /its fields are not as they must be/],
  ['the generation is missing', field('generation', undefined), /its fields are not as they must be/],
  [
    'the generation leads elsewhere',
    field('generation', 'fffff'),
    /says that there are 5 keys .* but there are 0/,
  ],
  ['the commits are no list', field('commits', 'x'), /its fields are not as they must be/],
  ['a commit is no text', field('commits', [7]), /its fields are not as they must be/],
  ['a key was removed', () => removed(/volumes/), /says that there are 5 keys .* but there are 4/],
  [
    'a key was added',
    () => added('volumes/x', '{"attachment":null,"token":1}'),
    /something other than rdsctl/,
  ],
  [
    'a token was changed by hand, as rdsctl would write it',
    () => changeValue(/vol-gone/, () => '{"attachment":null,"token":8}'),
    /vol-gone is damaged: it was changed by something other than rdsctl/,
  ],
  [
    'a key is not one of rdsctl',
    () => place.raw.put('state/thing', 'x'),
    /state\/thing is damaged: it is not a key/,
  ],
];

async function removed(pattern: RegExp): Promise<void> {
  const [name = ''] = await place.raw.names(pattern);
  await place.raw.delete(name);
}

async function added(entry: string, value: string): Promise<void> {
  const [name = ''] = await place.raw.names(/volumes/);
  await place.raw.put(name.replace(/volumes\/.*/, entry), value);
}

describe('a state of which', () => {
  it.each(DAMAGES)('%s is refused, with the key, and nothing is changed', async (_, damage, words) => {
    const known = open();
    await known.update(() => sampleBody());
    await damage();
    const before = await place.raw.all();
    // Whoever has read it before notices as well as whoever comes new.
    for (const store of [open(), known]) {
      for (const work of [() => store.read(), () => store.update((now) => ({ ...now, tokens: {} }))]) {
        const error = (await work().catch((reason: unknown) => reason)) as RdsctlError;
        expect(error).toMatchObject({ reason: 'STATE_DAMAGED', exitCode: 9, now: 'Nothing was changed.' });
        expect(error.message).toMatch(/^the state at etcd:\/\/127/);
      }
    }
    const error = (await open()
      .read()
      .catch((reason: unknown) => reason)) as RdsctlError;
    expect(error.message).toMatch(words);
    expect(await place.raw.all()).toEqual(before);
  });

  /** Damage that a forger hides: the meta key is written last, as a commit does. */
  it.each<[string, RegExp, (value: string) => string, RegExp]>([
    [
      'a value is cut off',
      /volumes/,
      (value) => value.slice(0, -5),
      /volumes\/.* is damaged: it is not JSON/,
    ],
    ['a value is no volume', /volumes/, () => '[]', /is not as rdsctl writes it/],
    ['a token is a fraction', /vol-gone/, (value) => value.replace('9', '9.5'), /tokens\["rds1\/vol-gone"\]/],
    ['a node has no fields', /nodes/, () => '{}', /nodes\["node-1"\]/],
    [
      'an attachment is another volume’s',
      /vol-1$/,
      (value) => value.replace('rds1/vol-1', 'rds1/x'),
      /attachments\["rds1\/vol-1"\]/,
    ],
  ])('%s is refused', async (_, pattern, change, words) => {
    await open().update(() => sampleBody());
    await changeValue(pattern, change);
    await place.raw.changeMeta((meta) => meta);
    await expect(open().read()).rejects.toMatchObject({ reason: 'STATE_DAMAGED' });
    await expect(open().read()).rejects.toThrow(words);
    await expect(open().update((now) => ({ ...now, tokens: {} }))).rejects.toMatchObject({
      reason: 'STATE_DAMAGED',
    });
  });
});

describe('a key space', () => {
  it('of a newer schema is refused', async () => {
    const known = open();
    await known.update(() => sampleBody());
    await place.raw.changeMeta((meta) => ({ ...meta, schema: 2, more: 'fields' }));
    for (const store of [open(), known])
      for (const work of [() => store.read(), () => store.update((now) => ({ ...now, tokens: {} }))])
        await expect(work()).rejects.toMatchObject({
          reason: 'STATE_NEWER',
          exitCode: 9,
          details: { schema: 2 },
          message: expect.stringContaining('/state/meta was written by a newer rdsctl (schema 2') as string,
        });
  });

  it('of another lineage than before is refused', async () => {
    const known = open();
    const { lineage } = await known.update(() => sampleBody());
    const other = '8c5f1f0a-0000-4000-8000-00000000000f';
    await place.raw.changeMeta((meta) => ({ ...meta, lineage: other }));
    for (const work of [() => known.read(), () => known.update((now) => ({ ...now, tokens: {} }))])
      await expect(work()).rejects.toMatchObject({
        reason: 'FOREIGN_LINEAGE',
        exitCode: 9,
        details: { expected: lineage, found: other },
      });
  });

  it.each<[string, (meta: Record<string, unknown>) => unknown, RegExp]>([
    ['went back', (meta) => ({ ...meta, serial: 1 }), /went back from serial 2 to 1/],
    ['was written twice', (meta) => meta, /its serial 2 was written twice/],
  ])('whose serial %s is refused', async (_, change, words) => {
    const known = open();
    await known.update(() => sampleBody());
    await known.update((now) => ({ ...now, tokens: {} }));
    await place.raw.changeMeta(change);
    await expect(known.read()).rejects.toThrow(words);
    await expect(known.read()).rejects.toMatchObject({ reason: 'STATE_DAMAGED' });
  });

  it('of a cluster that was set back to an earlier time is refused', async () => {
    const [proxy, restored] = [await place.proxy(), await EtcdServer.start()];
    onTestFinished(() => restored.dispose());
    const access = accessTo([proxy.endpoint, restored.endpoint], place.prefix);
    const known = openEtcdStore(optionsFor(access));
    onTestFinished(() => known.close());
    await known.update(() => sampleBody());
    const backup = await place.raw.all();
    for (const token of [1, 2, 3]) await known.update((now) => ({ ...now, tokens: { token } }));
    const other = new RawKeys(restored.endpoint, place.prefix);
    onTestFinished(() => other.client.close());
    for (const [name, { value }] of backup) if (name !== 'state/meta') await other.put(name, value);
    await other.put('state/meta', backup.get('state/meta')?.value ?? '');
    proxy.fate = () => 'refuse';
    for (const work of [() => known.read(), () => known.update((now) => ({ ...now, tokens: {} }))])
      await expect(work()).rejects.toThrow(/went back from serial 4 to 1/);
  });

  it('of somebody else is not made use of', async () => {
    await place.raw.put('registry/pods/x', 'y');
    const before = await place.raw.all();
    for (const work of [() => open().read(), () => open().update(() => sampleBody())]) {
      await expect(work()).rejects.toMatchObject({ reason: 'STATE_DAMAGED', exitCode: 9 });
      await expect(work()).rejects.toThrow(/registry\/pods\/x is not a key of rdsctl/);
    }
    expect(await place.raw.all()).toEqual(before);
  });

  it('in which copies of a state are, but no state, is not taken for an empty one', async () => {
    await open().update(() => sampleBody());
    await place.care().backup(null, false);
    for (const name of await place.raw.names(/^state/)) await place.raw.delete(name);
    await expect(open().read()).rejects.toMatchObject({ reason: 'STATE_DAMAGED' });
    await expect(open().update(() => sampleBody())).rejects.toThrow(/although there is a copy of a state/);
  });

  it('in which only locks are has no state yet', async () => {
    const lock = await open().lock({ name: 'a', timeoutMs: 0 });
    expect(await open().read()).toMatchObject({ lineage: '', serial: 0 });
    expect((await open().update(() => sampleBody())).serial).toBe(1);
    await lock.release();
  });
});
