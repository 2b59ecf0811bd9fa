import fc from 'fast-check';
import type ssh2 from 'ssh2';
import { beforeEach, expect, test, vi } from 'vitest';
import type { Simulation } from '../../../src/simulator/simulation.ts';
import { exec, login, simulate } from './clients.ts';

/** Pieces of what terminals, people and attackers send. */
const piece = fc.oneof(
  { weight: 3, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  fc
    .constantFrom(
      ...[
        '\r',
        '\n',
        '\x03',
        '\x04',
        '\x1b',
        '\x1b[',
        '\x1b[A',
        '\x1b[D',
        '\x1b[99999999999999;1R',
        '\x1b/Z',
        '\x7f',
        '\t',
      ],
      ...[
        ':put ',
        '"',
        '{',
        '[',
        '$',
        '/disk ',
        'print ',
        'print interval=10ms',
        '/system resource print',
        ' q',
        'quit',
      ],
      ...[
        '/disk monitor-traffic vol-1',
        '/disk print detail\r',
        ':while (true) do={}',
        ':delay 1',
        '\\',
        '\0',
      ],
    )
    .map((text) => Buffer.from(text, 'latin1')),
  fc.integer({ min: 1, max: 100_000 }).map((length) => Buffer.alloc(length, 'a')),
);

interface Round {
  readonly pieces: readonly Buffer[];
  readonly windows: readonly (readonly [number, number])[];
  /** How the client leaves. */
  readonly leave: 'half-closed' | 'closed' | 'dropped';
  readonly terminal: boolean;
  readonly user: string;
}

const round: fc.Arbitrary<Round> = fc.record({
  pieces: fc.array(piece, { maxLength: 25 }),
  windows: fc.array(
    fc.tuple(fc.constantFrom(0, 1, 2, 80, 2 ** 31, 2 ** 32 - 1), fc.constantFrom(0, 1, 24, 2 ** 32 - 1)),
    { maxLength: 4 },
  ),
  leave: fc.constantFrom('half-closed' as const, 'closed' as const, 'dropped' as const),
  terminal: fc.boolean(),
  user: fc.constantFrom(
    'rdsctl',
    'rdsctl+cet',
    'rdsctl+cet2w',
    'rdsctl+1h1w',
    'rdsctl+++99999999999999999w%$',
  ),
});

/** What the simulator says of its own faults goes to stderr. */
const stderr = vi.spyOn(process.stderr, 'write');

beforeEach(() => {
  stderr.mockClear();
});

function expectNoFault(): void {
  expect(
    stderr.mock.calls.map(([text]) => String(text)).filter((text) => text.startsWith('simulate:')),
  ).toEqual([]);
}

async function play(
  simulation: Simulation,
  { pieces, windows, leave, terminal, user }: Round,
): Promise<void> {
  const client = await login(simulation, 'rds1', { username: user });
  const gone = new Promise<void>((resolve) => client.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    client.shell(terminal ? { cols: 80, rows: 24 } : false, (error, channel) => {
      if (error !== undefined) {
        reject(error);
        return;
      }
      channel.on('error', () => undefined);
      channel.resume();
      pieces.forEach((bytes, index) => {
        channel.write(bytes);
        const [rows, columns] = windows[index] ?? [0, 0];
        if (windows[index] !== undefined) channel.setWindow(rows, columns, 0, 0);
      });
      if (leave === 'half-closed') channel.end('\x03\x03\x03\r\x04');
      else if (leave === 'closed') channel.close();
      if (leave === 'dropped') client.destroy();
      resolve();
    });
  });
  if (leave !== 'dropped') client.end();
  await gone;
}

test('whatever is typed into a console, the simulator goes on', { timeout: 240_000 }, async () => {
  const simulation = await simulate();
  await fc.assert(
    fc.asyncProperty(round, async (each) => {
      await play(simulation, each);
      const { out } = await exec(await login(simulation), ':put alive');
      expect(out).toBe('alive\r\n');
      expectNoFault();
    }),
    { numRuns: 40, seed: 20_260_101 },
  );
});

test('whatever an exec says, it is answered and ended with 0', { timeout: 240_000 }, async () => {
  const simulation = await simulate();
  const client = await login(simulation);
  const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array).toString('latin1'));
  const script = fc
    .array(
      fc.constantFrom(
        ':put ',
        '"',
        '{',
        '}',
        '[',
        ']',
        '(',
        ')',
        '$a',
        '/disk ',
        'print ',
        'where ',
        '=',
        '~',
        ';',
        '\n',
        '\0',
        'slot',
        '*1',
        '5',
        ' ',
      ),
      { maxLength: 30 },
    )
    .map((words) => words.join(''));
  await fc.assert(
    fc.asyncProperty(fc.oneof(bytes, script), async (line) => {
      expect((await exec(client, line)).code).toBe(0);
      expectNoFault();
    }),
    { numRuns: 150, seed: 20_260_102 },
  );
});

test('a line without an end is forgotten beyond a limit, and the console goes on', async () => {
  const simulation = await simulate();
  const client = await login(simulation, 'rds1', { username: 'rdsctl+cet' });
  const { out } = await new Promise<{ out: string }>((resolve, reject) => {
    client.shell({ cols: 80, rows: 24 }, (error: Error | undefined, channel: ssh2.ClientChannel) => {
      if (error !== undefined) {
        reject(error);
        return;
      }
      let out = '';
      channel.on('data', (chunk: Buffer) => (out += chunk.toString('latin1')));
      channel.once('close', () => resolve({ out }));
      for (let i = 0; i < 40; i += 1) channel.write(Buffer.alloc(100_000, 'x'));
      channel.end('\x03:put alive\rquit\r');
    });
  });
  expect(out).toContain('\ralive\r\n');
  expect(out.length).toBeLessThan(1_000_000);
});
