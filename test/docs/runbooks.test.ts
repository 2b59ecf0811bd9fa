import { readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openScene, type Scene, type SceneOptions } from '../commands/scene.ts';
import { readDocument } from './document.ts';
import { Runbook } from './runbook.ts';

/** The runbooks, played as they are written: the words of the documents, in the worlds they are about. */

async function attached(
  volumes: Readonly<Record<string, string>>,
  options: SceneOptions = {},
): Promise<Scene> {
  const scene = await openScene({ nodes: 3, volumes: 3, ...options });
  for (const [volume, node] of Object.entries(volumes)) {
    const outcome = await scene.run('attach', volume, node);
    expect(outcome.code, outcome.stderr).toBe(0);
  }
  return scene;
}

const mount = (scene: Scene, node: string, device: string, directory: string): void => {
  const use = { kind: 'mount', directory, seen: 'own' } as const;
  expect(scene.simulation.node(node).kernel.uses.add(device, use)).toBe(true);
};

const mounted = (scene: Scene, node: string): string[] =>
  scene.simulation
    .node(node)
    .kernel.uses.all.map(({ use }) => (use.kind === 'mount' ? use.directory : use.kind))
    .sort();

/** Who has sessions of a volume, by name: an old one of a node that was switched off may linger beside its new one. */
const sessions = (scene: Scene, volume: string): string[] => {
  const present = new Set(scene.sessions(volume));
  return [...scene.simulation.nodes.keys()].filter((node) => present.has(scene.hostNqn(node)));
};

async function inSync(scene: Scene): Promise<void> {
  expect(await scene.run('reconcile', '--dry-run', '--quiet')).toMatchObject({ code: 0, stdout: '' });
}

/** A volume stays locked by a command that the storage server keeps waiting, until what is returned is called. */
async function working(scene: Scene, volume: string): Promise<() => Promise<void>> {
  const held = scene.hold(new RegExp(`slot="${volume}".*nvme-tcp-export=no`));
  const { ended } = scene.start(['detach', volume]);
  await held.reached;
  return async () => {
    held.letGo();
    expect((await ended).code).toBe(0);
  };
}

test('the rehearsal: a node dies and comes back by the faults of the document', async () => {
  const scene = await openScene({ nodes: 2 });
  const blocks = readDocument('docs/RUNBOOKS.md').sections.flatMap((section) => section.blocks);
  const statuses: unknown[] = [];
  for (const { lines } of blocks.filter(({ language }) => language === 'yaml')) {
    await scene.simulation.faults.set(lines.join('\n'));
    statuses.push((await scene.run('nodes', 'node-2', '-o', 'json')).json()['items']);
  }
  expect(statuses).toMatchObject([[{ reachable: false }], [{ reachable: true }]]);
});

