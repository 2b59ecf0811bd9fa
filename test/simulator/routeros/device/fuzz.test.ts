import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeDevice } from './fixture.ts';

const words = fc.constantFrom(
  ...[
    '/disk',
    'set',
    'print',
    'find',
    'get',
    'where',
    'vol-1',
    '*1',
    'comment=',
    'slot="vol-1"',
    '[',
    ']',
    '{',
  ],
  ...[
    '}',
    '(',
    ')',
    ';',
    '"',
    '$x',
    ':put',
    ':local x 1',
    'as-value',
    'detail',
    '/ip/firewall/raw',
    'add',
    '=',
  ],
  ...[
    'chain=prerouting',
    'action=drop',
    'remove',
    'numbers=',
    '~',
    '\\',
    '\n',
    'nvme-tcp-export=yes',
    'once',
  ],
  ...[
    'monitor-traffic',
    'proplist=slot',
    'from=',
    'count-only',
    'place-before=0',
    'unset',
    'value-name=comment',
  ],
);

test('no input crashes or hangs the device: it answers, with lines ended by CRLF', async () => {
  const { device } = await makeDevice();
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.array(words, { maxLength: 12 }).map((parts) => parts.join(' ')),
        fc.string({ maxLength: 60 }),
        fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
      ),
      async (line) => {
        const answer = await device.exec(line);
        expect(answer === '' || answer.endsWith('\r\n')).toBe(true);
      },
    ),
    { numRuns: 400 },
  );
});
