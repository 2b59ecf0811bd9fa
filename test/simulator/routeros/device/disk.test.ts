import { describe, expect, test } from 'vitest';
import { makeDevice } from './fixture.ts';

describe('/disk print as-value', () => {
  test('typed values, ids, nothing for what was never set', async () => {
    const { value } = await makeDevice();
    expect(await value('[/disk print detail as-value where slot="vol-1"]')).toEqual([
      {
        '.id': '*1',
        type: 'file',
        slot: 'vol-1',
        'slot-default': '',
        parent: '',
        fs: '-',
        model: '/raid1/vol-1.img',
        size: 1073741824,
        'mount-filesystem': false,
        'mount-read-only': false,
        compress: false,
        'sector-size': 512,
        'raid-master': 'none',
        'nvme-tcp-export': false,
        'iscsi-export': false,
        'nfs-sharing': false,
        'smb-sharing': false,
        'media-sharing': false,
        'media-interface': 'none',
        swap: false,
        'file-path': '/raid1/vol-1.img',
        'file-size': 1073741824,
        'file-offset': 0,
      },
    ]);
  });

  test('no match is an empty list, or nothing (inferred), never an error', async () => {
    const { value, exec } = await makeDevice();
    expect(await value('[/disk print as-value where slot="nope"]')).toEqual([]);
    expect(await exec(':put [:len [/disk find where slot="nope"]]')).toBe('0');
    expect(await exec('/disk set [find where slot="nope"] comment=x')).toBe('');
    expect(await exec('/disk remove [find where slot="nope"]')).toBe('');
  });

  test('names are compared whole; ~ is a regular expression', async () => {
    const { exec } = await makeDevice();
    expect(await exec(':put [:len [/disk find where slot="vol-1"]]')).toBe('1');
    expect(await exec(':put [:len [/disk find where slot~"vol-1"]]')).toBe('2');
    expect(await exec(':put [:len [/disk find where slot="vol-1" or slot="vol-2"]]')).toBe('2');
    expect(await exec(':put [:len [/disk find]]')).toBe('3');
    expect(await exec(':put [:len [/disk find where size>5 and nvme-tcp-export=no]]')).toBe('3');
    expect(await exec('/disk print count-only where nvme-tcp-export=yes')).toBe('0');
  });
});