describe('node-died.md', () => {
  const book = new Runbook('docs/runbooks/node-died.md');
  const died = async (): Promise<Scene> => {
    const scene = await attached({ 'vol-1': 'node-2', 'vol-2': 'node-2' });
    mount(scene, 'node-2', 'nvme0n1', '/srv/vol-1');
    await scene.simulation.node('node-2').down();
    return scene;
  };

  test('from the check to the node that is back', async () => {
    const scene = await died();
    await book.play(
      scene,
      '1. Check first',
      '2. Fence it',
      '3. Attach its volumes elsewhere',
      '4. See that it is over',
    );
    expect(mounted(scene, 'node-3')).toEqual(['/srv/vol-1']);
    await scene.simulation.node('node-2').up();
    await book.play(scene, '5. When the node is back');
    expect([sessions(scene, 'vol-1'), sessions(scene, 'vol-2')]).toEqual([['node-3'], ['node-3']]);
    expect((await scene.state()).nodes['node-2']?.fenced).toBeNull();
    await inSync(scene);
  });

  test('fence: busy', async () => {
    const scene = await attached({ 'vol-1': 'node-2', 'vol-2': 'node-2', 'vol-3': 'node-2' });
    const letGo = await working(scene, 'vol-3');
    await scene.simulation.node('node-2').down();
    await book.play(scene, 'Fence: exit code 5', { after: { 2: letGo } });
    expect(['vol-1', 'vol-2', 'vol-3'].flatMap((volume) => sessions(scene, volume))).toEqual([]);
    expect((await scene.run('attach', 'vol-1', 'node-3')).code).toBe(0);
  });

  test('fence: the storage server is away', async () => {
    const scene = await died();
    await scene.faults({ at: 'rds1', when: 'connect', do: 'refuse' });
    await book.play(scene, 'Fence: exit code 6', { after: { 1: () => scene.faults() } });
    expect((await scene.run('attach', 'vol-1', 'node-3')).code).toBe(0);
  });

  test('fence: not verified', async () => {
    const scene = await died();
    scene.configure({ timeouts: { command: '5s' } });
    let lies = true;
    scene.mangle((answer) =>
      lies ? answer.replaceAll('"nvme-tcp-export":false', '"nvme-tcp-export":true') : answer,
    );
    const mend = () => void (lies = false);
    await book.play(scene, 'Fence: exit code 11', { after: { 2: mend } });
    expect((await scene.run('attach', 'vol-1', 'node-3')).code).toBe(0);
  });

  test('attach before the fence', async () => {
    const scene = await died();
    await book.play(scene, 'Attach: exit code 4', '2. Fence it');
  });

  test('unfence: something is still mounted', async () => {
    const scene = await died();
    expect((await scene.run('fence', 'node-2', '--yes')).code).toBe(0);
    await scene.simulation.node('node-2').up();
    await book.play(scene, 'Unfence: exit code 7');
    expect(mounted(scene, 'node-2')).toEqual([]);
    expect((await scene.state()).nodes['node-2']?.fenced).toBeNull();
  });

  test('unfence: it never came back', async () => {
    const scene = await died();
    expect((await scene.run('fence', 'node-2', '--yes')).code).toBe(0);
    await book.play(scene, 'Unfence: exit code 6');
    expect((await scene.state()).nodes['node-2']?.fenced).toBeNull();
  });

  test('a false alarm', async () => {
    const scene = await died();
    expect((await scene.run('fence', 'node-2', '--yes')).code).toBe(0);
    await scene.simulation.node('node-2').up();
    await book.play(scene, 'It was a false alarm');
    expect([sessions(scene, 'vol-1'), sessions(scene, 'vol-2')]).toEqual([['node-2'], ['node-2']]);
    await inSync(scene);
  });

  test('nothing in it is untried', () => expect(book.unplayed).toEqual([]));
});

describe('rds-rebooting.md', () => {
  const book = new Runbook('docs/runbooks/rds-rebooting.md');
  const inUse = async (config = {}): Promise<Scene> => {
    const scene = await attached({ 'vol-1': 'node-2', 'vol-2': 'node-3' }, { volumes: 2, config });
    mount(scene, 'node-2', 'nvme0n1', '/srv/vol-1');
    return scene;
  };
  const crashed = async (): Promise<Scene> => {
    // A node whose device does not come back by itself is waited for so long before it is connected anew.
    const scene = await inUse({ timeouts: { device: '5s' } });
    await scene.simulation.rds.down('off');
    return scene;
  };
  const back = async (scene: Scene): Promise<void> => {
    const since = scene.events().length;
    await scene.simulation.rds.up();
    for (const name of ['vol-1', 'vol-2']) {
      await scene.simulation.events.waitFor(
        ({ seq, event, volume }) => seq > since && event === 'export-on' && volume === name,
      );
    }
  };

  test('it crashed, and came back', async () => {
    const scene = await crashed();
    await book.play(scene, '1. Check first');
    await back(scene);
    await book.play(scene, '3. When it answers again', '4. Mount again', '5. See that it is over');
    expect([sessions(scene, 'vol-1'), sessions(scene, 'vol-2')]).toEqual([['node-2'], ['node-3']]);
    expect(mounted(scene, 'node-2')).toEqual(['/srv/vol-1']);
    await inSync(scene);
  });

  test('planned', async () => {
    const scene = await inUse();
    await book.play(scene, 'Before a planned restart');
    expect(readFileSync(join(scene.dir, 'before.txt'), 'utf8')).toContain('vol-2   node-3');
    await scene.simulation.rds.down('off');
    await scene.simulation.rds.up();
    await book.play(scene, 'After a planned restart');
    expect([sessions(scene, 'vol-1'), sessions(scene, 'vol-2')]).toEqual([['node-2'], ['node-3']]);
  });

  test('a node is away meanwhile, or fenced, or its unmount hangs', async () => {
    const scene = await crashed();
    await book.play(scene, 'Exit code 6, though it is up');
    expect((await scene.run('fence', 'node-2', '--yes')).code).toBe(6);
    await back(scene);
    await book.play(scene, 'Somebody fenced a node meanwhile');
    expect(sessions(scene, 'vol-1')).toEqual(['node-2']);
    await scene.simulation.node('node-2').down('off');
    await book.play(scene, 'Reconcile: a node could not be asked');
    await scene.simulation.node('node-2').up();
    await book.play(scene, 'Unmounting hangs');
    expect([sessions(scene, 'vol-1'), sessions(scene, 'vol-2')]).toEqual([['node-2'], ['node-3']]);
    await inSync(scene);
  });

  test('nothing in it is untried', () => expect(book.unplayed).toEqual([]));
});

