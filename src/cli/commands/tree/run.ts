import { tree as askEverybody, type TreeResult, type TreeVolume } from '../../../operations/tree.ts';
import type { Handler } from '../../command.ts';
import { operate } from '../../operating/operate.ts';
import { sortNaturally } from '../../output/natural-order.ts';
import { treeMarks } from '../../output/tree-lines.ts';
import type { tree } from './definition.ts';
import { treeText } from './drawing.ts';

/** Draws what belongs to what. A host that does not answer is part of the picture, not a failure. */
export const run: Handler<typeof tree> = async (command) => {
  const { options, out, io } = command;
  const matches = await globFilter(options.volume);
  return operate(
    command,
    ({ context }) => askEverybody(context, { servers: options.rds, nodes: options.node }),
    async (seen) => {
      const result: TreeResult = {
        ...seen,
        servers: seen.servers.map((server) => ({
          ...server,
          volumes: sortNaturally(server.volumes.filter(matches), ({ slot }) => slot),
        })),
      };
      const rows = result.servers.flatMap(({ rds, volumes }) => volumes.map((volume) => ({ rds, volume })));
      const slots = rows.map(({ volume }) => volume.slot);
      const twice = new Set(slots.filter((slot, index) => slots.indexOf(slot) !== index));
      const label = ({ key, slot }: TreeVolume): string => (twice.has(slot) ? key : slot);
      await out.list({
        kind: 'VolumeList',
        itemKind: 'Volume',
        items: rows,
        item: ({ rds, volume }) => treeBody(rds, volume, label(volume)),
        extra: {
          storageServers: result.servers.map(({ rds, version, error }) => ({
            rds,
            reachable: error === null,
            version,
            message: error?.message ?? null,
          })),
          unreachableNodes: result.silent.map(({ node, error }) => ({
            node,
            reason: error.reason,
            message: error.message,
          })),
        },
        text: (style) => treeText(result, treeMarks(io.stdout, io.env), style),
        names: () => rows.map(({ volume }) => label(volume)),
      });
    },
  );
};

async function globFilter(globs: readonly string[]): Promise<(volume: TreeVolume) => boolean> {
  if (globs.length === 0) return () => true;
  const { default: picomatch } = await import('picomatch');
  const match = picomatch([...globs]);
  return ({ slot, key }) => match(slot) || match(key);
}

function treeBody(rds: string, { disk, attachment, nodes, differences }: TreeVolume, label: string): object {
  return {
    volume: label,
    rds,
    seen: disk !== null,
    sizeBytes: disk?.sizeBytes ?? attachment?.sizeBytes ?? null,
    exported: disk?.exported ?? null,
    nqn: disk?.nqn ?? attachment?.nqn ?? null,
    phase: attachment?.phase ?? null,
    nodes: nodes.map(({ node, view, remembered, fenced }) => ({
      node,
      fenced,
      reachable: !('error' in view),
      ...('error' in view
        ? { reason: view.error.reason, message: view.error.message, remembered }
        : {
            controllers: view.seen?.controllers ?? [],
            devices: view.seen?.devices ?? [],
            uses: view.seen?.uses ?? [],
            deadMounts: view.seen?.deadMounts ?? [],
          }),
    })),
    differences,
  };
}