describe('/disk set and get', () => {
  test('success prints nothing; ids, names and lists of them name disks', async () => {
    const { exec } = await makeDevice();
    expect(await exec('/disk set vol-1 comment="a \\"b\\" \\$c"')).toBe('');
    expect(await exec(':put [/disk get vol-1 comment]')).toBe('a "b" $c');
    expect(await exec('/disk set vol-1,vol-2 comment=two')).toBe('');
    expect(
      await exec('/disk set *3 comment=three; :put [/disk get [find where slot="vol-10"] comment]'),
    ).toBe('three');
    expect(await exec('/disk comment vol-1 comment="x y"; :put [/disk get vol-1 comment]')).toBe('x y');
    expect(await exec('/disk set vol-1 comment=""; :put [:len [/disk get vol-1 comment]]')).toBe('0');
    expect(await exec(':put [:typeof [/disk get vol-1 size]]')).toBe('num');
    expect(await exec(':put [/disk get vol-1 nvme-tcp-export]')).toBe('false');
  });

  test.each([
    ['/disk set nope comment=x', 'no such item'],
    ['/disk get nope comment', 'no such item'],
    ['/disk set vol-1 nvme-tcp-export=maybe', 'input does not match any value of nvme-tcp-export'],
    ['/disk set vol-1 nvme-tcp-server-port=abc', 'invalid value for argument nvme-tcp-server-port'],
    ['/disk get vol-1 nonsense', 'input does not match any value of value-name'],
    ['/disk set vol-1 nonsense=1', 'bad parameter nonsense (line 1 column 25)'],
    ['/disk frobnicate vol-1', 'bad command name frobnicate (line 1 column 7)'],
    ['/disk add type=file', 'failure: file-path must be specified'],
  ])('%s: %s', async (line, error) => {
    const { exec } = await makeDevice();
    expect(await exec(line)).toBe(error);
  });

  test('a line that does not parse runs not at all', async () => {
    const { exec } = await makeDevice();
    await exec('/disk set vol-1 comment=before');
    expect(await exec('/disk set vol-1 comment=after; /disk set vol-1 nonsense=1')).toMatch(/^bad parameter/);
    expect(await exec(':put [/disk get vol-1 comment]')).toBe('before');
  });

  test('a run-time failure stops the line; :onerror catches it', async () => {
    const { exec } = await makeDevice();
    expect(await exec(':put a; /disk set nope comment=x; :put b')).toBe('a\nno such item');
    expect(await exec(':onerror e in={ /disk set nope comment=x } do={ :put ("ERR " . $e) }')).toBe(
      'ERR no such item',
    );
  });

  test('add and remove; the file outlives the disk (manual)', async () => {
    const { exec, target } = await makeDevice();
    expect(await exec('/disk add type=file slot=new file-path=raid1/new.img file-size=2G')).toBe('');
    expect(await exec(':put [/disk get new size]; :put [/disk get new file-path]')).toBe(
      '2147483648\n/raid1/new.img',
    );
    expect(await exec(':put [/disk get new mount-filesystem]'), 'defaults to yes (manual)').toBe('true');
    await exec('/disk set new nvme-tcp-export=yes');
    const nqn = 'nqn.2000-02.com.mikrotik:new';
    expect(
      target.connect({ nqn, port: 4420, hostNqn: 'h', hostId: 'i', keepAliveMs: 5000, node: 'n' }),
    ).toHaveProperty('session');
    expect(await exec('/disk remove new; :put [:len [/disk find where slot=new]]')).toBe('0');
    expect(target.openSessions()).toEqual([]);
    expect(await exec(':put [:len [/file find where name="raid1/new.img"]]')).toBe('1');
  });
});

describe('exports', () => {
  test('allowed host, export, NQN by version', async () => {
    for (const [version, nqn] of [
      ['7.17.1', 'vol-1'],
      ['7.20.8', 'vol-1'],
      ['7.21.5', 'nqn.2000-02.com.mikrotik:vol-1'],
      ['7.24', 'nqn.2000-02.com.mikrotik:vol-1'],
    ] as const) {
      const { exec, events } = await makeDevice({ version });
      await exec('/disk set vol-1 nvme-tcp-server-allow-host-name="host-1" nvme-tcp-export=yes');
      expect(events.all).toMatchObject([
        { event: 'allow-changed', rds: 'rds1', volume: 'vol-1', allow: 'host-1' },
        { event: 'export-on', rds: 'rds1', volume: 'vol-1', nqn, port: 4420 },
      ]);
    }
  });

  test('the NQN can be set since 7.21', async () => {
    const old = await makeDevice({ version: '7.20.8' });
    expect(await old.exec('/disk set vol-1 nvme-tcp-server-nqn=nqn.x:y')).toMatch(
      /^bad parameter nvme-tcp-server-nqn/,
    );
    const { exec, events } = await makeDevice();
    await exec('/disk set vol-1 nvme-tcp-server-nqn=nqn.x:y nvme-tcp-export=yes');
    expect(events.all).toMatchObject([{ event: 'export-on', nqn: 'nqn.x:y' }]);
  });

  test('port and allowed host show once exported, the NQN only when it was set', async () => {
    const { exec, value } = await makeDevice();
    await exec('/disk set vol-1 nvme-tcp-export=yes');
    const [disk] = (await value('[/disk print detail as-value where slot="vol-1"]')) as Record<
      string,
      unknown
    >[];
    expect(disk).toMatchObject({
      'nvme-tcp-export': true,
      'nvme-tcp-server-port': 4420,
      'nvme-tcp-server-allow-host-name': '',
    });
    expect(disk).not.toHaveProperty('nvme-tcp-server-nqn');
  });

  test('comment changes are told, as UTF-8', async () => {
    const { exec, events } = await makeDevice();
    await exec(`/disk set vol-1 comment="${Buffer.from('grün').toString('latin1')}"`);
    await exec('/disk set vol-1 comment="\\67r\\C3\\BCn"');
    expect(events.all).toMatchObject([{ event: 'comment-changed', volume: 'vol-1', comment: 'grün' }]);
  });

  test('a change takes effect and shows after the lag, one after another (eventual consistency, seen)', async () => {
    const { exec, clock, events } = await makeDevice({ readLagMs: 500 });
    await exec(
      '/disk set vol-1 comment=now nvme-tcp-server-allow-host-name=h; /disk set vol-1 nvme-tcp-export=yes',
    );
    expect(await exec(':put [/disk get vol-1 nvme-tcp-export]')).toBe('false');
    expect(await exec(':put [/disk get vol-1 comment]')).toBe('now');
    expect(events.all.map((each) => each.event)).toEqual(['comment-changed']);
    await clock.advance(499);
    expect(await exec(':put [/disk get vol-1 nvme-tcp-export]')).toBe('false');
    await clock.advance(1);
    expect(await exec(':put [/disk get vol-1 nvme-tcp-export]')).toBe('true');
    expect(events.all.map((each) => each.event)).toEqual(['comment-changed', 'allow-changed', 'export-on']);
  });

  test('a disabled disk is not exported', async () => {
    const { exec, events } = await makeDevice();
    await exec('/disk set vol-1 nvme-tcp-export=yes; /disk disable vol-1; /disk enable vol-1');
    expect(events.all.map((each) => each.event)).toEqual(['export-on', 'export-off', 'export-on']);
  });
});

