import { describe, expect, it } from 'vitest';

import type { DiskChange } from '../../src/operations/ports/storage-server.ts';
import type { ExecResult } from '../../src/ssh/connection.ts';
import { routerOsServer, type RouterOsServerOptions } from '../../src/storage-server/routeros-server.ts';
import { RdsctlError } from '../../src/errors/rdsctl-error.ts';
import { FakeConnection } from '../fakes/fake-connection.ts';
import { failure } from '../fakes/outcome.ts';

const MARK = 'n0';
const lines = (...all: string[]) => all.map((line) => `${line}\r\n`).join('');
const looked = (json: string, version = '7.21.5 (stable)') =>
  lines(`BEGIN ${MARK}`, version, `NEXT ${MARK}`, json, `OK ${MARK}`);
const changed = (json: string, index = 0) => lines(`BEGIN ${MARK}.${index}`, json, `OK ${MARK}.${index}`);
const refusal = (text: string, index = 0) => lines(`BEGIN ${MARK}.${index}`, `ERR ${MARK}.${index} ${text}`);
const revoke: DiskChange = { kind: 'revoke', slot: 'vol-1', expectComment: '', comment: 'tag' };

function setup(
  answer: string | Partial<ExecResult> | RdsctlError,
  over: Partial<RouterOsServerOptions> = {},
) {
  const connection = new FakeConnection(() => {
    if (answer instanceof RdsctlError) throw answer;
    return typeof answer === 'string' ? { stdout: answer } : answer;
  });
  const told: { line: string; changes: boolean }[] = [];
  const server = routerOsServer({
    name: 'rds1',
    nvmeAddress: '10.77.0.1',
    user: 'rdsctl',
    connection,
    commandTimeoutMs: 30_000,
    mayTouch: () => true,
    onCommand: (line, changes) => told.push({ line, changes }),
    nonce: () => MARK,
    ...over,
  });
  return { server, connection, told };
}

