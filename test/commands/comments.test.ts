import { expect, test } from 'vitest';
import { quote } from '../../src/storage-server/quote.ts';
import { openScene } from './scene.ts';

const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

test.for([
  'nightly database copy',
  'it\'s "quoted" and $dollar $(cmd) [find] {x}; #hash',
  'back\\slash \\" \\24 \\n ? | ~ ^ `',
  'größer — 日本語 🚀',
  '  blanks  inside  ',
  'looks like [a tag] owner=node-9 token=99',
  '%s %d \u00ff\u00fe',
])('the user\u2019s own comment survives every operation byte for byte: %j', async (text) => {
  const scene = await openScene();
  const literal = quote(bytes(text));
  await scene.setDisk('vol-1', `comment=${literal}`);
  expect(await scene.comment('vol-1')).toBe(text);
  const own = async (): Promise<string> =>
    (await scene.comment('vol-1')).replace(/ \[rdsctl owner=[^\]]*\]$/, '');
  const wanted = text.trim();
  for (const command of [
    ['attach', 'vol-1', 'node-1'],
    ['attach', 'vol-1', 'node-1'],
    ['move', 'vol-1', 'node-2'],
    ['fence', 'node-2', '--yes'],
    ['unfence', 'node-2'],
    ['attach', 'vol-1', 'node-1'],
    ['detach', 'vol-1'],
  ]) {
    const outcome = await scene.run(...command);
    expect(outcome.code, `${command.join(' ')}: ${outcome.stderr}`).toBe(0);
    expect((await own()).trim()).toBe(wanted);
  }
  const told = (await scene.run('volumes', '--volume', 'vol-1', '-o', 'json')).json();
  expect(told['items']).toMatchObject([{ volume: 'vol-1', comment: wanted }]);
});

test('a tag that can not be read is not overwritten: exit 4', async () => {
  const scene = await openScene({ nodes: 1 });
  await scene.setDisk('vol-1', 'comment="[rdsctl owner=node-1 token=x lineage=y]"');
  const refused = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
  expect(refused.code).toBe(4);
  expect(refused.error()).toMatchObject({ reason: 'FOREIGN_TAG' });
});

test('a tag of another state is not overwritten: exit 4 and its lineage, by attach, detach and fence', async () => {
  const scene = await openScene();
  await scene.done('attach', 'vol-1', 'node-1');
  const tag = '[rdsctl owner=node-2 token=9 lineage=99999999-9999-4999-8999-999999999999]';
  await scene.setDisk('vol-1', `comment="${tag}"`);
  const before = scene.events().length;
  for (const command of [
    ['attach', 'vol-1', 'node-1'],
    ['detach', 'vol-1'],
    ['move', 'vol-1', 'node-2'],
    ['fence', 'node-1', '--yes'],
  ]) {
    const refused = await scene.run(...command);
    expect(refused.code, `${command.join(' ')}: ${refused.stderr}`).toBe(4);
    expect(refused.stderr).toContain('99999999-9999-4999-8999-999999999999');
  }
  expect(scene.events()).toHaveLength(before);
});

test('a token that is newer than the state is a restored backup: exit 4', async () => {
  const scene = await openScene();
  await scene.done('attach', 'vol-1', 'node-1');
  const { lineage } = await scene.state();
  await scene.setDisk('vol-1', `comment="[rdsctl owner=node-2 token=7 lineage=${lineage}]"`);
  const before = scene.events().length;
  const refused = await scene.run('detach', 'vol-1', '-o', 'json');
  expect(refused.code).toBe(4);
  expect(refused.error()).toMatchObject({ reason: 'STALE_STATE' });
  expect(scene.events()).toHaveLength(before);
});

test('a comment that is edited between look and change stops the change: exit 4, nobody let in', async () => {
  const scene = await openScene({ nodes: 1 });
  const { device } = scene.simulation.rds;
  const exec = device.exec.bind(device);
  device.exec = async (line, policies) => {
    if (line.includes('nvme-tcp-export=yes'))
      await exec('/disk set [find where slot="vol-1"] comment="edited"');
    return exec(line, policies);
  };
  const refused = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
  expect(refused.code, refused.stderr).toBe(4);
  expect(refused.error()).toMatchObject({ reason: 'CHANGED_MEANWHILE' });
  expect(scene.sessions('vol-1')).toEqual([]);
  expect(await scene.comment('vol-1')).toBe('edited');
  device.exec = exec;
  expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
  expect(await scene.comment('vol-1')).toMatch(/^edited \[rdsctl /);
});
