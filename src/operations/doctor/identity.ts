import { isHostNqn } from '../../attachment/host-nqn.ts';
import type { Config } from '../../config/config.ts';
import type { State } from '../../state/state.ts';
import type { NodeView } from '../ports/node.ts';
import { checksOf, type Check } from './check.ts';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const NEW_NQN = 'nvme gen-hostnqn > /etc/nvme/hostnqn';
const NEW_ID = 'sed "s/.*:uuid://" /etc/nvme/hostnqn > /etc/nvme/hostid';
const FENCED_BY = 'The storage server tells nodes apart by it alone';

/** Who a node says it is. @param configured its host NQN in the configuration; null = left out */
export function checkIdentity(node: string, configured: string | null, view: NodeView): Check[] {
  return [...checkHostNqn(node, configured, view), ...checkHostId(node, configured, view)];
}

function checkHostNqn(node: string, configured: string | null, { hostNqnFile }: NodeView): Check[] {
  const { error, warning, ok } = checksOf(node);
  const [id, file] = ['node.host-nqn', '/etc/nvme/hostnqn'];
  if (hostNqnFile === null) {
    if (configured === null) {
      return [
        error(
          id,
          file,
          'is missing or empty',
          `${FENCED_BY}: nothing is attached to a node without.`,
          NEW_NQN,
        ),
      ];
    }
    const why = 'rdsctl passes the configured one; whatever else connects makes one up each time.';
    return [warning(id, file, 'is missing or empty', why, `echo ${configured} > /etc/nvme/hostnqn`)];
  }
  if (!isHostNqn(hostNqnFile)) {
    const severity = configured === null ? error : warning;
    const shown = JSON.stringify(hostNqnFile.slice(0, 80));
    return [severity(id, file, `is not a well-formed NQN: ${shown}`, `${FENCED_BY}.`, NEW_NQN)];
  }
  if (configured !== null && configured !== hostNqnFile) {
    const why = 'rdsctl passes the configured one; what is connected by hand comes as another host.';
    const found = 'is not the host NQN of the configuration';
    return [warning(id, file, found, why, `echo ${configured} > /etc/nvme/hostnqn`)];
  }
  return [ok(id, file, hostNqnFile)];
}

function checkHostId(node: string, configured: string | null, view: NodeView): Check[] {
  const { error, warning, info, ok } = checksOf(node);
  const [id, file] = ['node.host-id', '/etc/nvme/hostid'];
  const inNqn = (configured ?? view.hostNqnFile ?? '').split(':uuid:')[1] ?? null;
  const given = view.hostIdFile;
  if (given === null) {
    if (inNqn === null) {
      return [
        error(
          id,
          file,
          'is missing, and the host NQN holds none',
          'It is always passed beside the host NQN.',
          'uuidgen > /etc/nvme/hostid',
        ),
      ];
    }
    return [
      info(
        id,
        file,
        `is missing: ${inNqn} of the host NQN is used`,
        'Other tools make one up each time.',
        NEW_ID,
      ),
    ];
  }
  if (!UUID.test(given)) {
    return [
      error(
        id,
        file,
        `is not a UUID: ${JSON.stringify(given.slice(0, 60))}`,
        'It is always passed beside the host NQN.',
        NEW_ID,
      ),
    ];
  }
  if (inNqn !== null && inNqn.toLowerCase() !== given.toLowerCase()) {
    return [
      warning(
        id,
        file,
        `${given} is not the UUID of the host NQN (${inNqn})`,
        'An attach passes both as they are, and works; but often one of them was copied from another machine. Change it with no volume attached.',
        NEW_ID,
      ),
    ];
  }
  return [ok(id, file, given)];
}

/** What is known of one node's identity. */
interface Known {
  readonly node: string;
  readonly hostNqns: readonly string[];
  readonly hostIds: readonly string[];
}

/** Nodes that can't be told apart: attach refuses them, a fence can't cut one without the other (lab i1). */
export function checkTwins(
  config: Config,
  state: State | null,
  views: ReadonlyMap<string, NodeView>,
): Check[] {
  const known = identities(config, state, views);
  const found: Check[] = [];
  for (const [index, one] of known.entries()) {
    for (const other of known.slice(index + 1)) {
      const nqn = one.hostNqns.find((each) => other.hostNqns.includes(each));
      const hostId = one.hostIds.find((each) => other.hostIds.includes(each));
      if (nqn === undefined && hostId === undefined) continue;
      found.push(
        checksOf(other.node).error(
          'node.identity',
          `${one.node} and ${other.node}`,
          nqn === undefined ? `have one host ID (${hostId ?? ''})` : `have one host NQN (${nqn})`,
          'The storage server lets both in and shows them alike: neither can be fenced without the other.',
          `${NEW_NQN} && ${NEW_ID}`,
        ),
      );
    }
  }
  return found;
}

function identities(
  config: Config,
  state: State | null,
  views: ReadonlyMap<string, NodeView>,
): readonly Known[] {
  const names = new Set([...Object.keys(config.nodes), ...Object.keys(state?.nodes ?? {})]);
  const holders = new Set(
    Object.values(state?.attachments ?? {}).flatMap((each) => each.holders.map(({ node }) => node)),
  );
  return [...names].sort().flatMap((node) => {
    const configured = config.nodes[node];
    const record = state?.nodes[node];
    // One that was taken out of the configuration counts only while it may still hold something.
    if (configured === undefined && !holders.has(node) && (record?.fenced ?? null) === null) return [];
    const view = views.get(node);
    // What is remembered counts where the node itself was not seen: it may have been given another since.
    const files =
      view === undefined ? [record?.hostNqn, record?.hostId] : [view.hostNqnFile, view.hostIdFile];
    const nqn = configured?.hostNqn ?? files[0] ?? null;
    const hostId = files[1] ?? nqn?.split(':uuid:')[1] ?? null;
    return [
      {
        node,
        hostNqns: nqn === null ? [] : [nqn],
        hostIds: hostId === null ? [] : [hostId.toLowerCase()],
      },
    ];
  });
}
