import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Attachment } from '../../src/attachment/attachment.ts';
import { encodeState } from '../../src/state/envelope.ts';
import { serialiseBody } from '../../src/state/serialise.ts';
import { rdsctl, type Outcome, type World } from './console.ts';

const LINEAGE = '11111111-2222-4333-8444-555555555555';
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'rdsctl-list-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function attachment(rds: string, slot: string, node: string, more: Partial<Attachment> = {}): Attachment {
  return {
    volume: `${rds}/${slot}`,
    rds,
    slot,
    phase: 'attached',
    holders: [
      { node, hostNqn: `nqn.host:${node}`, device: '/dev/nvme1n1', since: '2026-11-18T12:00:00.000Z' },
    ],
    nqn: `nqn.mikrotik:${slot}`,
    transport: { address: '10.77.0.1', port: 4420 },
    sizeBytes: 1_649_267_441_664,
    attachedAt: '2026-11-18T12:00:00.000Z',
    by: 'ops@admin1',
    sharedUntil: null,
    token: 7,
    intent: null,
    ...more,
  };
}

function save(...all: Attachment[]): void {
  const attachments = Object.fromEntries(all.map((one) => [one.volume, one]));
  const tokens = Object.fromEntries(all.map((one) => [one.volume, one.token]));
  const { bytes } = encodeState(LINEAGE, 3, serialiseBody({ attachments, tokens, nodes: {} }));
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, 'state.json'), bytes);
  writeFileSync(path.join(directory, 'lineage'), `${LINEAGE}\n`);
}

function list(args: readonly string[] = [], world: World = {}): Promise<Outcome> {
  return rdsctl(['list', '--state', directory, ...args], world);
}

const names = async (...args: string[]): Promise<string[]> =>
  (await list([...args, '-o', 'name'])).stdout.split('\n').slice(0, -1);

describe('list', () => {
  it('shows what there is, numbers in order, with a column for the storage server only where it says something', async () => {
    save(
      attachment('rds1', 'vol-10', 'node-1'),
      attachment('rds1', 'vol-9', 'node-2', { sizeBytes: null, phase: 'fenced' }),
    );
    expect(await list()).toEqual({
      code: 0,
      stderr: '',
      stdout:
        'VOLUME  NODE    PHASE     DEVICE           SIZE  AGE\n' +
        'vol-9   node-2  fenced    /dev/nvme1n1        -  2d 2h\n' +
        'vol-10  node-1  attached  /dev/nvme1n1  1.5 TiB  2d 2h\n',
    });
    save(attachment('rds1', 'vol-1', 'node-1'), attachment('rds2', 'vol-2', 'node-1'));
    expect((await list()).stdout).toMatch(/^VOLUME +RDS +NODE/);
  });

  it('shows everything with -o wide', async () => {
    save(attachment('rds1', 'vol-1', 'node-1', { transport: { address: 'fd00::1', port: 4420 } }));
    const { stdout } = await list(['-o', 'wide']);
    const [heading = '', row = ''] = stdout.split('\n');
    expect(heading.split(/\s+/)).toEqual(
      'VOLUME RDS NODE PHASE DEVICE SIZE AGE NQN HOST-NQN TOKEN SINCE ADDRESS BY'.split(' '),
    );
    for (const part of [
      'nqn.mikrotik:vol-1',
      'nqn.host:node-1',
      '2026-11-18T12:00:00.000Z',
      '[fd00::1]:4420',
    ]) {
      expect(row).toContain(part);
    }
  });

  it('writes documents as the contract has them', async () => {
    const [holder] = attachment('rds1', 'vol-1', 'node-1').holders;
    save(attachment('rds1', 'vol-1', 'node-1', { holders: [holder, { ...holder, node: 'node-2' }] }));
    const document = {
      volume: 'vol-1',
      rds: 'rds1',
      node: 'node-1',
      nodes: ['node-1', 'node-2'],
      phase: 'attached',
      nqn: 'nqn.mikrotik:vol-1',
      transport: { address: '10.77.0.1', port: 4420 },
      hostNqn: 'nqn.host:node-1',
      device: '/dev/nvme1n1',
      sizeBytes: 1_649_267_441_664,
      attachedAt: '2026-11-18T12:00:00.000Z',
      fencingToken: 7,
      changed: false,
    };
    const whole = { apiVersion: 'rdsctl/v1', kind: 'AttachmentList', items: [document] };
    const { stdout } = await list(['-o', 'json']);
    expect(stdout).toBe(`${JSON.stringify(whole, null, 2)}\n`);
    expect(parse((await list(['-o', 'yaml'])).stdout)).toEqual(whole);
    const line = { apiVersion: 'rdsctl/v1', kind: 'Attachment', ...document };
    expect((await list(['-o', 'jsonl'])).stdout).toBe(`${JSON.stringify(line)}\n`);
  });

  it('names a volume so that it can be typed again', async () => {
    save(attachment('rds1', 'a', 'n'), attachment('rds2', 'a', 'n'), attachment('rds2', 'b', 'n'));
    expect(await names()).toEqual(['rds1/a', 'rds2/a', 'b']);
    const { stdout } = await list(['-o', 'json']);
    const { items } = JSON.parse(stdout) as { items: { volume: string; rds: string }[] };
    expect(items.map(({ volume, rds }) => [volume, rds])).toEqual([
      ['rds1/a', 'rds1'],
      ['rds2/a', 'rds2'],
      ['b', 'rds2'],
    ]);
  });

  it('filters: of one kind they add up, of different kinds they narrow down', async () => {
    save(
      attachment('rds1', 'db-1', 'node-1'),
      attachment('rds1', 'db-2', 'node-2', { phase: 'fenced' }),
      attachment('rds2', 'web-1', 'node-1'),
    );
    expect(await names('--node', 'node-1')).toEqual(['db-1', 'web-1']);
    expect(await names('--node', 'node-1', '--node', 'node-2')).toHaveLength(3);
    expect(await names('--volume', 'db-*')).toEqual(['db-1', 'db-2']);
    expect(await names('--volume', 'rds2/*')).toEqual(['web-1']);
    expect(await names('--volume', 'db-1', '--volume', '{web,x}-?')).toEqual(['db-1', 'web-1']);
    expect(await names('--phase', 'fenced')).toEqual(['db-2']);
    expect(await names('--rds', 'rds1', '--node', 'node-1')).toEqual(['db-1']);
    expect(await names('--volume', 'node-1')).toEqual([]);
  });

  it('is empty, not wrong, when there is nothing', async () => {
    expect(await list()).toEqual({ code: 0, stdout: '', stderr: 'No attachments.\n' });
    expect(await list(['-q'])).toEqual({ code: 0, stdout: '', stderr: '' });
    save(attachment('rds1', 'a', 'n'));
    expect((await list(['--node', 'other'])).stderr).toBe('No attachment matches.\n');
    expect(JSON.parse((await list(['--node', 'other', '-o', 'json'])).stdout)).toMatchObject({ items: [] });
  });

  it('refuses a damaged state', async () => {
    save(attachment('rds1', 'a', 'n'));
    truncateSync(path.join(directory, 'state.json'), 400);
    const { code, stdout, stderr } = await list(['-o', 'json']);
    expect({ code, stdout }).toEqual({ code: 9, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({ code: 'STATE', exitCode: 9 });
  });

  it('colours by meaning on a terminal, unless somebody objects', async () => {
    save(attachment('rds1', 'a', 'n'));
    const terminal = { columns: 80 };
    expect((await list([], { terminal })).stdout).toContain('\u001b[32mattached\u001b[39m');
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }, { CI: 'true' }]) {
      expect((await list([], { terminal, env })).stdout).not.toContain('\u001b');
    }
    expect((await list(['--no-color'], { terminal })).stdout).not.toContain('\u001b');
    expect((await list([])).stdout).not.toContain('\u001b');
  });
});

