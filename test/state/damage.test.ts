import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RdsctlError } from '../../src/errors/rdsctl-error.ts';
import { decodeState, encodeState } from '../../src/state/envelope.ts';
import { serialiseBody } from '../../src/state/serialise.ts';
import { TestDirectory } from './directory.ts';
import { sampleBody } from './samples.ts';

/** A directory with a state of two commits. */
async function written(): Promise<TestDirectory> {
  const directory = new TestDirectory();
  onTestFinished(() => directory.remove());
  await directory.open().update(() => ({ ...sampleBody(), tokens: {} }));
  await directory.open().update(() => sampleBody());
  return directory;
}

const LINEAGE = '8c5f1f0a-0000-4000-8000-000000000001';
const whole = encodeState(LINEAGE, 7, serialiseBody(sampleBody())).bytes;

function reasonOf(bytes: Buffer): string {
  try {
    decodeState(bytes, '/state.json');
    return 'none';
  } catch (error) {
    if (error instanceof RdsctlError && error.exitCode === 9) return error.reason;
    throw error;
  }
}

describe('a state file with', () => {
  it('nothing wrong is read', () => {
    expect(decodeState(whole, '/state.json').state).toEqual({ lineage: LINEAGE, serial: 7, ...sampleBody() });
  });

  it('its end cut off, at any byte, is damaged', () => {
    for (let length = 0; length < whole.length; length += 1)
      expect(reasonOf(whole.subarray(0, length)), `cut at ${length}`).toBe('STATE_DAMAGED');
  });

  it('any bit flipped is refused', () => {
    for (let bit = 0; bit < whole.length * 8; bit += 1) {
      const bytes = Buffer.from(whole);
      bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(reasonOf(bytes), `bit ${bit}`).toMatch(/^STATE_(DAMAGED|NEWER)$/);
    }
  });

  it('any stretch of NUL bytes is damaged', () => {
    for (let from = 0; from < whole.length; from += 64)
      expect(
        reasonOf(Buffer.from(whole).fill(0, from, Math.min(from + 512, whole.length))),
        `NULs at ${from}`,
      ).toBe('STATE_DAMAGED');
  });

  it.each<[string, Buffer, string]>([
    ['nothing in it', Buffer.alloc(0), 'it is empty'],
    ['NUL bytes only', Buffer.alloc(4096), 'it holds nothing but NUL bytes'],
    ['other text', Buffer.from('# hello\n'), 'it does not begin as a state file does'],
    ['other JSON', Buffer.from('{"version":4}'), 'it is not a state file of rdsctl'],
    ['JSON null', Buffer.from('null'), 'it is not a state file of rdsctl'],
    [
      'its JSON formatted anew',
      Buffer.from(JSON.stringify(JSON.parse(whole.toString()))),
      'it was changed by something other than rdsctl',
    ],
    ['its content twice', Buffer.concat([whole, whole]), 'its checksum does not match'],
    ['its end cut off', whole.subarray(0, -10), 'its end is missing and its checksum does not match'],
  ])('%s is damaged, and it is said how', (_, bytes, what) => {
    expect(() => decodeState(bytes, '/state.json')).toThrow(`the state file /state.json is damaged: ${what}`);
  });

  it.each<[string, Record<string, unknown>]>([
    ['a token that is text', { ...sampleBody(), tokens: { a: '1' } }],
    ['a token below 0', { ...sampleBody(), tokens: { a: -1 } }],
    ['a list for a table', { ...sampleBody(), nodes: [] }],
    ['a field too many', { ...sampleBody(), more: 1 }],
    ['an attachment without holder', withAttachment({ holders: [] })],
    ['an attachment of another volume', withAttachment({ volume: 'rds1/vol-9' })],
    ['an unknown phase', withAttachment({ phase: 'floating' })],
    ['an unknown field', withAttachment({ colour: 'red' })],
    ['a missing field', withAttachment({ intent: undefined })],
    ['an intent of the wrong shape', withAttachment({ intent: { verb: 'attach' } })],
    ['a port that is text', withAttachment({ transport: { address: '10.0.0.1', port: '4420' } })],
    [
      'a fenced mark of the wrong shape',
      { ...sampleBody(), nodes: { n: { hostNqn: null, hostId: null, fenced: true } } },
    ],
  ])('%s, and a checksum that fits, is damaged', (_, body) => {
    expect(reasonOf(encodeState(LINEAGE, 1, JSON.stringify(body)).bytes)).toBe('STATE_DAMAGED');
  });

  it('a serial number below 1, or no lineage, is damaged', () => {
    expect(reasonOf(encodeState(LINEAGE, 0, serialiseBody(sampleBody())).bytes)).toBe('STATE_DAMAGED');
    expect(reasonOf(encodeState('', 1, serialiseBody(sampleBody())).bytes)).toBe('STATE_DAMAGED');
  });

  it.each([
    ['the header kept', whole.toString().replace('"schema": 1,', '"schema": 2,')],
    ['another layout', '{"format":"rdsctl-state","schema":3,"anything":true}'],
  ])('a newer schema, %s, is newer', (_, text) => {
    expect(reasonOf(Buffer.from(text))).toBe('STATE_NEWER');
  });
});