describe('/disk monitor-traffic', () => {
  test('text: names right-aligned (seen); as-value: one array', async () => {
    const { exec, value, target } = await makeDevice();
    await exec('/disk set vol-1 nvme-tcp-export=yes');
    const outcome = target.connect({
      nqn: 'nqn.2000-02.com.mikrotik:vol-1',
      port: 4420,
      hostNqn: 'h',
      hostId: 'i',
      keepAliveMs: 5000,
      node: 'n',
    });
    if (!('session' in outcome)) throw new Error('refused');
    target.slowDown('vol-1', 1000);
    target.begin(outcome.session, { kind: 'write', offset: 0, data: Buffer.from('x') }, () => undefined);
    const text = await exec('/disk monitor-traffic vol-1 once');
    expect(text.split('\n')[0]).toBe('           slot: vol-1');
    expect(text).toContain('\n  in-flight-ops: 1\n');
    expect(await value('[/disk monitor-traffic [find where slot="vol-1"] once as-value]')).toMatchObject({
      slot: 'vol-1',
      'in-flight-ops': 1,
    });
  });
});

test('properties are those of the version', async () => {
  const { value } = await makeDevice({ version: '7.17.1' });
  const [disk] = (await value('[/disk print detail as-value where slot="vol-1"]')) as object[];
  expect(disk).not.toHaveProperty('compress');
  expect(disk).toHaveProperty('nvme-tcp-export');
});

describe('policies', () => {
  test.each([
    [['ssh', 'read'], '/disk set vol-1 comment=x', 'not enough permissions (9)'],
    [['ssh', 'write'], ':put [/disk get vol-1 size]', 'not enough permissions (9)'],
    [['ssh', 'read', 'write'], '/disk monitor-traffic vol-1 once', 'not enough permissions (9)'],
    [['ssh', 'read'], ':put [/disk get vol-1 size]', '1073741824'],
  ] as const)('%j: %s', async (policies, line, expected) => {
    const { exec } = await makeDevice();
    expect(await exec(line, policies)).toBe(expected);
  });
});