describe('node-maintenance.md', () => {
  const book = new Runbook('docs/runbooks/node-maintenance.md');
  const busy = async (): Promise<Scene> => {
    const scene = await attached({ 'vol-1': 'node-2', 'vol-2': 'node-2' });
    mount(scene, 'node-2', 'nvme0n1', '/srv/vol-1');
    mount(scene, 'node-2', 'nvme1n1', '/srv/vol-2');
    return scene;
  };

  test('from the check until everything is back', async () => {
    const scene = await busy();
    await book.play(
      scene,
      '1. Check first',
      '2. Move what must go on',
      '3. Free the node',
      '4. Do the work',
      '5. Put everything back',
      '6. See that it is over',
    );
    expect([sessions(scene, 'vol-1'), sessions(scene, 'vol-2')]).toEqual([['node-2'], ['node-2']]);
    expect(mounted(scene, 'node-2')).toEqual(['/srv/vol-1', '/srv/vol-2']);
    expect(mounted(scene, 'node-3')).toEqual([]);
  });

  test('in use', async () => {
    const scene = await busy();
    await book.play(scene, 'Move or detach: exit code 7');
    expect(sessions(scene, 'vol-1')).toEqual(['node-3']);
    expect((await scene.run('move', 'vol-1', 'node-2')).code).toBe(0);
    await book.play(scene, 'Drain: exit code 1');
    expect(sessions(scene, 'vol-2')).toEqual([]);
  });

  test('busy', async () => {
    const scene = await attached({ 'vol-1': 'node-2', 'vol-2': 'node-2' });
    const letGo = await working(scene, 'vol-2');
    await book.play(scene, 'Exit code 5', { after: { 1: letGo } });
    expect((await scene.state()).attachments).toEqual({});
  });

  test('the node died', async () => {
    const scene = await busy();
    await scene.simulation.node('node-2').down();
    await book.play(scene, 'Exit code 6');
    expect((await scene.state()).attachments['rds1/vol-1']).toMatchObject({ phase: 'attached' });
  });

  test('the node is fenced', async () => {
    const scene = await openScene({ nodes: 3 });
    expect((await scene.run('fence', 'node-2', '--yes', '--reason', 'being repaired')).code).toBe(0);
    await book.play(scene, 'Attach: exit code 4');
    expect(sessions(scene, 'vol-2')).toEqual(['node-2']);
  });

  test('nothing in it is untried', () => expect(book.unplayed).toEqual([]));
});

describe('live-migration.md', () => {
  const book = new Runbook('docs/runbooks/live-migration.md');
  /** The setting is the one that the document shows. */
  const [setting] = readDocument('docs/runbooks/live-migration.md')
    .sections.flatMap((section) => section.blocks)
    .filter(({ language }) => language === 'yaml');
  const config = parse(setting?.lines.join('\n') ?? '') as object;
  const allowed = (more: SceneOptions = {}): Promise<Scene> =>
    attached({ 'vol-1': 'node-2' }, { config, twoAllowed: ['rds1/vol-1'], ...more });

  test('from the check until one node has it', async () => {
    const scene = await allowed();
    await book.play(scene, '1. Check first', '2. Let the second node in');
    expect(sessions(scene, 'vol-1')).toEqual(['node-2', 'node-3']);
    await book.play(scene, '4. Take it from the first node', '5. See that it is over');
    expect(sessions(scene, 'vol-1')).toEqual(['node-3']);
  });

  test('the migration failed, or never ends', async () => {
    const scene = await allowed();
    await book.play(scene, '2. Let the second node in', 'The migration failed');
    expect(sessions(scene, 'vol-1')).toEqual(['node-2']);
    await book.play(scene, '2. Let the second node in', 'Attach: exit code 4');
    mount(scene, 'node-2', 'nvme0n1', '/srv/vol-1');
    await book.play(scene, 'Detach: exit code 7');
    expect(sessions(scene, 'vol-1')).toEqual(['node-3']);
  });

  test('the first node died on the way', async () => {
    const scene = await allowed();
    await book.play(scene, '2. Let the second node in');
    await scene.simulation.node('node-2').down();
    const since = scene.events().length;
    await book.play(scene, 'Detach: exit code 6');
    await scene.simulation.events.waitFor(
      ({ seq, event, node }) => seq > since && event === 'session-opened' && node === 'node-3',
    );
    expect(sessions(scene, 'vol-1')).toEqual(['node-3']);
    expect(await scene.comment('vol-1')).toContain('owner=node-3 ');
  });

  test('the time ran out', async () => {
    const scene = await allowed();
    expect((await scene.run('attach', 'vol-1', 'node-3', '--shared', '--handoff', '1ms')).code).toBe(0);
    mount(scene, 'node-3', 'nvme0n1', '/srv/vol-1');
    await book.play(scene, 'The time ran out');
    expect(sessions(scene, 'vol-1')).toEqual(['node-3']);
  });

  test('not configured', async () => {
    const scene = await attached({ 'vol-1': 'node-2' });
    await book.play(scene, 'Attach: exit code 2');
  });

  test('nothing in it is untried', () => expect(book.unplayed).toEqual([]));
});