describe('list, as one wants to see it', () => {
  beforeEach(() => {
    save(
      attachment('rds1', 'vol-1', 'node-2', { sizeBytes: 30, attachedAt: '2026-11-18T12:00:00.000Z' }),
      attachment('rds1', 'vol-2', 'node-10', { sizeBytes: 4_000, attachedAt: '2026-11-20T12:00:00.000Z' }),
      attachment('rds1', 'vol-3', 'node-1', { sizeBytes: 200, attachedAt: '2026-11-19T12:00:00.000Z' }),
    );
  });

  it.each([
    ['node', ['vol-3', 'vol-1', 'vol-2']],
    ['-node', ['vol-2', 'vol-1', 'vol-3']],
    ['SIZE', ['vol-1', 'vol-3', 'vol-2']],
    ['age', ['vol-2', 'vol-3', 'vol-1']],
    ['-age', ['vol-1', 'vol-3', 'vol-2']],
  ])('sorts by %s, in every format', async (column, expected) => {
    expect(await names('--sort', column)).toEqual(expected);
    const { stdout } = await list(['--sort', column, '-o', 'json']);
    const { items } = JSON.parse(stdout) as { items: { volume: string }[] };
    expect(items.map(({ volume }) => volume)).toEqual(expected);
  });

  it('shows the columns that are named, in that order, wide ones too', async () => {
    const { stdout } = await list(['--columns', 'token,volume']);
    expect(stdout).toBe('TOKEN  VOLUME\n    7  vol-1\n    7  vol-2\n    7  vol-3\n');
  });

  it('leaves out the titles', async () => {
    const { stdout } = await list(['--no-headers', '--columns', 'volume,node']);
    expect(stdout).toBe('vol-1   node-2\nvol-2   node-10\nvol-3   node-1\n');
  });

  it.each([['--sort'], ['--columns']])('%s says which columns there are', async (option) => {
    const refused = await list([option, 'colour']);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('there is no column "colour", only volume, rds, node, phase');
  });
});
