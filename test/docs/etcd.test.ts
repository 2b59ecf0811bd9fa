import { execFile } from 'node:child_process';
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkConfigText } from '../../src/config/check-config.ts';
import { openScene, type Scene } from '../commands/scene.ts';
import { EtcdServer } from '../state/etcd/etcd-server.ts';
import { readDocument } from './document.ts';
import { Runbook } from './runbook.ts';
import type { Answer, Programs } from './shell.ts';

/** docs/ETCD.md, played against a real etcd. Its cluster of three is one of one member here, without TLS. */

const FILE = 'docs/ETCD.md';

let server: EtcdServer;
beforeEach(async () => {
  server = await EtcdServer.start();
});
afterEach(() => server.dispose());

const URL_HERE = (): string => `${server.endpoint.replace('http:', 'etcd:')}/rdsctl`;

/** The real etcdctl, as root where authentication is on. */
function etcdctl(words: readonly string[], user: string | null): Promise<Answer> {
  const args = [`--endpoints=${server.endpoint}`, ...(user === null ? [] : [`--user=${user}`]), ...words];
  return new Promise((resolve) => {
    execFile('etcdctl', args, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

let root: string | null = null;

/** The places that the document names, as they are here. */
function programs(scene: Scene): Programs {
  const here = (word: string): string =>
    word
      .replace('etcds://etcd1,etcd2,etcd3/rdsctl', URL_HERE())
      .replace(/^\/var\/lib\/rdsctl/, scene.stateDir);
  return {
    rdsctl: (words) => scene.run(...words.map(here)),
    etcdctl: (words) => etcdctl(words, root),
    mv: ([from = '', to = '']) => {
      renameSync(
        join(scene.dir, here(from).replace(scene.dir, '')),
        join(scene.dir, here(to).replace(scene.dir, '')),
      );
      return { code: 0, stdout: '', stderr: '' };
    },
  };
}

const book = new Runbook(FILE, programs);

test('the section of the configuration is valid, and names every key', () => {
  const yaml = readDocument(FILE).sections.flatMap(({ blocks }) =>
    blocks.filter(({ language }) => language === 'yaml'),
  );
  expect(yaml).toHaveLength(1);
  const { problems, warnings, parsed } = checkConfigText(yaml[0]?.lines.join('\n') ?? '');
  expect({ problems, warnings }).toEqual({ problems: [], warnings: [] });
  expect(Object.values(parsed?.state ?? {}).filter((value) => value !== undefined)).toHaveLength(6);
});

test('there, a fence without it, and back', async () => {
  const scene = await openScene({ nodes: 3, volumes: 2 });
  expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
  expect((await scene.run('attach', 'vol-2', 'node-2')).code).toBe(0);
  const before = await scene.state();
  await book.play(scene, 'Moving the state there');
  expect((await scene.run('list')).code).toBe(9);
  const inEtcd = (...words: string[]) => scene.run('--state', URL_HERE(), ...words);
  expect(JSON.parse((await inEtcd('state', 'export', '-')).stdout)).toMatchObject({
    lineage: before.lineage,
    serial: before.serial,
  });
  expect((await inEtcd('move', 'vol-1', 'node-3')).code).toBe(0);
  expect((await inEtcd('state', 'export', 'last-export.json')).code).toBe(0);
  await server.kill();
  expect((await inEtcd('fence', 'node-2', '--yes')).code).toBe(6);
  await book.play(scene, 'A fence without etcd', {
    after: {
      1: async () => {
        expect(scene.sessions('vol-2')).toEqual([]);
        await server.run();
      },
    },
  });
  expect((await inEtcd('list', '-o', 'json')).json()['items']).toMatchObject([
    { volume: 'vol-1', node: 'node-3', phase: 'attached' },
    { volume: 'vol-2', phase: 'fenced' },
  ]);
  await book.play(scene, 'Moving it back');
  expect((await scene.run('list', '-o', 'name')).stdout).toBe('vol-1\nvol-2\n');
  expect((await inEtcd('list')).stderr).toBe('No attachments.\n');
  expect((await scene.run('detach', 'vol-1')).code).toBe(0);
});

test('a user with the rights that are named, and no others, is enough', async () => {
  const scene = await openScene({ nodes: 2, volumes: 1 });
  await book.play(scene, 'A user of its own');
  const file = join(scene.dir, 'etcd-password');
  const password = readFileSync(file, 'utf8').trim();
  expect(password).toMatch(/^[0-9a-f]{48}$/);
  expect((await etcdctl(['user', 'add', 'root:r00t'], null)).code).toBe(0);
  expect((await etcdctl(['user', 'grant-role', 'root', 'root'], null)).code).toBe(0);
  expect((await etcdctl(['auth', 'enable'], null)).code).toBe(0);
  root = 'root:r00t';
  const inEtcd = (command: string) => scene.run('--state', URL_HERE(), ...command.split(' '));
  expect((await inEtcd('attach vol-1 node-1')).code).toBe(6);
  scene.configure({ state: { user: 'storage', passwordFile: file } });
  for (const command of [
    'attach vol-1 node-1',
    'move vol-1 node-2',
    'fence node-2 --yes',
    'state backup',
    'state restore --list',
    'state check',
    'state unlock --dead',
    'unfence node-2',
    'reconcile',
    'doctor',
  ]) {
    const { code, stderr } = await inEtcd(command);
    expect(code, `${command}: ${stderr}`).toBe(0);
  }
  expect((await etcdctl(['put', '/rdsctl-other/x', '1'], `storage:${password}`)).code).not.toBe(0);
  expect((await inEtcd('state rebuild --yes')).code).toBe(0);
  expect(book.unplayed).toEqual([]);
});
