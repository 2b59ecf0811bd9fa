import { expect, test } from 'vitest';
import { runAgent } from '../../src/cli/fence-agent/agent.ts';
import { PARAMETERS } from '../../src/cli/fence-agent/parameters.ts';
import { outcomeOf } from '../commands/outcome.ts';
import { openScene } from '../commands/scene.ts';
import { testIo } from '../commands/test-io.ts';
import { Runbook } from './runbook.ts';
import type { Answer } from './shell.ts';

/** docs/PACEMAKER.md: what it has the cluster call is what the agent takes. The cluster itself is in the tests of the agent. */
test('its commands run; what the cluster is told of the agent are parameters that it has', async () => {
  const called: (readonly string[])[] = [];
  const scene = await openScene({ nodes: 3 });
  const note =
    (name: string) =>
    (words: readonly string[]): Answer => {
      called.push([name, ...words]);
      return { code: 0, stdout: '', stderr: '' };
    };
  const book = new Runbook('docs/PACEMAKER.md', ({ dir, simulation }) => ({
    ln: note('ln'),
    pcs: note('pcs'),
    stonith_admin: note('stonith_admin'),
    fence_rds: (words) =>
      testIo(dir, simulation.configPath, {}, (io) => runAgent(words, io), outcomeOf).ended,
  }));
  await book.play(scene, 'Setting it up', 'Trying it', 'With power fencing');
  const created = called.find(([name, , verb]) => name === 'pcs' && verb === 'create') ?? [];
  const [, , , , agent, ...settings] = created;
  expect(agent).toBe('fence_rds');
  const names = settings.slice(0, settings.indexOf('op')).map((each) => each.split('=')[0] ?? '');
  const known = PARAMETERS.map(({ name }) => name);
  expect(names.filter((name) => !name.startsWith('pcmk_'))).toEqual(['config']);
  expect(known).toContain('config');
  expect(called.filter(([name]) => name === 'stonith_admin').map((words) => words.slice(1))).toEqual([
    ['--metadata', '--agent', 'fence_rds'],
    ['--fence', 'node-2'],
  ]);
  expect(book.unplayed).toEqual([]);
});
