import { checkConfigText } from '../../../config/check-config.ts';
import { formatProblem } from '../../../config/load-config.ts';
import { configText, type Draft, type DraftNode, type DraftServer } from '../../../config/written-config.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';

/** What the options say, as far as it concerns hosts. */
export interface GivenHosts {
  readonly rds: readonly string[];
  readonly nvmeAddress: readonly string[];
  readonly node: readonly string[];
  readonly identityFile: readonly string[];
}

/**
 * The draft that the options ask for.
 * @throws RdsctlError BAD_ARGUMENT
 */
export function draftOf(given: GivenHosts, absolute: (key: string) => string): Draft {
  let draft: Draft = { servers: [], nodes: [] };
  for (const text of given.rds) draft = { ...draft, servers: [...draft.servers, server(text, draft)] };
  for (const text of given.node) draft = { ...draft, nodes: [...draft.nodes, node(text, draft)] };
  for (const text of given.nvmeAddress) draft = withNvmeAddress(draft, text);
  for (const text of given.identityFile) draft = withIdentityFile(draft, text, absolute);
  const [problem] = problemsOf(draft);
  if (problem !== undefined) throw bad(problem);
  return draft;
}

/** What is wrong with a draft, as sentences. */
export function problemsOf(draft: Draft): readonly string[] {
  const names = [...draft.servers, ...draft.nodes].map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return [`the name ${twice} is given twice`];
  return checkConfigText(configText(draft)).problems.map(formatProblem);
}

/** A storage server out of `[NAME=][USER@]HOST[:PORT]`. */
export function server(text: string, { servers }: Draft): DraftServer {
  const { name, ...login } = loginOf(text);
  return { ...NOTHING_KNOWN, ...login, name: name ?? `rds${servers.length + 1}`, nvmeAddress: null };
}

/** A node out of `[NAME=][USER@]HOST[:PORT]`. */
export function node(text: string, { nodes }: Draft): DraftNode {
  const { name, ...login } = loginOf(text);
  const [label = ''] = login.host.split('.');
  const fallback = /^[a-z][a-z0-9-]*$/i.test(label) && label !== 'local' ? label : `node-${nodes.length + 1}`;
  const transport = login.host === 'local' ? 'local' : 'ssh';
  return { ...NOTHING_KNOWN, ...login, name: name ?? fallback, transport, hostNqn: null };
}

const NOTHING_KNOWN = { identityFile: null, hostKey: null, remark: null };

function loginOf(text: string): {
  readonly name: string | null;
  readonly user: string | null;
  readonly host: string;
  readonly port: number | null;
} {
  const found =
    /^(?:(?<name>[^=@]+)=)?(?:(?<user>[^@]+)@)?(?:\[(?<six>[^\]]+)\]|(?<host>[^:]+)|(?<bare>[0-9a-f:.]+))(?::(?<port>\d{1,5}))?$/i.exec(
      text.trim(),
    )?.groups;
  const host = found?.['six'] ?? found?.['host'] ?? found?.['bare'];
  if (found === undefined || host === undefined)
    throw bad(`${JSON.stringify(text)} is not [NAME=][USER@]HOST[:PORT]`);
  const { name = null, user = null, port } = found as Partial<Record<'name' | 'user' | 'port', string>>;
  return { name, user, host, port: port === undefined ? null : Number(port) };
}

function withNvmeAddress(draft: Draft, text: string): Draft {
  const [first = '', second] = text.split('=');
  const name =
    second === undefined ? (draft.servers.length === 1 ? draft.servers[0]?.name : undefined) : first;
  if (name === undefined || !draft.servers.some((each) => each.name === name)) {
    const names = draft.servers.map((each) => each.name).join(', ');
    throw bad(
      `--nvme-address ${text}: say of which storage server as NAME=ADDRESS (${names === '' ? 'none is named with --rds' : names})`,
    );
  }
  const nvmeAddress = second ?? first;
  return {
    ...draft,
    servers: draft.servers.map((each) => (each.name === name ? { ...each, nvmeAddress } : each)),
  };
}

/** NAME=FILE for one host, FILE for all that have none yet. */
function withIdentityFile(draft: Draft, text: string, absolute: (key: string) => string): Draft {
  const names = [...draft.servers, ...draft.nodes].map(({ name }) => name);
  const [first = '', ...rest] = text.split('=');
  const name = names.includes(first) && rest.length > 0 ? first : null;
  const identityFile = absolute(name === null ? text : rest.join('='));
  const put = <H extends DraftServer | DraftNode>(host: H): H =>
    (name === null ? host.identityFile === null && host.host !== 'local' : host.name === name)
      ? { ...host, identityFile }
      : host;
  return { servers: draft.servers.map(put), nodes: draft.nodes.map(put) };
}

function bad(message: string): RdsctlError {
  return new RdsctlError('BAD_ARGUMENT', {
    message,
    now: 'Nothing was written.',
    hints: [{ when: 'All options:', run: 'rdsctl config init --help' }],
  });
}
