import { describe, expect, test } from 'vitest';
import { openScene, type Scene } from './scene.ts';

const COMMANDS = {
  attach: ['attach', 'vol-1', 'node-1'],
  detach: ['detach', 'vol-1'],
  move: ['move', 'vol-1', 'node-2'],
  fence: ['fence', 'node-1', '--yes'],
  unfence: ['unfence', 'node-1'],
} as const;

/** Everything a command tells of its steps, in order. */
const STEPS: readonly (readonly [keyof typeof COMMANDS, string])[] = [
  ['attach', 'look'],
  ['attach', 'observe'],
  ['attach', 'intent'],
  ['attach', 'grant'],
  ['attach', 'connect'],
  ['attach', 'state'],
  ['detach', 'look'],
  ['detach', 'observe'],
  ['detach', 'intent'],
  ['detach', 'disconnect'],
  ['detach', 'revoke'],
  ['detach', 'state'],
  ['move', 'target'],
  ['move', 'intent'],
  ['move', 'disconnect'],
  ['move', 'revoke'],
  ['move', 'grant'],
  ['move', 'connect'],
  ['fence', 'mark'],
  ['fence', 'look'],
  ['fence', 'intent'],
  ['fence', 'cut-rds1'],
  ['fence', 'state'],
  ['unfence', 'observe'],
  ['unfence', 'state'],
];

async function prepared(verb: keyof typeof COMMANDS): Promise<Scene> {
  const scene = await openScene();
  if (verb !== 'attach') await scene.run('attach', 'vol-1', 'node-1');
  if (verb === 'unfence') await scene.run('fence', 'node-1', '--yes');
  return scene;
}

function begins(step: string): RegExp {
  return new RegExp(`"event":"step","id":"${step}"`);
}

describe.each(STEPS)('%s interrupted in step "%s"', (verb, step) => {
  test('ends with 130, tells what is so now, and leaves nothing half done', async () => {
    const scene = await prepared(verb);
    const command = [...COMMANDS[verb], '--log-format', 'json'];
    const outcome = await scene.start(command, { signalAt: { text: begins(step) } }).ended;
    expect(outcome.code, outcome.stderr).toBe(130);
    const told =
      outcome.stdout !== '' || /attached|detached|fenced|Nothing was changed/.test(lastLine(outcome.stderr));
    expect(told, outcome.stderr).toBe(true);

    const { attachments, nodes } = await scene.state();
    const claim = attachments['rds1/vol-1'];
    const open = scene.sessions('vol-1');
    if (verb === 'fence') {
      // The mark stays; finishing the fence is what is next.
      expect(nodes['node-1']?.fenced).not.toBeNull();
      expect(outcome.stdout + outcome.stderr).toMatch(/node-1 is (marked as )?fenced/);
    } else if (claim?.phase !== 'fenced') {
      expect(open).toEqual(claim?.holders.map(({ hostNqn }) => hostNqn) ?? []);
    }
    // Whatever it was, the next command works: no lock, no half-done record is in its way.
    const next = verb === 'fence' ? await scene.run(...COMMANDS.fence) : await scene.run('detach', 'vol-1');
    expect(next.code, next.stderr).toBe(0);
  });
});

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

describe('signals', () => {
  test('SIGTERM ends with 143', async () => {
    const scene = await prepared('attach');
    const outcome = await scene.start([...COMMANDS.attach, '--log-format', 'json'], {
      signalAt: { text: begins('grant'), signal: 'SIGTERM' },
    }).ended;
    expect(outcome.code).toBe(143);
    expect(lastLine(outcome.stderr)).toContain('vol-1 is attached nowhere');
    expect(scene.sessions('vol-1')).toEqual([]);
  });

  test('the error is a document with -o json, and carries the exit code', async () => {
    const scene = await prepared('attach');
    const outcome = await scene.start([...COMMANDS.attach, '-o', 'json', '--log-format', 'json'], {
      signalAt: { text: begins('look'), signal: 'SIGTERM' },
    }).ended;
    expect(outcome.error()).toMatchObject({ code: 'SIGNAL', exitCode: 143, reason: 'INTERRUPTED' });
  });

  test('a second signal ends at once, with the intent left for the next command', async () => {
    const scene = await prepared('attach');
    const held = scene.hold(/nvme-tcp-export=yes/);
    const running = scene.start(COMMANDS.attach);
    await held.reached;
    running.signal('SIGINT');
    expect(running.endedAtOnce).toEqual([]);
    running.signal('SIGINT');
    expect(running.endedAtOnce).toEqual([130]);
    expect((await scene.state()).attachments['rds1/vol-1']).toMatchObject({ intent: { verb: 'attach' } });
    held.letGo();
    expect((await running.ended).code).toBe(130);
  });

  test('while it waits for a lock it ends at once and says that nothing was changed', async () => {
    const scene = await prepared('attach');
    const held = scene.hold(/nvme-tcp-export=yes/);
    const first = scene.start(COMMANDS.attach);
    await held.reached;
    const second = await scene.start(['attach', 'vol-1', 'node-2', '-v'], {
      signalAt: { text: /waiting for vol-1/ },
    }).ended;
    expect(second.code).toBe(130);
    expect(second.stderr).toContain('Nothing was changed');
    held.letGo();
    expect((await first.ended).code).toBe(0);
  });
});

describe('--timeout', () => {
  test('ends with 124 and tells what is so now', async () => {
    const scene = await prepared('attach');
    await scene.faults({ at: 'rds1', when: 'exec', do: 'hang' });
    const outcome = await scene.run('attach', 'vol-1', 'node-1', '--timeout', '300ms', '-o', 'json');
    expect(outcome.code).toBe(124);
    expect(outcome.error()).toMatchObject({ code: 'TIMEOUT', exitCode: 124, reason: 'TIMED_OUT' });
    expect(String(outcome.error()['message'])).toMatch(/300ms.*Nothing was changed/);
    expect(scene.stateBytes()).toBeNull();
  });

  test('while it waits for a lock it counts too', async () => {
    const scene = await prepared('attach');
    const held = scene.hold(/nvme-tcp-export=yes/);
    const first = scene.start(COMMANDS.attach);
    await held.reached;
    const second = await scene.run('attach', 'vol-1', 'node-2', '--timeout', '200ms');
    expect(second.code).toBe(124);
    held.letGo();
    expect((await first.ended).code).toBe(0);
  });
});
