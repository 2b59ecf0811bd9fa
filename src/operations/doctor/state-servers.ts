import type { HereFacts, StateServerFacts } from '../ports/here.ts';
import { checksOf, HERE, type Check } from './check.ts';

const { error, warning, info, ok } = checksOf(HERE);

/** A certificate that runs out within so many days is told. */
const SOON_DAYS = 14;

/** The servers that keep the state: how many of them answer, and for how long they still will. */
export function checkStateServers(kept: NonNullable<HereFacts['servers']>): Check[] {
  const { location, servers, certificates } = kept;
  return [...checkAnswers(location, servers), ...certificates.flatMap(checkCertificate)];
}

function checkAnswers(location: string, servers: readonly StateServerFacts[]): Check[] {
  const id = 'state.servers';
  const silent = servers.filter(({ failure }) => failure !== null);
  const count = `${servers.length - silent.length} of ${servers.length}`;
  if (silent.length > 0) {
    const why =
      silent.length === servers.length
        ? 'Nothing is changed anywhere while the state can not be read.'
        : 'The others do its work. When the majority of the cluster is gone nothing can be changed any more.';
    const severity = silent.length === servers.length ? error : warning;
    return silent.map(({ endpoint, failure }) =>
      severity(
        id,
        endpoint,
        `does not serve the state (${count} do): ${failure ?? ''}`,
        why,
        'etcdctl endpoint health --cluster',
      ),
    );
  }
  if (servers.length > 1) return [ok(id, location, `all ${servers.length} servers that are named answer`)];
  return [
    info(
      id,
      location,
      'answers, and is the only server that is named',
      'When it is gone nothing takes its place, also where its cluster has more members.',
      'rdsctl config show',
    ),
  ];
}

function checkCertificate({ file, daysLeft }: { readonly file: string; readonly daysLeft: number }): Check[] {
  const id = 'state.certificate';
  const days = Math.floor(Math.abs(daysLeft));
  const span = days === 1 ? '1 day' : `${days} days`;
  const why = 'Nothing is changed anywhere while the state can not be read.';
  const look = `openssl x509 -noout -dates -in ${file}`;
  if (daysLeft < 0) return [error(id, file, `ran out ${span} ago`, why, look)];
  if (daysLeft < SOON_DAYS) return [warning(id, file, `runs out in ${span}`, why, look)];
  return [ok(id, file, `good for ${span}`)];
}
