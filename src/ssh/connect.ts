import type { Connect, Connection, SshTarget } from './connection.ts';
import { processEnvironment, type SshEnvironment } from './environment.ts';
import { labelOf, peerOf } from './hop.ts';
import type { Link } from './link.ts';
import { openHop } from './open-hop.ts';
import { planRoute } from './route.ts';
import { openSession } from './session.ts';

/** Output that one command may have, in bytes: far more than any answer that is asked for. */
const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;

/**
 * Opens a connection over ssh2 and logs in. ssh2 is loaded at the first call, while TCP connects.
 *
 * @throws RdsctlError CONNECT_FAILED, LOGIN_FAILED, HOST_KEY_UNKNOWN, HOST_KEY_MISMATCH, BAD_KEY_FILE, BAD_CONFIG (of
 * ~/.ssh/config), LOCAL_IO (a configured known_hosts file), or the signal's reason
 */
export const connect: Connect = (target, options) => connectFrom(processEnvironment(), target, options);

/** As {@link connect}, with a made-up environment and limit. */
export async function connectFrom(
  environment: SshEnvironment,
  target: SshTarget,
  options: { signal?: AbortSignal },
  maxOutputBytes = MAX_OUTPUT_BYTES,
): Promise<Connection> {
  const hops = await planRoute(target, environment);
  let link: Link | null = null;
  for (const hop of hops) {
    try {
      link = await openHop(hop, link, options.signal);
    } catch (error) {
      link?.destroy();
      throw error;
    }
  }
  const last = hops.at(-1);
  if (link === null || last === undefined) throw new Error('a way without a host');
  return openSession(link, peerOf(last), labelOf(last), maxOutputBytes);
}
