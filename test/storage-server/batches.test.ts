import { expect, it } from 'vitest';

import type { DiskChange } from '../../src/operations/ports/storage-server.ts';
import { routerOsServer } from '../../src/storage-server/routeros-server.ts';
import type { ExecResult } from '../../src/ssh/connection.ts';
import { FakeConnection } from '../fakes/fake-connection.ts';
import { failure } from '../fakes/outcome.ts';

const done = (command: string) => ({
  stdout: [...command.matchAll(/BEGIN (n\.\d+)";.*?slot="(vol-\d+)"/g)]
    .map(
      ([, mark, slot]) =>
        `BEGIN ${mark ?? ''}\r\n[{"slot":"${slot ?? ''}","type":"file"}]\r\nOK ${mark ?? ''}\r\n`,
    )
    .join(''),
});

function setup(answers: (command: string) => Partial<ExecResult>) {
  const connection = new FakeConnection(answers);
  const server = routerOsServer({
    name: 'rds1',
    nvmeAddress: '10.77.0.1',
    user: 'rdsctl',
    connection,
    commandTimeoutMs: 30_000,
    mayTouch: () => true,
    nonce: () => 'n',
  });
  const slots = Array.from({ length: 50 }, (_, number) => `vol-${number}`);
  const changes = slots.map((slot): DiskChange => ({
    kind: 'revoke',
    slot,
    expectComment: 'a comment '.repeat(5),
    comment: 'another',
  }));
  return { connection, server, slots, changes };
}

it('makes many changes in few execs, none of which grows without bound', async () => {
  const { connection, server, slots, changes } = setup(done);
  const outcomes = await server.change(changes);
  expect(outcomes.map(({ slot }) => slot)).toEqual(slots);
  expect(connection.sent).toHaveLength(3);
  for (const { command } of connection.sent) expect(command.length).toBeLessThan(20_000);
});

it('says that something was sent where a later exec is refused, though nothing of that one was', async () => {
  const refused = { stdout: 'not enough permissions (9)\r\n' };
  const { server, changes } = setup((command) => (command.includes('vol-20') ? refused : done(command)));
  expect(await failure(server.change(changes))).toMatchObject({
    reason: 'NOT_PERMITTED',
    details: { sent: true },
  });
  const first = setup(() => refused);
  expect((await failure(first.server.change(first.changes))).details).not.toHaveProperty('sent');
});
