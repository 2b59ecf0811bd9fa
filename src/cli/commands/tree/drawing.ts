import type { TreeNode, TreeResult, TreeServer, TreeVolume } from '../../../operations/tree.ts';
import { describeUse } from '../../../operations/seen.ts';
import type { Device, Use } from '../../../operations/ports/node.ts';
import type { Style } from '../../output/style.ts';
import { drawTree, type Branch, type TreeMarks } from '../../output/tree-lines.ts';
import { formatSize } from '../../output/units.ts';
import { paintPhase } from '../list/table.ts';

/** Draws a tree for each storage server; then which nodes could not be asked. */
export function treeText(result: TreeResult, marks: TreeMarks, style: Style): string {
  const trees = result.servers.map((server) => drawTree(serverBranch(server, style), marks));
  const silent = result.silent.map(
    ({ node, error }) =>
      `${style.bad('not asked:')} ${node} (${error.message}): what it is connected to is not known\n`,
  );
  return [...trees, ...(silent.length === 0 ? [] : [silent.join('')])].join('\n');
}

function serverBranch({ rds, address, version, error, volumes }: TreeServer, style: Style): Branch {
  const about =
    error === null
      ? style.dim(`${address}, RouterOS ${version ?? '?'}`)
      : `${style.bad('not asked:')} ${error.message} ${style.dim('(below: as the state remembers it)')}`;
  return {
    label: `${style.bold(rds)}  ${about}`,
    below: volumes.map((volume) => volumeBranch(volume, error !== null, style)),
  };
}

function volumeBranch(volume: TreeVolume, unasked: boolean, style: Style): Branch {
  const { slot, disk, attachment } = volume;
  const size = disk?.sizeBytes ?? attachment?.sizeBytes ?? null;
  const phase =
    attachment === null ? style.dim('not attached') : paintPhase(attachment.phase, attachment.phase, style);
  const parts = [
    style.bold(slot),
    ...(size === null ? [] : [formatSize(size)]),
    phase,
    ...(unasked ? [style.dim('(not seen)')] : []),
  ];
  return {
    label: parts.join('  '),
    below: [
      ...volume.differences.map((difference) => ({
        label: `${style.bad('differs:')} ${difference}`,
        below: [],
      })),
      ...volume.nodes.map((node) => nodeBranch(node, style)),
    ],
  };
}

function nodeBranch({ node, view, remembered, fenced }: TreeNode, style: Style): Branch {
  const name = `${style.bold(node)}${fenced ? `  ${style.bad('fenced')}` : ''}`;
  if ('error' in view) {
    return {
      label: `${name}  ${style.bad('not asked:')} ${view.error.message}`,
      below:
        remembered === null
          ? []
          : [{ label: `${remembered} ${style.dim('(as the state remembers it)')}`, below: [] }],
    };
  }
  const { controllers = [], devices = [], uses = [], deadMounts = [] } = view.seen ?? {};
  const states = controllers.map(({ state }) => (state === 'live' ? style.good(state) : style.bad(state)));
  const connection = states.length === 0 ? style.bad('not connected') : states.join(', ');
  const used = telling(uses).map((use) => ({
    label: use.kind === 'mount' ? use.what : style.caution(describeUse(use)),
    below: [],
  }));
  const [only] = devices;
  const present =
    only !== undefined && devices.length === 1
      ? [deviceBranch(only, used, style)]
      : [...devices.map((device) => deviceBranch(device, [], style)), ...used];
  const gone = deadMounts.map(({ device, mount }) => ({
    label: `${device} ${style.bad('(gone)')}`,
    below: [{ label: `${mount} ${style.bad('(dead)')}`, below: [] }],
  }));
  const below = [...present, ...gone];
  return { label: `${name}  ${connection}`, below };
}

function deviceBranch({ path, usable }: Device, below: readonly Branch[], style: Style): Branch {
  return { label: usable ? path : `${path} ${style.bad('(not usable)')}`, below };
}

/** The exclusive open sees every mount too: it says something only when nothing says more. */
function telling(uses: readonly Use[]): readonly Use[] {
  const named = uses.filter(({ kind }) => kind !== 'exclusive');
  return named.length > 0 ? named : uses;
}
