import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runAgent } from '../../src/cli/fence-agent/agent.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { openScene, type Scene } from './scene.ts';
import { testIo, type IoOptions } from './test-io.ts';

/** Calls the agent as a cluster does: parameters on standard input. */
function asked(scene: Scene, parameters: string, more: IoOptions = {}): Promise<Outcome> {
  const io = { ...more, stdin: parameters };
  return testIo(scene.dir, scene.simulation.configPath, io, (cli) => runAgent([], cli), outcomeOf).ended;
}

/** Calls it as a person does: options. */
function typed(scene: Scene, ...argv: string[]): Promise<Outcome> {
  return testIo(scene.dir, scene.simulation.configPath, {}, (cli) => runAgent(argv, cli), outcomeOf).ended;
}

describe('the fence agent', () => {
  test('off cuts the node off and says nothing else; status is off; on lets it in again', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    expect(await asked(scene, 'action=status\nplug=node-1\n')).toMatchObject({
      code: 0,
      stdout: 'Status: ON\n',
    });
    expect(await asked(scene, 'action=off\nnodename=node-1\n')).toMatchObject({ code: 0, stdout: '' });
    expect(scene.sessions('vol-1')).toEqual([]);
    expect(await asked(scene, 'action=status\nplug=node-1\n')).toMatchObject({
      code: 2,
      stdout: 'Status: OFF\n',
    });
    expect((await scene.run('attach', 'vol-2', 'node-1')).code).toBe(4);
    expect(await asked(scene, 'action=on\nport=node-1\n')).toMatchObject({ code: 0, stdout: '' });
    expect(await asked(scene, 'action=status\nplug=node-1\n')).toMatchObject({ code: 0 });
    expect((await scene.run('attach', 'vol-2', 'node-1')).code).toBe(0);
  });

  test('off again, and on again, are success; so is on of a node that joins for the first time', async () => {
    const scene = await openScene();
    expect((await asked(scene, 'action=on\nplug=node-2\n')).code).toBe(0);
    for (const action of ['off', 'off', 'on', 'on']) {
      expect((await typed(scene, '-o', action, '-n', 'node-2')).code, action).toBe(0);
    }
  });

  test('plug goes before nodename', async () => {
    const scene = await openScene();
    expect((await asked(scene, 'action=off\nnodename=node-2\nplug=node-1\n')).code).toBe(0);
    expect((await asked(scene, 'action=status\nplug=node-1\n')).code).toBe(2);
    expect((await asked(scene, 'action=status\nplug=node-2\n')).code).toBe(0);
  });

  test('off that could not be verified is a failure, and so is the status after it', async () => {
    const scene = await openScene({
      quirk: 'sessions-outlive-export',
      config: { fence: { drainTimeout: '1s' } },
    });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.faults({ at: 'rds1', match: 'nvme-tcp-export=no', do: 'drop-before', times: 50 });
    expect((await asked(scene, 'action=off\nplug=node-1\n')).code).toBe(1);
    await scene.faults();
    const { code, stderr } = await asked(scene, 'action=status\nplug=node-1\n');
    expect(code).toBe(1);
    expect(stderr).toContain('node-1 is marked as fenced, but not cut off from vol-1');
  });

  test('cut off but not drained is neither on nor off', async () => {
    const scene = await openScene({ config: { fence: { drainTimeout: '1s' } } });
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.faults({ at: 'rds1', match: 'monitor-traffic', do: 'reply', reply: 'x', times: 1000 });
    expect((await asked(scene, 'action=off\nplug=node-1\n')).code).toBe(1);
    await scene.faults();
    expect(scene.sessions('vol-1')).toEqual([]);
    expect((await asked(scene, 'action=status\nplug=node-1\n')).code).toBe(1);
    scene.configure({ fence: { drainTimeout: null } });
    expect((await asked(scene, 'action=off\nplug=node-1\n')).code).toBe(0);
    expect((await asked(scene, 'action=status\nplug=node-1\n')).code).toBe(2);
  });

  test('with a storage server that does not answer every action that needs it fails with 1', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.faults({ at: 'rds1', when: 'connect', do: 'refuse' });
    for (const action of ['off', 'status', 'monitor', 'list']) {
      expect((await asked(scene, `action=${action}\nplug=node-1\n`)).code, action).toBe(1);
    }
    expect((await asked(scene, 'action=metadata\n')).code).toBe(0);
    expect((await asked(scene, 'action=validate-all\n')).code).toBe(0);
  });

  test('a node that still holds an old controller is not let in', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    await scene.faults({ at: 'node-1', when: 'connect', do: 'refuse' });
    expect((await asked(scene, 'action=off\nplug=node-1\n')).code).toBe(0);
    expect((await asked(scene, 'action=on\nplug=node-1\n')).code).toBe(1);
    expect((await asked(scene, 'action=status\nplug=node-1\n')).code).toBe(2);
  });

  test('monitor and list: every storage server answers, these are the nodes', async () => {
    const scene = await openScene();
    expect(await asked(scene, 'action=monitor\n')).toMatchObject({ code: 0, stdout: '' });
    expect(await asked(scene, 'action=list\n')).toMatchObject({ code: 0, stdout: 'node-1,\nnode-2,\n' });
  });

  test('mistakes end with 1 and change nothing: no node, an unknown one, an option for a name, a bad file', async () => {
    const scene = await openScene();
    for (const parameters of [
      'action=off\n',
      'action=status\n',
      'action=off\nplug=node-9\n',
      'action=status\nplug=node-9\n',
      'action=off\nplug=--dry-run\n',
      'action=reboot\nplug=node-1\n',
      'action=validate-all\nconfig=/nowhere\n',
      'action=status\nplug=node-1\nconfig=/nowhere\n',
    ]) {
      const { code, stderr } = await asked(scene, parameters);
      expect(code, parameters).toBe(1);
      expect(stderr).toContain('error:');
    }
    expect(scene.stateBytes()).toBeNull();
  });

  test('a dry run that the environment asks for does not pass for a fence', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    const env = { RDSCTL_DRY_RUN: '1', RDSCTL_OUTPUT: 'json' };
    expect((await asked(scene, 'action=off\nplug=node-1\n', { env })).code).toBe(0);
    expect(scene.sessions('vol-1')).toEqual([]);
    expect((await asked(scene, 'action=status\nplug=node-1\n', { env })).code).toBe(2);
  });

  test('unknown parameters are told of and ignored', async () => {
    const scene = await openScene();
    const { code, stderr } = await asked(scene, 'action=monitor\npower_wait=3\n');
    expect(code).toBe(0);
    expect(stderr).toContain('warning: the parameter "power_wait" is not known');
  });
});

