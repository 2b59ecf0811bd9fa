import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { between, readConnects, readDisconnects, readView } from '../../src/node/report.ts';
import { failure } from '../fakes/outcome.ts';

const subsystem = (over: Record<string, unknown> = {}) => ({
  nqn: 'nqn.2000-02.com.mikrotik:f1',
  controllers: [
    { name: 'nvme0', state: 'live', address: 'traddr=10.77.0.1,trsvcid=4420,src_addr=10.77.0.11' },
  ],
  devices: [{ path: '/dev/nvme0n1', sectors: 2048, usable: true }],
  uses: [],
  ...over,
});
const view = (over: Record<string, unknown> = {}) => ({
  bootId: 'b',
  clock: '1763647380',
  kernel: '6.12.0',
  nvmeCli: 'nvme version 2.13 (git 2.13)',
  nvmeTcp: true,
  hostNqn: ' nqn.2014-08.com.example:host ',
  hostId: '',
  subsystems: [subsystem()],
  ...over,
});
const read = (raw: unknown) => readView(JSON.stringify(raw), 'node-1');

describe('between', () => {
  const whole = 'BEGIN n0\n{"a":1}\nOK n0\n';

  it('gives the report out of the noise of logins', () => {
    expect(between(whole, 'n0')).toBe('{"a":1}');
    expect(between(`Welcome!\nBEGIN n1\nOK n1\n${whole}logout\n`, 'n0')).toBe('{"a":1}');
    expect(between(`no newline at the end: ${whole}`, 'n0')).toBe('{"a":1}');
  });

  it('gives nothing that was cut at any byte', () => {
    for (let cut = 0; cut < whole.length; cut += 1) expect(between(whole.slice(0, cut), 'n0')).toBeNull();
  });

  it.each(['', 'OK n0\nBEGIN n0\n{}', 'BEGIN n0\n{} OK n0\n', 'BEGIN n01\n{}\nOK n01\n'])(
    'gives nothing of %j',
    (stdout) => {
      expect(between(stdout, 'n0')).toBeNull();
    },
  );

  it('never takes an end before its beginning', () => {
    expect(between(`\nOK n0\n${whole}`, 'n0')).toBe('{"a":1}');
    expect(between('BEGIN n0\nOK n0\n', 'n0')).toBe('');
  });
});