describe('admin-host-lost.md', () => {
  const book = new Runbook('docs/runbooks/admin-host-lost.md');
  const two = (): Promise<Scene> => attached({ 'vol-1': 'node-2', 'vol-2': 'node-3' });
  const file = (scene: Scene): string => join(scene.stateDir, 'state.json');

  test('no state any more', async () => {
    const scene = await two();
    rmSync(scene.stateDir, { recursive: true });
    await book.play(
      scene,
      '1. Check first',
      '2. See what the storage servers know',
      '3. Make the state again',
      '4. Fence again what was fenced',
      '5. See that it is over',
    );
    expect((await scene.run('attach', 'vol-3', 'node-1')).code).toBe(4);
    expect((await scene.run('move', 'vol-1', 'node-3')).code).toBe(0);
  });

  test('damaged', async () => {
    const scene = await two();
    const before = await scene.state();
    truncateSync(file(scene), 300);
    await book.play(scene, 'The state is damaged');
    expect((await scene.state()).attachments).toEqual(before.attachments);
    await inSync(scene);
  });

  test('the backup is old; a copy from another disk', async () => {
    const scene = await two();
    expect((await scene.run('fence', 'node-1', '--yes')).code).toBe(0);
    await book.play(scene, '5. See that it is over');
    const { serial } = await scene.state();
    expect((await scene.run('move', 'vol-1', 'node-3')).code).toBe(0);
    expect((await scene.run('state', 'restore', String(serial), '--yes')).code).toBe(0);
    await book.play(scene, 'The backup is old');
    expect((await scene.state()).attachments['rds1/vol-1']?.holders).toMatchObject([{ node: 'node-3' }]);
    rmSync(scene.stateDir, { recursive: true });
    await book.play(scene, 'You have a copy of the state from another disk');
    const { attachments, nodes } = await scene.state();
    expect(attachments['rds1/vol-1']?.holders).toMatchObject([{ node: 'node-3' }]);
    expect(nodes['node-1']?.fenced).not.toBeNull();
    await inSync(scene);
  });

  test('a step says no', async () => {
    const scene = await two();
    rmSync(scene.stateDir, { recursive: true });
    await book.play(scene, 'Attach: exit code 4, "managed by another rdsctl state"');
    await scene.faults({ at: 'rds1', when: 'connect', do: 'refuse' });
    await book.play(scene, 'Rebuild: exit code 6');
    expect(scene.stateBytes()).toBeNull();
    await scene.faults();
    await book.play(scene, '3. Make the state again');
  });

  test('nothing in it is untried', () => expect(book.unplayed).toEqual([]));
});

describe('cron.md', () => {
  const book = new Runbook('docs/runbooks/cron.md');

  test('set up', async () => {
    const scene = await attached({ 'vol-1': 'node-2' });
    await book.play(
      scene,
      '1. Check first',
      '2. Run it once by hand',
      '3. Set it up',
      '4. See that it works',
    );
  });

  test('the line of cron is the one that is shipped', () => {
    const read = (path: string): string => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
    const line = read('contrib/cron/rdsctl').trimEnd().split('\n').at(-1) ?? '';
    expect(read('docs/runbooks/cron.md').split('\n')).toContain(line);
  });

  test('nothing in it is untried', () => expect(book.unplayed).toEqual([]));
});
