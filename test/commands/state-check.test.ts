import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openScene, type Scene } from './scene.ts';

const file = (scene: Scene, name = 'state.json'): string => join(scene.stateDir, name);

interface Found {
  readonly level: string;
  readonly where: string;
  readonly what: string;
  readonly fix: string | null;
}

async function check(scene: Scene, ...more: string[]) {
  const outcome = await scene.run('state', 'check', '-o', 'json', ...more);
  const report = outcome.json();
  return { code: outcome.code, report, findings: report['findings'] as Found[] };
}

describe('state check', () => {
  test('before anything was attached: exit 0', async () => {
    const scene = await openScene({ nodes: 1 });
    expect(await check(scene)).toMatchObject({
      code: 0,
      findings: [],
      report: { serial: null, usable: true },
    });
    expect((await scene.run('state', 'check')).stdout).toContain('nothing was ever attached');
  });

  test('a state in order: exit 0, and what there is', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    const { code, report, findings } = await check(scene);
    expect(findings).toEqual([]);
    expect(code).toBe(0);
    expect(Object.keys(report)).toEqual(
      'apiVersion kind location usable lineage serial highestSerial attachments unfinished fencedNodes backups locks audit findings'.split(
        ' ',
      ),
    );
    const { lineage, serial } = await scene.state();
    expect(report).toMatchObject({
      kind: 'StateReport',
      location: file(scene),
      usable: true,
      lineage,
      serial,
      highestSerial: serial,
      attachments: 1,
      unfinished: 0,
      locks: [],
      audit: { whole: true, entries: 1, torn: 0 },
    });
    expect((await scene.run('state', 'check')).stdout).toMatch(/: ok, serial \d+, 1 attachment\n/);
    expect((await check(scene, '--remote')).findings).toEqual([]);
  });

  test('needs no configuration when the state is named', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    const outcome = await scene.start(['state', 'check', '--state', scene.stateDir], {
      env: { RDSCTL_CONFIG: '' },
    }).ended;
    expect(outcome.code, outcome.stderr).toBe(0);
  });

  test('a damaged state: exit 9, why, and how to go back; nothing is changed', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    truncateSync(file(scene), 300);
    const { code, report, findings } = await check(scene, '--remote');
    expect(code).toBe(9);
    expect(report).toMatchObject({ usable: false, serial: null, attachments: null });
    expect(findings[0]).toMatchObject({ level: 'damage', where: file(scene), fix: 'rdsctl state restore' });
    expect(findings[0]?.what).toContain('damaged');
    rmSync(join(scene.stateDir, 'backups'), { recursive: true });
    expect((await check(scene)).findings[0]).toMatchObject({ fix: 'rdsctl state rebuild' });
    expect(readFileSync(file(scene))).toHaveLength(300);
  });

  test('a state that went back, a damaged backup, open modes: exit 8, each with what mends it', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    const backups = join(scene.stateDir, 'backups');
    const { serial } = await scene.state();
    const name = (of: number): string => `state-${String(of).padStart(12, '0')}.json`;
    copyFileSync(join(backups, name(serial - 1)), file(scene));
    writeFileSync(join(backups, name(serial + 5)), 'nothing');
    chmodSync(file(scene), 0o644);
    chmodSync(scene.stateDir, 0o777);
    const { code, findings } = await check(scene);
    expect(code).toBe(8);
    const differences = findings.filter(({ level }) => level === 'difference');
    expect(differences.map(({ where, fix }) => [where, fix])).toEqual(
      expect.arrayContaining([
        [file(scene), `chmod 600 ${file(scene)}`],
        [scene.stateDir, `chmod 700 ${scene.stateDir}`],
        [join(backups, name(serial)), `rdsctl state restore ${name(serial)}`],
        [join(backups, name(serial + 5)), `rm ${join(backups, name(serial + 5))}`],
        // The intent of the attach is open again in that old state.
        ['rds1/vol-1', 'rdsctl reconcile'],
      ]),
    );
    const text = await scene.run('state', 'check');
    expect(text.stdout).toContain(`    chmod 600 ${file(scene)}\n`);
  });

  test('tokens that only the audit log knows: the state is an old copy', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    const old = readFileSync(file(scene));
    await scene.done('detach', 'vol-1');
    rmSync(join(scene.stateDir, 'backups'), { recursive: true });
    writeFileSync(file(scene), old);
    const { code, findings } = await check(scene);
    expect(code).toBe(8);
    expect(findings).toMatchObject([
      { level: 'difference', where: 'rds1/vol-1', fix: 'rdsctl state rebuild' },
    ]);
    expect(findings[0]?.what).toContain('the audit log knows token 2, the state only 1');
    // The storage server says the same.
    const remote = await check(scene, '--remote');
    expect(remote.findings.some(({ what }) => what.includes('a rebuild would change it'))).toBe(true);
    await scene.done('state', 'rebuild', '--yes');
    expect((await check(scene, '--remote')).code).toBe(0);
  });

  test('an audit log that was tampered with: exit 8, the line is named; a torn last line is only noted', async () => {
    const scene = await openScene({ nodes: 1 });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.done('detach', 'vol-1');
    const log = file(scene, 'audit.jsonl');
    const whole = readFileSync(log, 'utf8');
    appendFileSync(log, '{"v":1,"seq":4,"ti');
    const torn = await check(scene);
    expect(torn.code).toBe(0);
    expect(torn.findings).toMatchObject([{ level: 'note', where: log }]);
    writeFileSync(log, whole.split('\n').toSpliced(1, 1).join('\n'));
    const removed = await check(scene);
    expect(removed.code).toBe(8);
    expect(removed.findings[0]).toMatchObject({ level: 'difference', where: `${log}:2` });
    writeFileSync(log, whole.replace('"exitCode":0', '"exitCode":4'));
    expect(await check(scene)).toMatchObject({ code: 8, report: { audit: { whole: false } } });
    rmSync(log);
  });
});
