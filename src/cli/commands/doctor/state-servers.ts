import type { EtcdLocation } from '../../../config/state-location.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import type { KeptByServers, StateServerFacts } from '../../../operations/ports/here.ts';
import type { CommandContext } from '../../command.ts';
import { daysLeft, readCredentials } from '../../operating/etcd-credentials.ts';
import { readState } from '../../operating/read-state.ts';

/** Asks each server that is named for the state, side by side. Never throws for what it finds. */
export async function lookAtServers(
  location: EtcdLocation,
  { now, signal }: Pick<CommandContext, 'now' | 'signal'>,
): Promise<KeptByServers> {
  return {
    location: location.url,
    servers: await Promise.all(
      location.endpoints.map(async (endpoint): Promise<StateServerFacts> => {
        const ask = () => readState({ ...location, endpoints: [endpoint] }, signal);
        return { endpoint, failure: await failureOf(endpoint, ask) };
      }),
    ),
    certificates: certificatesOf(location, now()),
  };
}

async function failureOf(endpoint: string, ask: () => Promise<unknown>): Promise<string | null> {
  try {
    await ask();
    return null;
  } catch (error) {
    if (!(error instanceof RdsctlError) || ['TIMEOUT', 'SIGNAL'].includes(error.code)) throw error;
    const each = error.details['endpoints'];
    const own: unknown = typeof each === 'object' && each !== null ? Reflect.get(each, endpoint) : undefined;
    return typeof own === 'string' ? own : error.message;
  }
}

function certificatesOf(location: EtcdLocation, now: Date): KeptByServers['certificates'] {
  const { tls } = location;
  if (tls === null) return [];
  try {
    const { tls: read } = readCredentials({ login: null, tls });
    return [
      [tls.caFile, read?.ca],
      [tls.certFile, read?.cert],
    ].flatMap(([file, pem]) =>
      typeof file === 'string' && typeof pem === 'string' ? [{ file, daysLeft: daysLeft(pem, now) }] : [],
    );
  } catch (error) {
    // That a file can't be used is told with the other key files.
    if (error instanceof RdsctlError) return [];
    throw error;
  }
}
