import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openFileCare } from '../../../src/state/file/file-care.ts';
import type { State, StateChange } from '../../../src/state/state.ts';
import { storeOptions, TestDirectory } from '../directory.ts';
import { sampleBody } from '../samples.ts';
import { many } from './many.ts';
import { etcdPlace } from './place.ts';
import type { Fate } from './proxy.ts';

const place = etcdPlace();
const { open, care } = place;

/** A state of two commits. */
async function written(): Promise<State> {
  await open().update(() => ({ ...sampleBody(), tokens: {} }));
  return open().update(() => sampleBody());
}

const OTHER: StateChange = { attachments: {}, tokens: { 'rds1/vol-9': 4 }, nodes: {} };
const NOBODY: ReadonlySet<string> = new Set();

const DAMAGES: [string, () => Promise<void>][] = [
  ['without its meta key', () => place.raw.delete('state/meta')],
  [
    'with a meta key that is cut off',
    () => place.raw.put('state/meta', '{"format":"rdsctl-state-etcd","sch'),
  ],
  [
    'with a value that is cut off',
    async () => {
      const [name = ''] = await place.raw.names(/volumes/);
      await place.raw.put(name, '{"attachment":');
    },
  ],
  [
    'that lacks a volume',
    async () => {
      const [name = ''] = await place.raw.names(/volumes/);
      await place.raw.delete(name);
    },
  ],
];

/** Whether a request writes the meta key. */
function turnsOver(body: string): boolean {
  return body.includes(Buffer.from('{"format":"rdsctl-state-etcd"').toString('base64').slice(0, 36));
}

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'rdsctl-etcd-copies-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

describe('inspecting', () => {
  it('finds nothing where nothing was ever written', async () => {
    expect(await care().inspect()).toMatchObject({
      state: null,
      fault: null,
      lineage: null,
      highestSerial: 0,
      copies: [],
      oddities: [],
    });
  });

  it('finds the state as it is; its fingerprint changes with each commit', async () => {
    const state = await written();
    const seen = await care().inspect();
    expect(seen).toMatchObject({
      state,
      fault: null,
      lineage: state.lineage,
      highestSerial: 2,
      oddities: [],
    });
    expect((await care().inspect()).fingerprint).toBe(seen.fingerprint);
    await open().update((now) => ({ ...now, tokens: {} }));
    expect((await care().inspect()).fingerprint).not.toBe(seen.fingerprint);
  });

  it('tells of keys that are not its own, and of what a replacement left', async () => {
    await written();
    await place.raw.put('other/thing', 'x');
    await place.raw.put('state/abcdef/volumes/x', '{}');
    expect((await care().inspect()).oddities).toMatchObject([
      { level: 'note', where: expect.stringMatching(/state\/abcdef\/$/) as string },
      { level: 'difference', where: expect.stringMatching(/other\/thing$/) as string },
    ]);
  });
});

