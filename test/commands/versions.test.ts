import { describe, expect, test } from 'vitest';
import { openScene, type Scene } from './scene.ts';

/** A storage server of which the version was always, or is from now on, too old for rdsctl. */
function makeOld(scene: Scene, version: string): void {
  scene.mangle((answer, line) => {
    // Scripts of rdsctl need `:onerror` (7.13) and the options of `:serialize` (7.16): older ones refuse the line.
    if (/^7\.16/.test(version) || !line.startsWith(':onerror')) return answer.replace(/7\.21\.5/, version);
    return 'bad command name onerror (line 1 column 2)\r\n';
  });
}

describe.each(['7.16.2', '7.12.1', '6.49.18'])('RouterOS %s is told from what is needed', (version) => {
  const needed = new RegExp(`rds1 runs RouterOS ${version.replaceAll('.', '\\.')} .*needs 7\\.17 or later`);

  test.each([
    ['attach', 'vol-2', 'node-2'],
    ['attach', 'vol-2', 'node-2', '--dry-run'],
    ['detach', 'vol-1'],
    ['move', 'vol-1', 'node-2'],
    ['move', 'vol-1', 'node-2', '--dry-run'],
  ])('%s %s %s %s: exit 10, nothing is sent that would change anything', async (...argv) => {
    const scene = await openScene();
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
    makeOld(scene, version);
    const since = scene.events().length;
    const before = [await scene.comment('vol-1'), await scene.comment('vol-2')];
    const refused = await scene.run(...argv, '-o', 'json');
    expect(refused.code, refused.stderr).toBe(10);
    expect(refused.error()).toMatchObject({
      reason: 'UNSUPPORTED_VERSION',
      message: expect.stringMatching(needed) as string,
      details: { needed: '7.17' },
    });
    expect([await scene.comment('vol-1'), await scene.comment('vol-2')]).toEqual(before);
    expect(scene.events(since).filter(({ event }) => event === 'comment-changed')).toEqual([]);
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
  });

  test('volumes names it, and what is needed', async () => {
    const scene = await openScene();
    makeOld(scene, version);
    const outcome = await scene.run('volumes');
    expect(outcome.stdout + outcome.stderr).toMatch(needed);
    expect(outcome.code).not.toBe(0);
  });

  test('fence does not claim to have cut anything', async () => {
    const scene = await openScene();
    expect((await scene.run('attach', 'vol-1', 'node-1')).code).toBe(0);
    makeOld(scene, version);
    const outcome = await scene.run('fence', 'node-1', '--yes');
    expect([10, 11]).toContain(outcome.code);
    expect(outcome.stdout + outcome.stderr).toMatch(needed);
    expect(scene.sessions('vol-1')).toEqual([scene.hostNqn('node-1')]);
  });
});

describe('what a version lacks is not sent to it', () => {
  test.each(['7.17.1', '7.18.2', '7.20.8'])('%s: no nvme-tcp-server-nqn', async (routeros) => {
    const scene = await openScene({ routeros });
    const sent: string[] = [];
    scene.mangle((answer, line) => {
      sent.push(line);
      return answer;
    });
    for (const argv of [
      ['attach', 'vol-1', 'node-1'],
      ['move', 'vol-1', 'node-2'],
      ['fence', 'node-2', '--yes'],
      ['unfence', 'node-2', '--yes'],
      ['attach', 'vol-1', 'node-2'],
      ['detach', 'vol-1'],
    ]) {
      const outcome = await scene.run(...argv);
      expect(outcome.code, `${argv.join(' ')}: ${outcome.stderr}`).toBe(0);
    }
    expect(sent.filter((line) => line.includes('/disk set')).length).toBeGreaterThan(3);
    expect(sent.filter((line) => line.includes('nvme-tcp-server-nqn='))).toEqual([]);
  });
});
