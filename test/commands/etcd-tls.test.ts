import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEtcdStore } from '../../src/state/etcd/etcd-store.ts';
import { TestAuthority, type Identity } from '../state/etcd/certificates.ts';
import { EtcdServer } from '../state/etcd/etcd-server.ts';
import { accessTo, newPrefix, optionsFor } from '../state/etcd/fixture.ts';
import { openScene, type Scene } from './scene.ts';

/** An etcd that speaks TLS and wants a certificate; the files are named in the configuration. */

let authority: TestAuthority;
let client: Identity;
let server: EtcdServer;
beforeAll(async () => {
  authority = new TestAuthority();
  client = authority.issue('client');
  const { cert, key } = authority.issue('server');
  server = await EtcdServer.start({ cert, key, clientCa: authority.cert });
});
afterAll(async () => {
  await server.dispose();
  authority.dispose();
});

interface TlsScene {
  readonly scene: Scene;
  readonly url: string;
}

async function openTlsScene(): Promise<TlsScene> {
  const tls = { ca: authority.certText, cert: client.certText, key: client.keyText };
  const access = accessTo([server.endpoint], newPrefix(), { tls });
  const url = access.location.replace('etcd:', 'etcds:');
  const files = { caFile: authority.cert, certFile: client.cert, keyFile: client.key };
  const scene = await openScene({
    nodes: 2,
    volumes: 1,
    config: { state: { url, ...files } },
    openState: () => openEtcdStore(optionsFor(access)),
  });
  return { scene, url };
}

const checksOf = (stdout: string): unknown => (JSON.parse(stdout) as { checks: unknown }).checks;

test('commands work, also with the URL on the command line; doctor tells when certificates run out', async () => {
  const { scene, url } = await openTlsScene();
  for (const command of ['attach vol-1 node-1', 'state check', 'state backup', `list --state ${url}`])
    expect((await scene.run(...command.split(' '))).code, command).toBe(0);
  expect(Object.keys((await scene.state()).attachments)).toEqual(['rds1/vol-1']);
  const { stdout } = await scene.run('doctor', '-o', 'json');
  expect(checksOf(stdout)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ id: 'state.certificate', severity: 'warning', subject: client.cert }),
      expect.objectContaining({ id: 'state.certificate', severity: 'warning', subject: authority.cert }),
      expect.objectContaining({ id: 'state.servers', severity: 'info', subject: url }),
    ]),
  );
});

test.each<[string, (url: string) => object, RegExp]>([
  ['an authority that is not named', () => ({ caFile: null }), /not known here.*state\.caFile/],
  ['no client certificate', () => ({ certFile: null, keyFile: null }), /client certificate/],
  [
    'no TLS',
    (url) => ({ url: url.replace('etcds:', 'etcd:'), caFile: null, certFile: null, keyFile: null }),
    /in place of etcd:/,
  ],
])('%s: exit 6, and nothing is changed', async (_, over, says) => {
  const { scene, url } = await openTlsScene();
  expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
  const events = scene.events().length;
  scene.configure({ state: over(url) });
  for (const command of ['list', 'move vol-1 node-2', 'fence node-1 --yes', 'reconcile']) {
    const refused = await scene.run(...command.split(' '), '-o', 'json');
    expect(refused.code, `${command}: ${refused.stderr}`).toBe(6);
    expect(refused.error()['reason']).toBe('STATE_UNREACHABLE');
    expect(String(refused.error()['message'])).toMatch(says);
  }
  expect(scene.events()).toHaveLength(events);
});

test('a client certificate that ran out: exit 6, and doctor says which file', async () => {
  const { scene } = await openTlsScene();
  const old = authority.issue('old', -1);
  scene.configure({ state: { certFile: old.cert, keyFile: old.key } });
  const refused = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
  expect([refused.code, refused.error()['reason']]).toEqual([6, 'STATE_UNREACHABLE']);
  const doctor = await scene.run('doctor', '-o', 'json');
  expect(doctor.code).toBe(1);
  expect(checksOf(doctor.stdout)).toContainEqual(
    expect.objectContaining({ id: 'state.certificate', severity: 'error', subject: old.cert }),
  );
  expect(scene.sessions('vol-1')).toEqual([]);
});

test('the key of another certificate, or one that others can read: exit 2 before anything is sent', async () => {
  const { scene } = await openTlsScene();
  scene.configure({ state: { keyFile: authority.issue('other').key } });
  const refused = await scene.run('list', '-o', 'json');
  expect([refused.code, refused.error()['reason']]).toEqual([2, 'BAD_KEY_FILE']);
  expect(String(refused.error()['message'])).toContain('is not that of the certificate');
});
