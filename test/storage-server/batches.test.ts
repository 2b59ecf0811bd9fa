import { expect, it } from 'vitest';

import type { DiskChange } from '../../src/operations/ports/storage-server.ts';
import { routerOsServer } from '../../src/storage-server/routeros-server.ts';
import { FakeConnection } from '../fakes/fake-connection.ts';

it('makes many changes in few execs, none of which grows without bound', async () => {
  const slots = Array.from({ length: 50 }, (_, number) => `vol-${number}`);
  const connection = new FakeConnection((command) => ({
    stdout: [...command.matchAll(/BEGIN (n\.\d+)";.*?slot="(vol-\d+)"/g)]
      .map(
        ([, mark, slot]) =>
          `BEGIN ${mark ?? ''}\r\n[{"slot":"${slot ?? ''}","type":"file"}]\r\nOK ${mark ?? ''}\r\n`,
      )
      .join(''),
  }));
  const server = routerOsServer({
    name: 'rds1',
    nvmeAddress: '10.77.0.1',
    user: 'rdsctl',
    connection,
    commandTimeoutMs: 30_000,
    mayTouch: () => true,
    nonce: () => 'n',
  });
  const changes = slots.map((slot): DiskChange => ({
    kind: 'revoke',
    slot,
    expectComment: 'a comment '.repeat(5),
    comment: 'another',
  }));
  const outcomes = await server.change(changes);
  expect(outcomes.map(({ slot }) => slot)).toEqual(slots);
  expect(connection.sent).toHaveLength(3);
  for (const { command } of connection.sent) expect(command.length).toBeLessThan(20_000);
});
