import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openScene } from './scene.ts';

/** What takes connections and answers nothing: a cluster that hangs. Nobody has to wait for it to the end. */

let silent: Server;
const sockets = new Set<Socket>();
beforeAll(async () => {
  silent = createServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  silent.close();
});

test.each([
  'list',
  'attach vol-1 node-1',
  'fence node-1 --yes',
  'reconcile',
  'state check',
  'state export -',
  'doctor',
])('%s ends with --timeout, and with a signal: not with what the cluster did not say', async (command) => {
  const scene = await openScene({ nodes: 1 });
  scene.configure({ state: { url: `etcd://127.0.0.1:${(silent.address() as AddressInfo).port}` } });
  const words = [...command.split(' '), '-o', 'json'];
  const late = await scene.run(...words, '--timeout', '300ms');
  expect([late.code, late.error()['reason']]).toEqual([124, 'TIMED_OUT']);
  const connected = once(silent, 'connection');
  const running = scene.start(words);
  await connected;
  running.signal('SIGINT');
  const ended = await running.ended;
  expect([ended.code, ended.error()['reason']]).toEqual([130, 'INTERRUPTED']);
  for (const { stderr } of [late, ended]) expect(stderr).not.toContain('no answer within');
  expect(scene.events()).toEqual([]);
});
