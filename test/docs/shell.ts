import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Scene } from '../commands/scene.ts';

/**
 * What a runbook's blocks are run with: sh itself, in which `rdsctl` and `ssh` hand their words to the test
 * over descriptor 3 and wait on 4 until it has put what they print into files.
 */
const PRELUDE = String.raw`
exec 2>&1
hand_over() {
  for word do printf '+%s\n' "$word"; done >&3
  echo >&3
  read -r answer code <&4 || exit 99
  cat "$answer.err" >&2
  cat "$answer.out"
  return "$code"
}
rdsctl() { hand_over rdsctl "$@"; }
ssh() { hand_over ssh "$@"; }
`;

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a block ended, and everything it printed. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Runs a block with `sh -e` in the scene's directory, its commands one after the other. */
export async function runBlock(scene: Scene, script: string): Promise<Ended> {
  const directory = mkdtempSync(path.join(scene.dir, 'block-'));
  const child = spawn('sh', ['-e', '-c', `${PRELUDE}\n${script}`], {
    cwd: scene.dir,
    env: { PATH: '/usr/bin:/bin', HOME: scene.dir },
    stdio: ['ignore', 'pipe', 'inherit', 'pipe', 'pipe'],
  });
  const [, stdout, , questions, answers] = child.stdio as [null, Readable, null, Readable, Writable];
  let output = '';
  stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  let asked = '';
  let count = 0;
  let failure: Error | undefined;
  let before = Promise.resolve();
  const answer = async (words: readonly string[]): Promise<void> => {
    const file = path.join(directory, String((count += 1)));
    const { code, stdout: out, stderr } = await perform(scene, words);
    writeFileSync(`${file}.out`, out);
    writeFileSync(`${file}.err`, stderr);
    answers.write(`${file} ${code}\n`);
  };
  questions.setEncoding('utf8').on('data', (text: string) => {
    const parts = (asked + text).split('\n\n');
    asked = parts.pop() ?? '';
    for (const part of parts) {
      const words = part.split('\n').map((word) => word.slice(1));
      before = before
        .then(() => (failure === undefined ? answer(words) : undefined))
        .catch((error: unknown) => {
          failure ??= error instanceof Error ? error : new Error(String(error));
          answers.end(); // the shell reads that there is no answer, and ends
        });
    }
  });
  answers.on('error', () => undefined); // a shell that ended asks no more
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit) => resolve(exit ?? 128));
  });
  await before;
  rmSync(directory, { recursive: true });
  if (failure !== undefined) throw failure;
  return { code, output };
}

async function perform(scene: Scene, words: readonly string[]): Promise<Answer> {
  const [program, ...rest] = words;
  if (program === 'rdsctl')
    return scene.run(...rest.map((word) => word.replace(/^\/mnt\/backup(?=\/)/, backups(scene))));
  const [node = '', ...command] = rest;
  return onNode(scene, node, command.join(' '));
}

/** The other disk of the runbooks, /mnt/backup: a directory of the scene. */
function backups(scene: Scene): string {
  const directory = path.join(scene.dir, 'backup');
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** What `ssh NODE COMMAND` does, as far as a simulated node can. */
async function onNode(scene: Scene, name: string, command: string): Promise<Answer> {
  const node = scene.simulation.node(name);
  if (command === 'reboot') {
    await node.down('off');
    await node.up();
    return { code: 0, stdout: '', stderr: '' };
  }
  if (!/^(mount|umount|nvme)( [\w./:-]+)*$/.test(command)) {
    throw new Error(`a simulated node can't run this: ${command}`);
  }
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', command], { env: node.kernel.environment, stdio: 'pipe' });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 128, stdout, stderr }));
  });
}
