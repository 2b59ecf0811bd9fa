import { holds, type VolumeId } from '../../attachment/transitions.ts';
import { checkpoint, type OperationContext } from '../context.ts';
import type { NodeView } from '../ports/node.ts';
import type { Disk } from '../ports/storage-server.ts';
import { askHosts, survey, type Survey } from '../survey.ts';
import type { SeenServer, Views } from './views.ts';

/** Asks everybody, each once. */
export async function lookAtAll(context: OperationContext): Promise<Survey> {
  const { attachments } = await context.manager.state();
  const unsettled = Object.values(attachments).filter(
    ({ intent, sharedUntil, nqn }) => nqn !== null && (intent !== null || sharedUntil !== null),
  );
  return survey(context, { usesOf: [...new Set(unsettled.map(({ nqn }) => nqn ?? ''))] });
}

/** What a survey saw, as plain data. */
export function viewsOf(context: OperationContext, seen: Survey): Views {
  const servers = new Map<string, SeenServer>();
  for (const [name, { view }] of seen.servers) {
    if (view === null) continue;
    const disks = new Map<string, Disk>(view.disks.map((disk) => [disk.slot, disk]));
    servers.set(name, { nvmeAddress: context.server(name).nvmeAddress, disks });
  }
  return {
    now: context.clock.now().toISOString(),
    state: seen.state,
    servers,
    nodes: new Map([...seen.nodes].map(([name, { view }]) => [name, view])),
    configuredNqns: new Map(
      Object.entries(context.config.nodes).flatMap(([name, { hostNqn }]) =>
        hostNqn === null ? [] : [[name, hostNqn]],
      ),
    ),
  };
}

/**
 * Looks again at one volume: the state, its storage server, and the nodes that hold it or know its subsystem; all
 * nodes, where its export lets any host in. Who could not be asked before is not asked again; the other nodes are as
 * they were.
 * @throws RdsctlError when the storage server can't be asked; what the command was interrupted with
 */
export async function lookAgain(context: OperationContext, before: Views, volume: VolumeId): Promise<Views> {
  const { key, rds, slot } = volume;
  const state = await context.manager.state();
  const attachment = state.attachments[key];
  const known = before.servers.get(rds);
  const nqn = known?.disks.get(slot)?.nqn ?? attachment?.nqn ?? null;
  const answering = [...before.nodes].flatMap(([name, view]) => (view === null ? [] : [{ name, view }]));
  const concerned = answering.filter(
    ({ name, view }) =>
      (attachment !== undefined && holds(attachment, name)) ||
      view.subsystems.some((subsystem) => subsystem.nqn === nqn),
  );
  const usesOf = nqn === null ? [] : [nqn];
  const ask = async (asked: typeof answering): Promise<[string, NodeView | null][]> => {
    const { nodes: answers } = await askHosts(context, {
      servers: [],
      nodes: asked.map(({ name }) => name),
      usesOf,
      keep: true,
    });
    return [...answers].map(([name, { view }]) => [name, view]);
  };
  const [{ disks }, nodes] = await Promise.all([
    context.server(rds).look([slot], { signal: context.signal }),
    ask(concerned),
  ]);
  const open = disks.some(({ exported, allow }) => exported && allow === '');
  const others = open ? await ask(answering.filter((one) => !concerned.includes(one))) : [];
  checkpoint(context);
  const server: SeenServer = {
    nvmeAddress: context.server(rds).nvmeAddress,
    disks: new Map(disks.map((disk) => [disk.slot, disk])),
  };
  return {
    ...before,
    now: context.clock.now().toISOString(),
    state,
    servers: new Map([[rds, server]]),
    nodes: new Map([...before.nodes, ...nodes, ...others]),
  };
}
