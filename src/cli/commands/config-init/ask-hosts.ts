import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Draft } from '../../../config/written-config.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import type { Ask } from './ask.ts';
import { node, problemsOf, server } from './given-hosts.ts';

/** Asks which storage servers and nodes there are. What can't be is said and asked again. */
export async function askHosts(ask: Ask, home: string, absolute: (key: string) => string): Promise<Draft> {
  await ask.say('Storage servers and nodes are written as SSH reaches them: [USER@]HOST[:PORT].');
  let draft: Draft = { servers: [], nodes: [] };
  for (;;) {
    const more = draft.servers.length > 0;
    const text = await ask.line(more ? 'Another storage server (Enter: no more)' : 'Storage server');
    if (text === '' && more) break;
    if (text === '') continue;
    draft = await added(ask, draft, async () => {
      const plain = server(text, draft);
      const name = await ask.line('  Its name', plain.name);
      const nvmeAddress = await ask.line('  Its address for NVMe/TCP', plain.host);
      return { ...draft, servers: [...draft.servers, { ...plain, name, nvmeAddress }] };
    });
  }
  for (;;) {
    const more = draft.nodes.length > 0;
    const text = await ask.line(
      more ? 'Another node (Enter: no more)' : 'Node ("local" is this host; Enter: none)',
    );
    if (text === '') break;
    draft = await added(ask, draft, async () => {
      const plain = node(text, draft);
      const name = await ask.line('  Its name', plain.name);
      return { ...draft, nodes: [...draft.nodes, { ...plain, name }] };
    });
  }
  const usual = existsSync(path.join(home, '.ssh/rdsctl')) ? '~/.ssh/rdsctl' : '';
  const own = await ask.line(
    'Private key file for the storage servers (- for the SSH agent)',
    usual === '' ? '-' : usual,
  );
  const remote = draft.nodes.some(({ transport }) => transport === 'ssh');
  const theirs = remote ? await ask.line('Private key file for the nodes', own) : '-';
  const keyFile = (answer: string): string | null => (answer === '-' ? null : absolute(answer));
  return {
    servers: draft.servers.map((each) => ({ ...each, identityFile: keyFile(own) })),
    nodes: draft.nodes.map((each) =>
      each.transport === 'local' ? each : { ...each, identityFile: keyFile(theirs) },
    ),
  };
}

/** The draft with what was answered, or as it was when that can't be. */
async function added(ask: Ask, before: Draft, answer: () => Promise<Draft>): Promise<Draft> {
  try {
    const draft = await answer();
    const [problem] = problemsOf(draft);
    if (problem === undefined) return draft;
    await ask.say(`  ${problem}`);
  } catch (error) {
    if (!(error instanceof RdsctlError) || error.reason !== 'BAD_ARGUMENT') throw error;
    await ask.say(`  ${error.message}`);
  }
  return before;
}