function withAttachment(more: Record<string, unknown>): Record<string, unknown> {
  const body = sampleBody();
  return { ...body, attachments: { 'rds1/vol-1': { ...body.attachments['rds1/vol-1'], ...more } } };
}

describe('a directory whose state file', () => {
  const cases: [string, string, (directory: TestDirectory) => void][] = [
    ['is gone', 'STATE_DAMAGED', ({ statePath }) => rmSync(statePath)],
    [
      'is gone, with the backups',
      'STATE_DAMAGED',
      ({ statePath, backupsPath }) => {
        rmSync(statePath);
        rmSync(backupsPath, { recursive: true });
      },
    ],
    [
      'is gone, with the lineage',
      'STATE_DAMAGED',
      ({ statePath, path }) => {
        rmSync(statePath);
        rmSync(join(path, 'lineage'));
      },
    ],
    [
      'is a directory',
      'STATE_DAMAGED',
      ({ statePath }) => {
        rmSync(statePath);
        mkdirSync(statePath);
      },
    ],
    [
      'can not be opened',
      'STATE_UNREADABLE',
      ({ statePath }) => {
        rmSync(statePath);
        symlinkSync('state.json', statePath);
      },
    ],
    [
      'has a lineage file that makes no sense',
      'STATE_DAMAGED',
      ({ path }) => writeFileSync(join(path, 'lineage'), '\0'),
    ],
    [
      'is of another lineage',
      'FOREIGN_LINEAGE',
      ({ statePath }) =>
        writeFileSync(statePath, encodeState(LINEAGE, 50, serialiseBody(sampleBody())).bytes),
    ],
  ];

  it.each(cases)(
    '%s is refused with %s, by read and update, and nothing is changed',
    async (_, reason, damage) => {
      const directory = await written();
      damage(directory);
      const before = directory.files();
      const refused = { reason, exitCode: 9, now: 'Nothing was changed.' };
      await expect(directory.open().read()).rejects.toMatchObject(refused);
      await expect(directory.open().update((state) => ({ ...state, tokens: {} }))).rejects.toMatchObject(
        refused,
      );
      const error: unknown = await directory
        .open()
        .read()
        .catch((thrown: unknown) => thrown);
      expect((error as RdsctlError).hints.map(({ run }) => run)).toEqual([
        'rdsctl state check',
        'rdsctl state restore',
      ]);
      expect(directory.files()).toEqual(before);
    },
  );

  it('is a file is refused', async () => {
    const directory = await written();
    rmSync(directory.path, { recursive: true });
    writeFileSync(directory.path, '');
    await expect(directory.open().read()).rejects.toMatchObject({ reason: 'STATE_UNREADABLE' });
    const update = directory.open().update((state) => ({ ...state, tokens: { a: 1 } }));
    await expect(update).rejects.toMatchObject({ reason: 'STATE_UNWRITABLE' });
  });

  it('is whole but old, put there while a command runs, is refused by that command', async () => {
    const directory = await written();
    const running = directory.open();
    await running.update((state) => ({ ...state, tokens: {} }));
    copyFileSync(join(directory.backupsPath, 'state-000000000001.json'), directory.statePath);
    await expect(running.read()).rejects.toMatchObject({ reason: 'STATE_DAMAGED' });
    await expect(running.update((state) => state)).rejects.toThrow('went back from serial 3 to 1');
    expect((await directory.open().read()).serial).toBe(1);
  });

  it('was replaced with its lineage while a command runs is refused by that command', async () => {
    const directory = await written();
    const running = directory.open();
    await running.read();
    writeFileSync(directory.statePath, encodeState(LINEAGE, 50, serialiseBody(sampleBody())).bytes);
    writeFileSync(join(directory.path, 'lineage'), `${LINEAGE}\n`);
    await expect(running.update((state) => state)).rejects.toMatchObject({ reason: 'FOREIGN_LINEAGE' });
  });

  it('has the same serial twice is refused by the command that saw the first', async () => {
    const directory = await written();
    const running = directory.open();
    const { lineage, serial } = await running.read();
    const text = serialiseBody({ ...sampleBody(), tokens: { other: 1 } });
    writeFileSync(directory.statePath, encodeState(lineage, serial, text).bytes);
    await expect(running.read()).rejects.toThrow('its serial 2 was written twice');
  });

  it('vanished while a command runs is refused even without a trace of it', async () => {
    const directory = await written();
    const running = directory.open();
    await running.read();
    rmSync(directory.path, { recursive: true });
    await expect(running.update((state) => ({ ...state, tokens: {} }))).rejects.toMatchObject({
      reason: 'STATE_DAMAGED',
    });
  });

  it('has no lineage file beside it, as after a crash in the first commit, gets one with the next', async () => {
    const directory = await written();
    rmSync(join(directory.path, 'lineage'));
    const { lineage } = await directory.open().read();
    await directory.open().update((state) => ({ ...state, tokens: {} }));
    expect(readFileSync(join(directory.path, 'lineage'), 'utf8')).toBe(`${lineage}\n`);
  });
});
