import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readView } from '../../../src/node/report.ts';
import { OBSERVE } from '../../../src/node/scripts/observe.ts';
import type { NodeView } from '../../../src/operations/ports/node.ts';
import { ADDRESS, NodeTree, oneLive, SHELLS, type SubsystemSpec } from './node-tree.ts';

const NQN = 'nqn.2000-02.com.mikrotik:f1';
const OURS = '259:1';
const [shell = ['sh']] = SHELLS;
/** RDSCTL_SEED plays other trees. */
const many = { seed: Number(process.env['RDSCTL_SEED'] ?? 1), numRuns: 40 };

function observed(tree: NodeTree): NodeView {
  const { json, stderr } = tree.run(shell, OBSERVE, [NQN]);
  expect(stderr).toBe('');
  return readView(json, 'node-1');
}

/** As the kernel writes a path into mountinfo. */
const escaped = (path: string): string =>
  path.replace(/[ \t\n\\]/g, (sign) => `\\${sign.charCodeAt(0).toString(8).padStart(3, '0')}`);

const part = fc.string({
  unit: fc.constantFrom(...'abzAZ019._-+ \t\n\\"\'$`*?[];&|#~%@=:'.split('')),
  minLength: 1,
  maxLength: 12,
});
const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);

const line = fc.record({
  numbers: fc.constantFrom(OURS, '259:10', '259:11', '25:91', '1259:1', '8:1', '0:259', '259:01'),
  root: fc.constantFrom('/', '/sub/dir', '/\\040', '/x//deleted'),
  where: path,
  fields: fc.constantFrom('', 'shared:1 ', 'shared:1 master:259 ', 'propagate_from:2 unbindable '),
  source: fc.constantFrom('/dev/nvme0n1', '/dev/mapper/vg-lv', 'none', `/dev/x\\040${OURS}`),
});
type Line = typeof line extends fc.Arbitrary<infer T> ? T : never;

/** A process's mountinfo; the kernel ends each line. */
const mountinfo = fc.array(line, { maxLength: 12 });

const written = ({ numbers, root, where, fields, source }: Line): string =>
  `36 35 ${numbers} ${root} ${escaped(where)} rw,relatime ${fields}- ext4 ${source} rw`;

describe('odd mounts', () => {
  it('of the device are told, each once, and no others, whatever their names are and whoever sees them', () => {
    fc.assert(
      fc.property(fc.array(mountinfo, { minLength: 1, maxLength: 4 }), (processes) => {
        const tree = new NodeTree([oneLive(NQN)]);
        for (const [index, lines] of processes.entries()) {
          tree.write(`proc/${index * 77 + 1}/mountinfo`, lines.map((each) => `${written(each)}\n`).join(''));
        }
        const told = observed(tree)
          .subsystems.flatMap(({ uses }) => uses)
          .filter(({ kind }) => kind === 'mount')
          .map(({ what }) => what);
        const mounted = processes.flat().filter(({ numbers }) => numbers === OURS);
        expect([...told].sort()).toEqual([...new Set(mounted.map(({ where }) => where))].sort());
      }),
      many,
    );
  });

  it('cut anywhere, the rest is still told', () => {
    const whole = [1, 2, 3].map((n) => `36 35 ${OURS} / /m${n} rw - ext4 /dev/x rw`).join('\n');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length }), (length) => {
        const tree = new NodeTree([oneLive(NQN)]);
        tree.write('proc/1/mountinfo', whole.slice(0, length));
        const uses = observed(tree).subsystems.flatMap((one) => one.uses);
        const complete = whole
          .slice(0, length)
          .split('\n')
          .filter((each) => / \/m\d /.test(each)).length;
        expect(uses.filter(({ kind }) => kind === 'mount').length).toBeGreaterThanOrEqual(complete);
      }),
      many,
    );
  });
});

const otherNqn = fc.constantFrom(
  `${NQN}0`,
  `x${NQN}`,
  NQN.slice(0, -1),
  NQN.toUpperCase(),
  `${NQN}:f1`,
  'nqn.2014-08.org.nvmexpress:uuid:1',
);
const state = fc.constantFrom('live', 'connecting', 'resetting', 'deleting', 'dead');
const transport = fc.constantFrom('tcp', 'pcie', 'rdma', 'loop');

const other = (index: number): fc.Arbitrary<SubsystemSpec> =>
  fc.record({ nqn: otherNqn, state, transport }).map((one) => ({
    name: `nvme-subsys${index}`,
    nqn: one.nqn,
    controllers: [
      {
        name: `nvme${index}`,
        state: one.state,
        transport: one.transport,
        devices: [{ name: `nvme${index}c${index}n1` }],
      },
    ],
    devices: [{ name: `nvme${index}n1`, numbers: `259:${index + 100}` }],
  }));

/** What else stands in sysfs: other files, names like those of devices, controllers that are half gone. */
const junk = fc.subarray([
  'sys/class/nvme-subsystem/nvme-subsys9/power/control',
  'sys/class/nvme-subsystem/nvme-subsys0/iopolicy',
  'sys/class/nvme-subsystem/nvme-subsys0/nvme7/uevent',
  'sys/class/nvme-subsystem/nvme-subsys0/nvme7x/state',
  'sys/class/nvme-subsystem/nvme-subsys0/nvme0n1x/size',
  'sys/class/nvme-subsystem/nvme-subsys0/nvme0c1n1/size',
  'sys/class/nvme-subsystem/nvme-subsys0/nvmen/size',
  'sys/class/nvme-subsystem/strange name/subsysnqn',
  'dev/nvme-fabrics',
  'dev/nvme0n1p1',
]);

describe('odd sysfs trees', () => {
  it('show the subsystem as it is, and never one for another', () => {
    const world = fc.record({
      mine: state,
      controllers: fc.integer({ min: 0, max: 3 }),
      others: fc.tuple(other(1), other(2), other(3)),
      junk,
    });
    fc.assert(
      fc.property(world, ({ mine, controllers, others, junk: files }) => {
        const own: SubsystemSpec = {
          ...oneLive(NQN),
          controllers: Array.from({ length: controllers }, (_, index) => ({
            name: `nvme${index === 0 ? 0 : index + 10}`,
            state: mine,
          })),
        };
        const tree = new NodeTree([own, ...others]);
        for (const file of files) tree.write(file, 'junk\n');
        const { subsystems } = observed(tree);
        const found = subsystems.filter(({ nqn }) => nqn === NQN);
        if (controllers === 0) expect(found.flatMap((one) => one.controllers)).toEqual([]);
        else {
          expect(found).toHaveLength(1);
          expect(found[0]?.controllers.map((one) => [one.state, one.address])).toEqual(
            Array.from({ length: controllers }, () => [mine, ADDRESS]),
          );
          expect(found[0]?.devices.map((one) => one.path)).toEqual(['/dev/nvme0n1']);
        }
        for (const { nqn, controllers: [first] = [] } of others) {
          const overTcp = first?.transport === 'tcp';
          expect(subsystems.some((one) => one.nqn === nqn)).toBe(
            overTcp || others.some((each) => each.nqn === nqn && each.controllers?.[0]?.transport === 'tcp'),
          );
        }
      }),
      many,
    );
  });
});
