import type { Config } from '../../config/config.ts';
import type { MayTouch } from '../../operations/resolve.ts';

/** Which slots of which storage server rdsctl may touch, by the configuration's globs. */
export async function volumeGlobs(config: Config): Promise<MayTouch> {
  const servers = Object.entries(config.storageServers);
  const everything = servers.every(([, { volumes }]) => volumes.includes('*'));
  if (everything) return (rds) => rds in config.storageServers;
  const { default: picomatch } = await import('picomatch');
  const matchers = new Map(servers.map(([name, { volumes }]) => [name, picomatch([...volumes])]));
  return (rds, slot) => matchers.get(rds)?.(slot) ?? false;
}