describe('replacing a state', () => {
  it.each(DAMAGES)('%s keeps what was there, and gives a later serial', async (_, damage) => {
    const before = await written();
    await care().backup(null, false);
    await damage();
    await expect(open().read()).rejects.toMatchObject({ reason: 'STATE_DAMAGED', exitCode: 9 });
    const { fingerprint, lineage, fault, highestSerial } = await care().inspect();
    expect(fault).toMatchObject({ reason: 'STATE_DAMAGED' });
    expect({ lineage, highestSerial }).toEqual({ lineage: before.lineage, highestSerial: 2 });
    const made = await care().replace({ fingerprint, lineage: before.lineage, body: OTHER, holding: NOBODY });
    expect(made).toEqual({ lineage: before.lineage, serial: 3, ...OTHER });
    expect(await open().read()).toEqual(made);
    const { copies, oddities } = await care().inspect();
    expect(copies.map(({ name }) => name.replace(/-.*/, ''))).toEqual(['kept', 'damaged']);
    expect(oddities.filter(({ level }) => level === 'difference')).toEqual([]);
  });

  it('that is whole keeps it as a copy that can be read', async () => {
    const before = await written();
    const { fingerprint } = await care().inspect();
    await care().replace({ fingerprint, lineage: before.lineage, body: OTHER, holding: NOBODY });
    const { copies } = await care().inspect();
    expect(copies).toMatchObject([{ kind: 'kept', state: before, fault: null }]);
    expect((await care().copy('2')).state).toEqual(before);
    expect((await care().copy(copies[0]?.name ?? '')).state).toEqual(before);
  });

  it('where none was ever written begins with serial 1', async () => {
    const { fingerprint } = await care().inspect();
    const lineage = '8c5f1f0a-0000-4000-8000-000000000001';
    const made = await care().replace({ fingerprint, lineage, body: OTHER, holding: NOBODY });
    expect(made).toEqual({ lineage, serial: 1, ...OTHER });
    expect(await open().read()).toEqual(made);
  });

  it('by 3,000 volumes turns over at once: a reader sees the old one or the new one', async () => {
    const before = await written();
    const big = many(3_000, 7);
    const { fingerprint } = await care().inspect();
    const proxy = await place.proxy();
    const reader = open();
    const seen = new Set<number>();
    proxy.fate = async (path): Promise<Fate> => {
      if (path === '/v3/kv/txn') seen.add(Object.keys((await reader.read()).attachments).length);
      return 'pass';
    };
    const made = await care(proxy.endpoint).replace({
      fingerprint,
      lineage: before.lineage,
      body: big,
      holding: NOBODY,
    });
    expect(made).toEqual({ lineage: before.lineage, serial: 3, ...big });
    expect(await reader.read()).toEqual(made);
    expect([...seen]).toEqual([2, 3_000]);
    expect(proxy.passed.filter((path) => path === '/v3/kv/txn').length).toBeGreaterThan(30);
    // Nothing of the old one is left, and the next commit is an ordinary one.
    expect(await place.raw.names(/^state\//)).toHaveLength(3_001);
    expect((await reader.update((now) => ({ ...now, tokens: { ...now.tokens, more: 1 } }))).serial).toBe(4);
  });

  it('that is cut short leaves the old one, whatever the step; the next replacement tidies up', async () => {
    const before = await written();
    const { lineage } = before;
    const big = many(300, 7);
    for (let step = 1; ; step += 1) {
      const { fingerprint, state } = await care().inspect();
      const proxy = await place.proxy();
      let count = 0;
      proxy.fate = () => ((count += 1) > step ? 'refuse' : 'pass');
      const cut = care(proxy.endpoint, { timeoutMs: 30 }).replace({
        fingerprint,
        lineage,
        body: big,
        holding: NOBODY,
      });
      const outcome = await cut.then(
        () => 'done',
        () => 'failed',
      );
      const now = await open().read();
      const isNew = now.serial > (state?.serial ?? 0);
      expect(isNew ? now.attachments : now).toEqual(isNew ? big.attachments : state);
      if (outcome === 'done') break;
    }
    // As after a crash: its lease runs out sooner or later.
    for (const marker of await place.raw.names(/staging$/)) await place.raw.delete(marker);
    const { fingerprint } = await care().inspect();
    await care().replace({ fingerprint, lineage, body: OTHER, holding: NOBODY });
    expect((await open().read()).tokens).toEqual(OTHER.tokens);
    expect(await place.raw.names(/^state\//)).toHaveLength(2);
  });

  it('is refused when it was changed since it was looked at, or while the new one is put beside it', async () => {
    const { lineage } = await written();
    const { fingerprint } = await care().inspect();
    await open().update((now) => ({ ...now, tokens: {} }));
    const request = { lineage, body: OTHER, holding: NOBODY };
    const refused = { reason: 'CHANGED_MEANWHILE', exitCode: 4 };
    await expect(care().replace({ ...request, fingerprint })).rejects.toMatchObject(refused);

    const seen = await care().inspect();
    const proxy = await place.proxy();
    let changed = false;
    proxy.fate = async (_, body): Promise<Fate> => {
      if (turnsOver(body) && !changed) {
        changed = true;
        await open().update((now) => ({ ...now, tokens: { between: 1 } }));
      }
      return 'pass';
    };
    const between = care(proxy.endpoint).replace({ ...request, fingerprint: seen.fingerprint });
    await expect(between).rejects.toMatchObject(refused);
    expect(changed).toBe(true);
    expect((await open().read()).tokens).toEqual({ between: 1 });
    expect(await place.raw.names(/staging/)).toEqual([]);
  });

  it('is done once when the answer to the turnover is lost', async () => {
    const { lineage } = await written();
    const { fingerprint } = await care().inspect();
    const proxy = await place.proxy();
    let swallowed = false;
    proxy.fate = (_, body) => {
      if (!turnsOver(body) || swallowed) return 'pass';
      swallowed = true;
      return 'swallow';
    };
    const made = await care(proxy.endpoint).replace({ fingerprint, lineage, body: OTHER, holding: NOBODY });
    expect(swallowed).toBe(true);
    expect(made.serial).toBe(3);
    expect(await open().read()).toEqual(made);
  });

  it('is refused while somebody else works on a volume, and not by the own locks', async () => {
    const { lineage } = await written();
    const lock = await open().lock({ name: 'rds1/vol-1', timeoutMs: 0 });
    const { fingerprint } = await care().inspect();
    const request = { fingerprint, lineage, body: OTHER };
    await expect(care().replace({ ...request, holding: NOBODY })).rejects.toMatchObject({
      reason: 'LOCKED',
      details: { lock: 'rds1/vol-1', holder: { pid: process.pid } },
    });
    const made = await care().replace({ ...request, holding: new Set(['rds1/vol-1']) });
    expect(made.serial).toBe(3);
    await lock.release();
  });

  it('is refused when somebody takes a lock while the new one is put beside it', async () => {
    const before = await written();
    const { fingerprint } = await care().inspect();
    const proxy = await place.proxy();
    let taken = false;
    proxy.fate = async (_, body): Promise<Fate> => {
      if (!taken && turnsOver(body)) {
        taken = true;
        await open().lock({ name: 'rds1/vol-2', timeoutMs: 0 });
      }
      return 'pass';
    };
    const request = { fingerprint, lineage: before.lineage, body: OTHER, holding: NOBODY };
    await expect(care(proxy.endpoint).replace(request)).rejects.toMatchObject({ reason: 'LOCKED' });
    expect(await open().read()).toEqual(before);
  });

  it('is given up when somebody tidied the new one away before it was whole', async () => {
    const before = await written();
    const { fingerprint } = await care().inspect();
    const proxy = await place.proxy();
    let parts = 0;
    proxy.fate = async (path, body): Promise<Fate> => {
      if (path === '/v3/kv/txn' && !body.includes('"target":"MOD"') && body.includes('"target":"CREATE"'))
        parts += 1;
      if (parts === 3) for (const marker of await place.raw.names(/staging$/)) await place.raw.delete(marker);
      return 'pass';
    };
    const request = { fingerprint, lineage: before.lineage, body: many(500, 1), holding: NOBODY };
    await expect(care(proxy.endpoint).replace(request)).rejects.toMatchObject({ reason: 'STATE_UNWRITABLE' });
    expect(await open().read()).toEqual(before);
    // The part that came without its marker was not put, and what there was of it is gone.
    expect(new Set((await place.raw.names(/^state\/.*\//)).map((name) => name.split('/')[1])).size).toBe(1);
  });

  it('never writes one that is not valid', async () => {
    const before = await written();
    const { fingerprint } = await care().inspect();
    const body = { ...OTHER, tokens: { 'rds1/vol-1': -1 } };
    await expect(
      care().replace({ fingerprint, lineage: before.lineage, body, holding: NOBODY }),
    ).rejects.toMatchObject({ reason: 'INTERNAL' });
    expect(await open().read()).toEqual(before);
  });
});

describe('a backup', () => {
  it('to a file is a state file, that a file store takes', async () => {
    const state = await written();
    const file = join(directory(), 'state.json');
    const copy = await care().backup(file, false);
    expect(copy).toMatchObject({ name: file, kind: 'kept', state });
    const files = new TestDirectory();
    onTestFinished(() => files.remove());
    expect((await openFileCare(storeOptions(files.path)).copy(file)).state).toEqual(state);
    expect((await care().copy(file)).state).toEqual(state);
  });

  it('does not take the place of a file unless it may', async () => {
    const state = await written();
    const file = join(directory(), 'state.json');
    writeFileSync(file, 'mine');
    await expect(care().backup(file, false)).rejects.toMatchObject({ reason: 'BAD_ARGUMENT' });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect((await care().backup(file, true)).state).toEqual(state);
  });

  it('in etcd is kept in pieces, and read back whole; characters are not cut in two', async () => {
    const text = '🦊ä'.repeat(60_000);
    const body = { ...many(500, 3), nodes: { n: { hostNqn: text, hostId: null, fenced: null } } };
    const state = await open().update(() => body);
    const copy = await care().backup(null, false);
    expect(copy).toMatchObject({ kind: 'kept', state });
    expect((await place.raw.names(/^copies\//)).length).toBeGreaterThan(3);
    expect((await care().copy(copy.name)).state).toEqual(state);
  });

  it('of which a piece, or the end, is missing is damaged', async () => {
    await written();
    const { name } = await care().backup(null, false);
    const [first = '', end = ''] = await place.raw.names(/^copies\//);
    const pieces = await place.raw.all();
    for (const key of [first, end]) {
      await place.raw.delete(key);
      expect(await care().copy(name)).toMatchObject({ state: null, fault: { reason: 'STATE_DAMAGED' } });
      expect((await care().inspect()).oddities).toMatchObject([
        { level: 'difference', fix: expect.stringContaining('etcdctl del --prefix /test-') as string },
      ]);
      await place.raw.put(key, pieces.get(key)?.value ?? '');
    }
    expect((await care().copy(name)).fault).toBeNull();
  });

  it('of nothing is refused, and one that is not there is not found', async () => {
    await expect(care().backup(null, false)).rejects.toMatchObject({ reason: 'STATE_UNREADABLE' });
    await expect(care().copy('nothing')).rejects.toMatchObject({ reason: 'BAD_ARGUMENT' });
  });
});
