import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openScene } from '../commands/scene.ts';
import { readDocument } from './document.ts';

test('the manifest of docs/MANIFEST.md can be applied', async () => {
  const [block] = readDocument('docs/MANIFEST.md').sections.flatMap((section) => section.blocks);
  const scene = await openScene({
    rds: 2,
    volumes: 8,
    config: { storageServers: { rds1: { volumes: ['vol-[1-7]'] }, rds2: { volumes: ['vol-[78]'] } } },
  });
  const file = path.join(scene.dir, 'manifest.yaml');
  writeFileSync(file, block?.lines.join('\n') ?? '');
  const { code, stderr } = await scene.run('apply', '-f', file, '--yes');
  expect(code, stderr).toBe(0);
  const { attachments } = await scene.state();
  const places = Object.entries(attachments).map(([key, { holders }]) => [key, holders[0].node]);
  expect(Object.fromEntries(places)).toEqual({
    'rds1/vol-1': 'node-1',
    'rds2/vol-7': 'node-2',
    'rds2/vol-8': 'node-2',
  });
});
