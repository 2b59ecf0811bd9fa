import { randomBytes } from 'node:crypto';
import type { Config } from '../../../config/config.ts';
import { makeEffective, parseConfig } from '../../../config/load-config.ts';
import { configText, type Draft, type DraftNode, type DraftServer } from '../../../config/written-config.ts';
import { isReason, RdsctlError } from '../../../errors/rdsctl-error.ts';
import { checkIdentity, checkTwins } from '../../../operations/doctor/identity.ts';
import type { NodeView } from '../../../operations/ports/node.ts';
import type { CommandContext } from '../../command.ts';
import { makeNode, makeServer } from '../../operating/adapters.ts';
import { volumeGlobs } from '../../operating/volume-globs.ts';
import type { Ask } from './ask.ts';

/** What reaching out needs of the command. */
export type Reaching = Pick<CommandContext, 'report' | 'signal' | 'io'> & {
  /** Null where there is nobody to ask. */
  readonly ask: Ask | null;
  /** Whether host keys are taken as they are shown. */
  readonly trustsAll: boolean;
  /** Where the file is going to be: relative paths start there. */
  readonly file: string;
};

type Host =
  | { readonly kind: 'server'; readonly draft: DraftServer }
  | { readonly kind: 'node'; readonly draft: DraftNode };

/** What a host said, in a few words; a node's view beside it. */
interface Told {
  readonly words: string;
  readonly view: NodeView | null;
}

/**
 * Reaches every host of a draft and fills in what they say: fingerprints of host keys that were agreed to,
 * and host NQNs.
 * @throws RdsctlError of the first host that can't be reached or used, unless somebody can be asked and wants
 *   it written all the same; NEEDS_CONFIRMATION for an unknown host key with nobody to ask
 */
export async function reachAll(draft: Draft, reaching: Reaching): Promise<Draft> {
  const views = new Map<string, NodeView>();
  const servers = await each(draft.servers, (server) =>
    reachHost({ kind: 'server', draft: server }, reaching),
  );
  const nodes = await each(draft.nodes, (node) => reachHost({ kind: 'node', draft: node }, reaching));
  for (const { draft: node, view } of nodes) if (view !== null) views.set(node.name, view);
  const filled: Draft = {
    servers: servers.map((one) => one.draft),
    nodes: nodes.map((one) => withIdentity(one.draft, one.view, views, reaching)),
  };
  for (const { subject, found, why, fix } of checkTwins(configOf(filled, reaching), null, views)) {
    const mend = fix === null ? '' : ` On one of them: ${fix.run}`;
    reaching.report({ type: 'warning', message: `${subject} ${found}. ${why ?? ''}${mend}` });
  }
  return filled;
}

/** One after another: each may have a question of its own. */
async function each<T, U>(all: readonly T[], work: (one: T) => Promise<U>): Promise<U[]> {
  const done: U[] = [];
  for (const one of all) done.push(await work(one));
  return done;
}

async function reachHost<D extends DraftServer | DraftNode>(
  host: Host & { readonly draft: D },
  reaching: Reaching,
): Promise<{ draft: D; view: NodeView | null }> {
  const { name, host: address } = host.draft;
  const { report, ask } = reaching;
  let draft = host.draft;
  for (;;) {
    reaching.signal.throwIfAborted();
    report({ type: 'step', id: name, title: `${name}: reach ${address}` });
    try {
      const { words, view } = await askHost({ ...host, draft } as Host, reaching);
      report({ type: 'step-end', id: name, result: 'done', note: words });
      return { draft, view };
    } catch (error) {
      const isNew = isReason(error, 'HOST_KEY_UNKNOWN') && draft.hostKey === null;
      report({
        type: 'step-end',
        id: name,
        result: 'failed',
        note: isNew ? 'its host key is not known' : messageOf(error),
      });
      if (!(error instanceof RdsctlError) || reaching.signal.aborted) throw error;
      if (isNew) {
        draft = { ...draft, hostKey: await agreedKey(name, error, reaching) };
        continue;
      }
      const all = ask !== null && error.reason !== 'HOST_KEY_MISMATCH';
      if (!all || !(await ask.agrees(`${error.message}\nWrite ${name} all the same?`))) {
        throw error.with({ now: 'Nothing was written.', hints: [...error.hints, OFFLINE] });
      }
      return {
        draft: { ...draft, remark: `not reached when this was written: ${error.message}` },
        view: null,
      };
    }
  }
}

