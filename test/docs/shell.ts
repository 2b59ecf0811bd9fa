import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Scene } from '../commands/scene.ts';

/**
 * What stands in for a program of a block: hands its words to the test over descriptor 3 and waits on 4 until it
 * has put what is printed into files.
 */
const STAND_IN = String.raw`#!/bin/sh
{
  printf '+%s\n' "\${0##*/}"
  for word do printf '+%s\n' "$word"; done
  echo
} >&3
read -r answer code <&4 || exit 99
cat "$answer.err" >&2
cat "$answer.out"
exit "$code"
`.replaceAll('\\${', '${');

/** What a program of a block ended with and printed. */
export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What stands in for the programs of a block, by name: everything else is run as it is. */
export type Programs = Readonly<Record<string, (words: readonly string[]) => Answer | Promise<Answer>>>;

/** How a block ended, and everything it printed. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/**
 * Runs a block with `sh -e` in the scene's directory, its commands one after the other. `more` stands in for
 * further programs, beside rdsctl and ssh, or instead of them.
 */
export async function runBlock(scene: Scene, script: string, more: Programs = {}): Promise<Ended> {
  const programs: Programs = {
    rdsctl: (words) => rdsctlOf(scene, words),
    ssh: ([node = '', ...command]) => onNode(scene, node, command.join(' ')),
    ...more,
  };
  const directory = mkdtempSync(path.join(scene.dir, 'block-'));
  const bin = path.join(directory, 'bin');
  mkdirSync(bin);
  for (const name of Object.keys(programs)) writeFileSync(path.join(bin, name), STAND_IN, { mode: 0o755 });
  const child = spawn('sh', ['-e', '-c', `exec 2>&1\n${script}`], {
    cwd: scene.dir,
    env: { PATH: `${bin}:/usr/bin:/bin:/usr/sbin`, HOME: scene.dir },
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
    const { code, stdout: out, stderr } = await perform(programs, words);
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

async function perform(programs: Programs, [name = '', ...words]: readonly string[]): Promise<Answer> {
  const program = programs[name];
  if (program === undefined) throw new Error(`there is no program ${name}`);
  return program(words);
}

function rdsctlOf(scene: Scene, words: readonly string[]): Promise<Answer> {
  return scene.run(...words.map((word) => word.replace(/^\/mnt\/backup(?=\/)/, backups(scene))));
}

/** The other disk of the runbooks, /mnt/backup: a directory of the scene. */
function backups(scene: Scene): string {
  const directory = path.join(scene.dir, 'backup');
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** What `ssh NODE COMMAND` does, as far as a simulated node can. */
export async function onNode(scene: Scene, name: string, command: string): Promise<Answer> {
  const node = scene.simulation.node(name);
  if (command === 'reboot') {
    await node.down('off');
    await node.up();
    return { code: 0, stdout: '', stderr: '' };
  }
  if (!/^((mount|umount|nvme|cat|grep|dmesg)( [\w./:*-]+)*|echo 1 > [\w/]+)$/.test(command)) {
    throw new Error(`a simulated node can't run this: ${command}`);
  }
  const there = command.replaceAll(/(?<= )(?=\/(?:sys|proc|etc)\/)/g, node.kernel.directory);
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', there], { env: node.kernel.environment, stdio: 'pipe' });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 128, stdout, stderr }));
  });
}