describe('any exec', () => {
  it('is told before it is sent, goes out in one line, with the time-out and the signal', async () => {
    const { server, connection, told } = setup(looked('[]'));
    const { signal } = new AbortController();
    await server.look('all', { signal });
    expect(connection.sent).toHaveLength(1);
    expect(connection.sent[0]?.command).not.toMatch(/[\r\n]/);
    expect(connection.sent[0]?.options).toEqual({ timeoutMs: 30_000, signal });
    expect(told).toEqual([{ line: connection.sent[0]?.command, changes: false }]);
  });

  it('has a nonce of its own each time', async () => {
    const { server, connection } = setup(looked('[]'));
    const own = routerOsServer({
      name: 'rds1',
      nvmeAddress: '10.77.0.1',
      user: 'rdsctl',
      connection,
      commandTimeoutMs: 1,
      mayTouch: () => true,
    });
    await failure(own.look('all'));
    await failure(own.look('all'));
    const [first, second] = connection.sent.map(({ command }) => /BEGIN ([0-9a-f]{16})"/.exec(command)?.[1]);
    expect(first).toBeDefined();
    expect(first).not.toBe(second);
    await server.close();
    expect(connection.closed).toBe(true);
  });

  it.each([1, 127, 255])('with exit status %i failed, whatever was printed', async (exitCode) => {
    const { server } = setup({ stdout: looked('[]'), exitCode });
    expect(await failure(server.look('all'))).toMatchObject({
      reason: 'REMOTE_ERROR',
      details: { rds: 'rds1', exitStatus: exitCode, sent: true },
    });
  });

  it('with no exit status at all is judged by what it printed', async () => {
    const { server } = setup({ stdout: looked('[]'), exitCode: null });
    expect((await server.look('all')).disks).toEqual([]);
  });

  it('that got no answer says so as the connection does', async () => {
    const lost = new RdsctlError('NO_ANSWER', { message: 'no answer' });
    const { server } = setup(lost);
    expect(await failure(server.look('all'))).toBe(lost);
    expect(await failure(server.change([revoke]))).toBe(lost);
    expect(await failure(server.inFlight(['vol-1']))).toBe(lost);
  });

  it('answered under another nonce is not understood', async () => {
    const { server } = setup(looked('[]').replaceAll(MARK, 'n1'));
    expect((await failure(server.look('all'))).reason).toBe('BAD_ANSWER');
  });

  it('without the policy says which is needed, caught by the script or not', async () => {
    for (const text of [
      'not enough permissions (9)\r\n',
      lines(`BEGIN ${MARK}`, `ERR ${MARK} not enough permissions (9)`),
    ]) {
      const { server } = setup(text);
      expect((await failure(server.look('all'))).reason).toBe('NOT_PERMITTED');
      expect((await failure(server.inFlight(['vol-1']))).reason).toBe('NOT_PERMITTED');
    }
  });

  it('opens the connection without waiting', () => {
    const { server, connection } = setup('');
    server.open();
    expect(connection.opened).toBe(1);
  });
});

describe('look', () => {
  it('gives the disks that were asked for and may be touched', async () => {
    const json = '[{"slot":"vol-1"},{"slot":"vol-2"},{"slot":"sys"}]';
    const { server } = setup(looked(json), { mayTouch: (slot) => slot.startsWith('vol-') });
    expect((await server.look('all')).disks.map(({ slot }) => slot)).toEqual(['vol-1', 'vol-2']);
    expect((await server.look(['vol-2'])).disks.map(({ slot }) => slot)).toEqual(['vol-2']);
    expect((await server.look(['sys'])).disks).toEqual([]);
    expect((await server.look(['vol-'])).disks).toEqual([]);
    expect((await server.look('all')).version).toBe('7.21.5 (stable)');
  });

  it('reads what a disk leaves out by the version that was told with it', async () => {
    const { server } = setup(looked('[{"slot":"vol-1"}]', '7.20.8'));
    expect((await server.look('all')).disks[0]?.nqn).toBe('vol-1');
  });

  it('refuses a RouterOS that is too old, and an answer without a version', async () => {
    const old = await failure(setup(looked('[]', '7.16.1')).server.look('all'));
    expect(old).toMatchObject({ reason: 'UNSUPPORTED_VERSION', exitCode: 10, now: 'Nothing was changed.' });
    expect(old.message).toContain('RouterOS 7.16.1');
    expect((await failure(setup(looked('[]', 'stable')).server.look('all'))).reason).toBe('BAD_ANSWER');
    expect((await failure(setup(lines(`BEGIN ${MARK}`, `OK ${MARK}`)).server.look('all'))).reason).toBe(
      'BAD_ANSWER',
    );
  });

  it.each(['[{"slot":"vol-1"}', '[{"slot":"vol-1","size":"big"}]', '{"slot":"vol-1"}', 'no such item'])(
    'does not take %s for disks',
    async (json) => {
      const error = await failure(setup(looked(json)).server.look('all'));
      expect(error.reason).toBe('BAD_ANSWER');
      expect(error.details['answer']).toBe(json);
    },
  );

  it('passes on the words of a script that failed', async () => {
    const { server } = setup(lines(`BEGIN ${MARK}`, `ERR ${MARK} failure: disk subsystem not ready`));
    expect(await failure(server.look('all'))).toMatchObject({
      reason: 'REMOTE_ERROR',
      message: 'rds1 answered: failure: disk subsystem not ready',
    });
  });
});

describe('change', () => {
  const disk = '[{"slot":"vol-1","comment":"tag","nvme-tcp-export":false}]';

  it('gives the disk as it was read back, and tells that it changes', async () => {
    const { server, told } = setup(changed(disk));
    expect(await server.change([revoke])).toMatchObject([
      { slot: 'vol-1', ok: true, disk: { slot: 'vol-1', comment: 'tag', exported: false } },
    ]);
    expect(told[0]?.changes).toBe(true);
  });

  it.each([
    ['rdsctl: no-such-disk', 'no-such-disk'],
    ['rdsctl: comment-changed', 'comment-changed'],
    ['rdsctl: exported', 'exported'],
    ['rdsctl: not-exported', 'not-exported'],
    ['rdsctl: comment-changed (:error; line 1)', 'comment-changed'],
    ['rdsctl: exported-by-magic', 'exported'],
    ['failure: slot vol-1 is busy', 'error'],
    ['the user said rdsctl: exported', 'error'],
    ['', 'error'],
  ])('a refusal with the words %j is "%s"', async (text, why) => {
    expect(await setup(refusal(text)).server.change([revoke])).toEqual([
      { slot: 'vol-1', ok: false, why, text },
    ]);
  });

  it('keeps the outcomes of several apart', async () => {
    const two = { ...revoke, slot: 'vol-2' };
    const { server } = setup(refusal('rdsctl: comment-changed', 0) + changed('[{"slot":"vol-2"}]', 1));
    expect(await server.change([revoke, two])).toMatchObject([
      { slot: 'vol-1', ok: false, why: 'comment-changed' },
      { slot: 'vol-2', ok: true },
    ]);
  });

  it('of several with one answer missing gives none: any of them may have happened', async () => {
    const two = { ...revoke, slot: 'vol-2' };
    expect((await failure(setup(changed(disk)).server.change([revoke, two]))).reason).toBe('BAD_ANSWER');
  });

  it('whose answer does not show the disk, or another, is not understood', async () => {
    for (const json of ['[]', '', '[{"slot":"vol-10"}]', '[{"slot":"vol-1"', '7']) {
      expect((await failure(setup(changed(json)).server.change([revoke]))).reason).toBe('BAD_ANSWER');
    }
  });

  it('without the policy says which is needed', async () => {
    const { server } = setup(refusal('failure: not enough permissions (9)'));
    expect((await failure(server.change([revoke]))).reason).toBe('NOT_PERMITTED');
  });
});

describe('inFlight', () => {
  it('gives a count per volume, and null where what was told is none', async () => {
    const { server, told } = setup(
      lines(
        `BEGIN ${MARK}`,
        '{"in-flight-ops":2}',
        `NEXT ${MARK}`,
        '{"slot":"vol-2"}',
        `NEXT ${MARK}`,
        '[{"in-flight-ops":0}]',
        `OK ${MARK}`,
      ),
    );
    expect([...(await server.inFlight(['vol-1', 'vol-2', 'vol-3', 'vol-4']))]).toEqual([
      ['vol-1', 2],
      ['vol-2', null],
      ['vol-3', 0],
      ['vol-4', null],
    ]);
    expect(told[0]?.changes).toBe(false);
  });

  it('fails with the words of a script that failed: that is not "nothing in flight"', async () => {
    const { server } = setup(lines(`BEGIN ${MARK}`, `ERR ${MARK} no such item`));
    expect((await failure(server.inFlight(['vol-1']))).reason).toBe('REMOTE_ERROR');
  });
});