const OFFLINE = { when: 'To write it without reaching anything, add:', run: '--offline' };

/** The fingerprint that somebody agreed to. */
async function agreedKey(
  name: string,
  error: RdsctlError,
  { ask, trustsAll, report }: Reaching,
): Promise<string> {
  const seen = error.details['seen'] as readonly string[];
  const types = error.details['seenTypes'] as readonly string[];
  const fingerprint = seen.at(-1);
  if (fingerprint === undefined) throw error;
  const shown = `${name} (${String(error.details['host'])}) shows the host key ${fingerprint} (${types.at(-1) ?? '?'})`;
  if (trustsAll) {
    report({ type: 'warning', message: `${shown}, taken unseen: compare it with the host itself` });
    return fingerprint;
  }
  if (ask === null) {
    throw new RdsctlError('NEEDS_CONFIRMATION', {
      message: `${shown}, which no known_hosts file has. There is no terminal to ask on`,
      now: 'Nothing was written.',
      hints: [{ when: 'If that is its fingerprint, agree to all of them beforehand:', run: '--yes' }],
      details: error.details,
    });
  }
  if (await ask.agrees(`${shown}.\nCompare it on the host itself. Is it the right one?`)) return fingerprint;
  throw new RdsctlError('DECLINED', {
    message: `the host key of ${name} was not agreed to`,
    now: 'Nothing was written.',
  });
}

async function askHost(host: Host, reaching: Reaching): Promise<Told> {
  const { signal, report, io } = reaching;
  const { name } = host.draft;
  const config = configOf(
    host.kind === 'server' ? { servers: [host.draft], nodes: [] } : { servers: [], nodes: [host.draft] },
    reaching,
  );
  const options = {
    dryRun: false,
    nonce: () => randomBytes(8).toString('hex'),
    onCommand: (command: string, changes: boolean) => {
      report({ type: 'command', host: name, command, changes });
    },
    probe: io.probes?.remote,
  };
  if (host.kind === 'server') {
    const server = makeServer(config, name, { ...options, mayTouch: await volumeGlobs(config) });
    try {
      const { version, disks } = await server.look('all', { signal });
      return { words: `RouterOS ${version}, ${disks.length} volumes`, view: null };
    } finally {
      await server.close();
    }
  }
  const node = makeNode(config, name, options);
  try {
    const view = await node.observe({ usesOf: [], signal });
    const nvmeCli = view.nvmeCli === null ? 'no nvme-cli' : `nvme-cli ${view.nvmeCli}`;
    return { words: `${nvmeCli}, ${view.hostNqnFile ?? 'no host NQN'}`, view };
  } finally {
    await node.close();
  }
}

/** Its host NQN, unless another node has the same: then neither is written down as right. */
function withIdentity(
  draft: DraftNode,
  view: NodeView | null,
  views: ReadonlyMap<string, NodeView>,
  { report }: Reaching,
): DraftNode {
  if (view === null) return draft;
  const checks = checkIdentity(draft.name, null, view).filter(
    ({ severity }) => severity === 'error' || severity === 'warning',
  );
  for (const { subject, found, fix } of checks) {
    const mend = fix === null ? '' : `. To mend it, there: ${fix.run}`;
    report({ type: 'warning', message: `${draft.name}: ${subject} ${found}${mend}` });
  }
  const isTwin = [...views].some(
    ([name, { hostNqnFile }]) => name !== draft.name && hostNqnFile === view.hostNqnFile,
  );
  const bad = isTwin || checks.some(({ id, severity }) => id === 'node.host-nqn' && severity === 'error');
  if (bad) return { ...draft, remark: 'its host NQN has to be mended first: rdsctl doctor' };
  return { ...draft, hostNqn: view.hostNqnFile };
}

function configOf(draft: Draft, { file, io }: Reaching): Config {
  const { parsed, checked } = parseConfig(file, configText(draft));
  const surroundings = { env: io.env, cwd: io.cwd, home: io.home, uid: io.uid };
  return makeEffective(file, checked, parsed, { file, surroundings }).config;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