/* The fencing daemon of Pacemaker, on its own, with the agent in the directory where it looks for agents. */
describe("Pacemaker's own tools", () => {
  const PROGRAM = path.resolve(import.meta.dirname, '../../bin/fence_rds');

  test('stonith_admin registers it, fences, lets in, and is told when it fails', async () => {
    const scene = await openScene();
    await scene.done('attach', 'vol-1', 'node-1');
    const sbin = path.join(scene.dir, 'sbin');
    mkdirSync(sbin);
    copyFileSync('/usr/sbin/stonith_admin', path.join(sbin, 'stonith_admin'));
    writeFileSync(path.join(sbin, 'fence_rds'), `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`, {
      mode: 0o755,
    });
    const ask = await startFencing(scene, sbin);
    const config = `config=${scene.simulation.configPath}`;
    expect(await ask('--list-installed')).toContain('fence_rds');
    expect(await ask(`--validate -a fence_rds -o ${config}`)).toContain('ended with 0');
    expect(await ask('--validate -a fence_rds -o config=/nowhere')).not.toContain('ended with 0');
    expect(await ask(`--register rds -a fence_rds -o ${config}`)).toContain('ended with 0');
    expect(await ask('--query rds')).toContain('ended with 0');
    expect(await ask('--list node-1')).toContain('rds\n');
    // There is no reboot: the daemon makes it the action off.
    expect(await ask('--reboot node-1')).toContain('ended with 0');
    expect(scene.sessions('vol-1')).toEqual([]);
    expect((await scene.run('attach', 'vol-2', 'node-1')).code).toBe(4);
    expect(await ask('--unfence node-1')).toContain('ended with 0');
    expect((await scene.run('attach', 'vol-2', 'node-1')).code).toBe(0);
    await scene.faults({ at: 'rds1', match: 'nvme-tcp-export=no', do: 'drop-before', times: 50 });
    expect(await ask('--fence node-1')).not.toContain('ended with 0');
    await scene.faults();
    expect(await ask('--fence node-1')).toContain('ended with 0');
    expect(scene.sessions('vol-2')).toEqual([]);
  });

  /** Starts the daemon where the agent stands in /usr/sbin, which nobody else sees. */
  async function startFencing(scene: Scene, sbin: string): Promise<(line: string) => Promise<string>> {
    const log = path.join(scene.dir, 'fenced.log');
    const script = `mount --bind '${sbin}' /usr/sbin || exit 1
/usr/lib/pacemaker/pacemaker-fenced --stand-alone -l '${log}' >/dev/null 2>&1 &
fenced=$!
until stonith_admin --list-registered >/dev/null 2>&1; do sleep 0.1; done
echo ready
while read -r line; do
  # shellcheck disable=SC2086 # words
  timeout 50 stonith_admin $line 2>&1
  echo "ended with $?"
  echo END
done
kill $fenced
wait $fenced
`;
    const shell = spawn('unshare', ['-m', 'bash', '-c', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, PATH: `/usr/sbin:${process.env['PATH'] ?? ''}`, PCMK_logfile: log },
    });
    let said = '';
    let look = (): void => undefined;
    shell.stdout.on('data', (bytes: Buffer) => {
      said += bytes.toString('utf8');
      look();
    });
    const until = (text: string): Promise<string> =>
      new Promise((resolve) => {
        look = () => {
          if (!said.endsWith(text)) return;
          resolve(said);
          said = '';
        };
        look();
      });
    await until('ready\n');
    onTestFinished(
      () =>
        new Promise<void>((resolve) => {
          shell.once('exit', () => {
            resolve();
          });
          shell.stdin.end();
        }),
    );
    return (line) => {
      shell.stdin.write(`${line}\n`);
      return until('END\n');
    };
  }
});
