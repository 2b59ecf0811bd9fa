import { describe, expect, test } from 'vitest';
import { makeDevice } from './fixture.ts';

const MIB = 1024 ** 2;

async function device() {
  return makeDevice({
    disks: [
      { slot: 'vol-1', sizeBytes: MIB, comment: 'data of db' },
      { slot: 'vol-2', sizeBytes: 2 * MIB },
      { slot: 'log-1', sizeBytes: MIB, more: { 'nvme-tcp-export': true } },
    ],
  });
}

describe('where', () => {
  test.each([
    ['slot="vol-1"', 1],
    ['slot~"^vol"', 2],
    ['slot~"^vol" and size=1048576', 1],
    ['slot~"^vol" && !(slot="vol-1")', 1],
    ['slot="vol-1" or slot="log-1"', 2],
    ['slot="vol-1" || nvme-tcp-export=yes', 2],
    ['nvme-tcp-export=yes', 1],
    ['nvme-tcp-export=yes slot~"1\\$"', 1],
    ['(slot="vol-1" or slot="vol-2") and comment~"db"', 1],
    ['nvme-tcp-export', 1],
    ['!nvme-tcp-export', 2],
    ['size>1048576', 1],
    ['size>=1048576 and size<2097152', 2],
    ['slot in ("vol-1","vol-2")', 2],
    ['slot!="vol-1" type=file', 2],
    ['slot="nothing"', 0],
  ])('%s', async (where, count) => {
    const { exec } = await device();
    expect(await exec(`/disk print count-only where ${where}`)).toBe(String(count));
    expect(await exec(`:put [:len [/disk find where ${where}]]`)).toBe(String(count));
    expect(await exec(`:put [:len [/disk print as-value where ${where}]]`)).toBe(String(count));
  });
});

describe('forms of print', () => {
  test('value-list: a line for each property, a column for each item', async () => {
    const { exec } = await device();
    expect(await exec('/disk print value-list proplist=slot,size where slot~"vol"')).toBe(
      '  slot: vol-1     vol-2\n  size: 1 048 576 2 097 152',
    );
  });

  test('proplist chooses and orders', async () => {
    const { exec } = await device();
    const table = (await exec('/disk print proplist=size,slot where slot="vol-2"')).split('\n');
    expect(table[1]).toBe('Columns: SIZE, SLOT');
    expect(table.at(-1)).toMatch(/^1 B +2 097 152 +vol-2$/);
    expect(await exec('/disk print detail proplist=slot where slot="vol-2"')).toMatch(/1 B slot="vol-2"$/);
    expect(await exec('/disk print terse proplist=slot where slot="vol-2"')).toBe('1 B slot="vol-2"');
  });

  test('show-ids prints ids in place of numbers', async () => {
    const { exec } = await device();
    expect(await exec('/disk print show-ids detail proplist=slot where slot="vol-2"')).toMatch(
      /^\*2 B slot/m,
    );
  });

  test('of files: names without the first slash, sizes rounded', async () => {
    const { exec } = await device();
    expect(await exec('/file print detail where name~"vol-2"')).toBe(
      'Flags: \n1  name="raid1/vol-2.img" type=".img file" size=2.0MiB last-modified=2026-01-01 00:00:00',
    );
  });

  test('of resources: names to the right, with units', async () => {
    const { exec, clock } = await device();
    await clock.advance((26 * 3600 + 125) * 1000);
    const lines = (await exec('/system resource print')).split('\n');
    expect(lines.slice(0, 2)).toEqual([
      '                   uptime: 1d2h2m5s',
      '                  version: 7.21.5 (stable)',
    ]);
    expect(lines).toContain('            cpu-frequency: 2000MHz');
    expect(lines).toContain('                 cpu-load: 1%');
    expect(lines).toContain('             total-memory: 32.0GiB');
    expect(await exec(':put [/system resource get cpu-frequency]')).toBe('2000');
    expect(await exec(':put [/system resource get uptime]')).toBe('1d02:02:05');
  });

  test.each(['follow', 'follow-only', 'file=x', 'group-by=type'])(
    '%s: told that it is not there',
    async (form) => {
      const { exec } = await device();
      expect(await exec(`/disk print ${form}`)).toBe(
        `failure: print ${form.split('=')[0] ?? ''} is not simulated`,
      );
    },
  );
});

describe('what goes on by itself', () => {
  test('print interval is stopped by the time limit, having printed each time', async () => {
    const { device: made, clock } = await device();
    const running = made.exec('/disk print count-only interval=1');
    await clock.advance(0);
    let ended = false;
    void running.finally(() => (ended = true));
    for (let i = 0; i < 3; i += 1) await clock.advance(1000);
    expect(ended).toBe(false);
    const stop = new AbortController();
    const lines: string[] = [];
    const watched = made.run('/disk monitor-traffic vol-1', {
      policies: ['read', 'test'],
      output: { width: 80, line: (text) => void lines.push(text) },
      signal: stop.signal,
    });
    await clock.advance(2000);
    expect(lines.filter((line) => line.includes('slot: vol-1'))).toHaveLength(3);
    stop.abort();
    await watched;
    expect(lines.at(-1)).toBe('interrupted');
  });

  test('monitor-traffic once, for a duration, as a value', async () => {
    const { exec, device: made, clock } = await device();
    expect((await exec('/disk monitor-traffic vol-1 once')).split('\n').slice(0, 2)).toEqual([
      '           slot: vol-1',
      '       read-ops: 0',
    ]);
    expect(await exec(':put ([/disk monitor-traffic vol-1 once as-value]->"in-flight-ops")')).toBe('0');
    const running = made.exec('/disk monitor-traffic vol-1 duration=2s');
    for (let i = 0; i < 3; i += 1) await clock.advance(1000);
    expect((await running).match(/slot: vol-1/g)).toHaveLength(3);
  });
});

describe('menus beside the command dumps', () => {
  test('are there to be read', async () => {
    const { exec } = await device();
    expect(await exec('/system routerboard print')).toContain('  routerboard: yes\n');
    expect(await exec(':put [/system routerboard get model]')).toBe('RDS2216-2XG-4S+4XS-2XQ');
    expect(await exec(':put [/ip/address get [find where interface="qsfp28-1-1"] address]')).toBe(
      '10.77.0.1/24',
    );
    expect(await exec('/interface print count-only')).toBe('2');
    expect(await exec('/ip neighbor print detail without-paging')).toBe('Flags: ');
  });

  test.each([
    ['/interface set lo mtu=1500', 'bad command name set (line 1 column 12)'],
    ['/routing bgp peer print detail', 'bad command name peer (line 1 column 14)'],
    ['/export', 'bad command name export (line 1 column 2)'],
    ['/ip/dns print', 'bad command name dns (line 1 column 5)'],
  ])('%s: %s', async (line, error) => {
    const { exec } = await device();
    expect(await exec(line)).toBe(error);
  });
});
