import { describe, expect, it } from 'vitest';

import { move } from '../../src/operations/move.ts';
import { aSubsystem, hostNqn, unreachable } from '../fakes/fake-node.ts';
import { aDisk } from '../fakes/fake-server.ts';
import { emptyState } from '../fakes/memory-store.ts';
import { failure } from '../fakes/outcome.ts';
import {
  anAttachment,
  anything,
  aState,
  granted,
  makeWorld,
  tagged,
  type WorldOptions,
} from '../fakes/world.ts';

const NQN = 'nqn.2000-02.com.mikrotik:vol-1';

function setup(options: WorldOptions = {}) {
  const world = makeWorld({ disks: [granted('node-1')], state: aState([anAttachment()]), ...options });
  world.node('node-1').subsystems.set(NQN, aSubsystem());
  const run = (node = 'node-2') => move(world.context, { volume: 'vol-1', node }, anything);
  const attachment = () => world.store.state.attachments['rds1/vol-1'];
  return { ...world, run, attachment };
}

describe('move', () => {
  it('detaches, then attaches, under one lock', async () => {
    const { run, log, server, attachment } = setup();
    expect(await run()).toMatchObject({ from: ['node-1'], node: 'node-2', changed: true });
    const order = [
      'node-2 observe',
      'node-1 disconnect',
      'rds1 revoke vol-1',
      `rds1 grant vol-1 to ${hostNqn('node-2')}`,
      'node-2 connect',
    ];
    const places = order.map((entry) => log.indexOf(entry));
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(log.filter((entry) => entry.startsWith('lock'))).toHaveLength(1);
    expect(log.at(-1)).toBe('unlock rds1/vol-1');
    expect(server.disk('vol-1').comment).toBe(tagged(['node-2'], 7));
    expect(attachment()?.holders.map(({ node }) => node)).toEqual(['node-2']);
  });

  it.each([
    ['can not be reached', 'unreachable', 6],
    ['has no nvme-cli', 'nvme', 10],
    ['is fenced', 'fenced', 4],
  ])('to a node that %s takes nothing away', async (_what, how, exitCode) => {
    const fenced = { since: '2026-11-20T14:00:00.000Z', by: 'ops', reason: null, volumes: [] };
    const nodes = how === 'fenced' ? { 'node-2': { hostNqn: null, hostId: null, fenced } } : {};
    const world = setup({ state: aState([anAttachment()], { nodes }) });
    if (how === 'unreachable') world.node('node-2').error = unreachable('node-2');
    if (how === 'nvme') world.node('node-2').view = { nvmeCli: null };
    expect((await failure(world.run())).exitCode).toBe(exitCode);
    expect(world.attachment()).toMatchObject({ phase: 'attached', holders: [{ node: 'node-1' }] });
    expect(world.log.some((entry) => /disconnect|revoke/.test(entry))).toBe(false);
  });

  it('of a volume in use is refused', async () => {
    const { run, node, attachment, log } = setup();
    node('node-1').uses.set(NQN, [{ kind: 'mount', what: '/srv' }]);
    expect((await failure(run())).exitCode).toBe(7);
    expect(attachment()).toMatchObject({ phase: 'attached' });
    expect(log.some((entry) => /revoke|grant/.test(entry))).toBe(false);
  });

  it('that fails after the detach says where the volume is, and the ways on', async () => {
    const { run, node, attachment, server } = setup();
    node('node-2').connectAnswer = { subsystem: null, connected: false, words: '' };
    const error = await failure(run());
    expect(error.now).toMatch(/^vol-1 was detached from node-1\. What was begun was undone/);
    expect(error.hints.slice(-2).map(({ run: command }) => command)).toEqual([
      'rdsctl attach vol-1 node-2',
      'rdsctl attach vol-1 node-1',
    ]);
    expect(attachment()).toBeUndefined();
    expect(server.disk('vol-1').exported).toBe(false);
  });

  it('to where it is changes nothing', async () => {
    const { run, log } = setup();
    expect(await run('node-1')).toMatchObject({ changed: false, from: ['node-1'] });
    expect(log.some((entry) => /disconnect|revoke|grant|connect/.test(entry))).toBe(false);
  });

  it('of a volume that nobody has is an attach', async () => {
    const { run } = setup({ disks: [aDisk()], state: emptyState() });
    expect(await run()).toMatchObject({ from: [], changed: true });
  });

  it('of a volume that was fenced off its node does not ask that node', async () => {
    const { run, log } = setup({
      disks: [aDisk({ comment: tagged([], 5) })],
      state: aState([anAttachment({ phase: 'fenced' })]),
    });
    expect(await run()).toMatchObject({ from: [], changed: true });
    expect(log.some((entry) => entry.startsWith('node-1'))).toBe(false);
  });
});
