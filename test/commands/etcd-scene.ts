import { openEtcdStore } from '../../src/state/etcd/etcd-store.ts';
import type { EtcdServer } from '../state/etcd/etcd-server.ts';
import { accessTo, newPrefix, optionsFor } from '../state/etcd/fixture.ts';
import { openScene, type Scene, type SceneOptions } from './scene.ts';

/** A scene whose state is in etcd. */
export interface EtcdScene extends Scene {
  /** `etcd://host:port/prefix` */
  readonly url: string;
  /** What every key of it begins with; no slash at its end. */
  readonly prefix: string;
}

/** Opens a scene that keeps its state in a key space of its own; what stays on the host is in its directory. */
export async function openEtcdScene(server: EtcdServer, options: SceneOptions = {}): Promise<EtcdScene> {
  const prefix = newPrefix();
  const access = accessTo([server.endpoint], prefix);
  const scene = await openScene({
    ...options,
    config: { ...options.config, state: { url: access.location } },
    openState: () => openEtcdStore(optionsFor(access)),
  });
  return Object.assign(scene, { url: access.location, prefix });
}

/** A key and its value, as etcd has them. */
export async function keysUnder(server: EtcdServer, prefix: string): Promise<ReadonlyMap<string, string>> {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const end = `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`;
  const answer = await fetch(`${server.endpoint}/v3/kv/range`, {
    method: 'POST',
    body: JSON.stringify({ key: base64(prefix), range_end: base64(end) }),
  });
  const { kvs = [] } = (await answer.json()) as {
    kvs?: { key: string; value?: string; mod_revision: string }[];
  };
  const text = (encoded = ''): string => Buffer.from(encoded, 'base64').toString();
  return new Map(kvs.map(({ key, value, mod_revision }) => [text(key), `${mod_revision} ${text(value)}`]));
}

/** Writes a key as somebody else would. */
export async function putKey(server: EtcdServer, key: string, value: string): Promise<void> {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  await fetch(`${server.endpoint}/v3/kv/put`, {
    method: 'POST',
    body: JSON.stringify({ key: base64(key), value: base64(value) }),
  });
}