describe('readView', () => {
  it('reads all that a node tells', () => {
    expect(read(view())).toEqual({
      bootId: 'b',
      clock: 1_763_647_380_000,
      kernel: '6.12.0',
      nvmeCli: '2.13',
      nvmeTcp: true,
      hostNqnFile: 'nqn.2014-08.com.example:host',
      hostIdFile: null,
      subsystems: [
        {
          nqn: 'nqn.2000-02.com.mikrotik:f1',
          controllers: [{ name: 'nvme0', state: 'live', address: '10.77.0.1', port: 4420 }],
          devices: [{ path: '/dev/nvme0n1', sizeBytes: 1_048_576, usable: true }],
          uses: [],
        },
      ],
    });
  });

  it.each([
    ['nvme version 2.3 (git 2.3)', '2.3'],
    ['nvme version 2.13', '2.13'],
    ['nvme version 3.0-rc1', '3.0'],
    ['1.16', '1.16'],
    ['something else', 'unknown'],
    ['', 'unknown'],
    [null, null],
  ])('the version of nvme-cli in %j is %j', (told, meant) => {
    expect(read(view({ nvmeCli: told })).nvmeCli).toBe(meant);
  });

  it.each([
    ['traddr=fd00::1,trsvcid=4430', 'fd00::1', 4430],
    ['trsvcid=4420,host_traddr=10.77.0.11,traddr=10.77.0.1', '10.77.0.1', 4420],
    ['traddr=10.77.0.1', '10.77.0.1', 0],
    ['0000:01:00.0', '', 0],
    ['', '', 0],
    ['xtraddr=10.77.0.1,trsvcid=4420', '', 4420],
  ])('the address %j is %s port %i', (told, address, port) => {
    const controllers = [{ name: 'nvme0', state: 'live', address: told }];
    expect(read(view({ subsystems: [subsystem({ controllers })] })).subsystems[0]?.controllers).toEqual([
      { name: 'nvme0', state: 'live', address, port },
    ]);
  });

  it('reads the octal escapes of mountinfo, each once', () => {
    const uses = ['/a\\040b', '/a\\134040b', '/tab\\011', '/nl\\012x', '/plain', '/9\\999'].map((what) => ({
      kind: 'mount',
      what,
    }));
    const told = read(view({ subsystems: [subsystem({ uses })] })).subsystems[0]?.uses.map(
      ({ what }) => what,
    );
    expect(told).toEqual(['/a b', '/a\\040b', '/tab\t', '/nl\nx', '/plain', '/9\\999']);
  });

  it.each([
    ['a device outside of /dev', { devices: [{ path: '/tmp/nvme0n1', sectors: 1, usable: true }] }],
    ['a hidden path', { devices: [{ path: '/dev/nvme0c0n1', sectors: 1, usable: true }] }],
    ['a partition', { devices: [{ path: '/dev/nvme0n1p1', sectors: 1, usable: true }] }],
    [
      'a path with more in it',
      { devices: [{ path: '/dev/nvme0n1\n/etc/passwd', sectors: 1, usable: true }] },
    ],
    ['a negative size', { devices: [{ path: '/dev/nvme0n1', sectors: -1, usable: true }] }],
    ['"usable" as a text', { devices: [{ path: '/dev/nvme0n1', sectors: 1, usable: 'true' }] }],
    ['a use of an unknown kind', { uses: [{ kind: 'friend', what: 'x' }] }],
    ['no controllers', { controllers: undefined }],
  ])('does not understand %s', async (_what, over) => {
    const error = await failure(() => read(view({ subsystems: [subsystem(over)] })));
    expect(error).toMatchObject({ reason: 'BAD_ANSWER', exitCode: 10, details: { node: 'node-1' } });
  });

  it.each([
    { clock: 'now' },
    { clock: '' },
    { nvmeTcp: 'yes' },
    { bootId: null },
    { subsystems: null },
    { hostNqn: null },
  ])('does not understand %j', async (over) => {
    expect((await failure(() => read(view(over)))).reason).toBe('BAD_ANSWER');
  });

  it('does not understand a report that was cut at any byte, and shows its beginning', async () => {
    const json = JSON.stringify(view());
    for (let cut = 0; cut < json.length; cut += 1) {
      const error = await failure(() => readView(json.slice(0, cut), 'node-1'));
      expect(error.reason).toBe('BAD_ANSWER');
      expect(String(error.details['answer']).length).toBeLessThanOrEqual(300);
    }
  });

  it('fails with BAD_ANSWER, and nothing else, whatever comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (json) => {
        expect((await failure(() => readView(json, 'node-1'))).reason).toBe('BAD_ANSWER');
      }),
    );
  });
});

describe('readConnects and readDisconnects', () => {
  it('read what came of it', () => {
    const connected = { connected: true, words: ' hm \n', subsystem: null };
    expect(readConnects(JSON.stringify([connected]), 'n', 1)).toEqual([{ ...connected, words: 'hm' }]);
    expect(
      readDisconnects(
        JSON.stringify([
          { uses: [{ kind: 'mount', what: '/a\\040b' }], words: '', subsystem: subsystem() },
          { uses: [], words: '', subsystem: null },
        ]),
        'n',
        2,
      ),
    ).toEqual([
      {
        uses: [{ kind: 'mount', what: '/a b' }],
        words: '',
        controllers: [{ name: 'nvme0', state: 'live', address: '10.77.0.1', port: 4420 }],
      },
      { uses: [], words: '', controllers: [] },
    ]);
  });

  it('do not take something missing for nothing', async () => {
    for (const json of ['{}', '{"uses":[],"words":""}', '{"words":"","subsystem":null}', 'null', '[]']) {
      expect((await failure(() => readDisconnects(json, 'n', 1))).reason).toBe('BAD_ANSWER');
      expect((await failure(() => readDisconnects(`[${json}]`, 'n', 1))).reason).toBe('BAD_ANSWER');
      expect((await failure(() => readConnects(json, 'n', 1))).reason).toBe('BAD_ANSWER');
      expect((await failure(() => readConnects(`[${json}]`, 'n', 1))).reason).toBe('BAD_ANSWER');
    }
    const one = '{"connected":true,"words":"","subsystem":null}';
    expect((await failure(() => readConnects(`[${one}]`, 'n', 2))).reason).toBe('BAD_ANSWER');
    const gone = '{"uses":[],"words":"","subsystem":null}';
    expect((await failure(() => readDisconnects(`[${gone}]`, 'n', 2))).reason).toBe('BAD_ANSWER');
  });
});
