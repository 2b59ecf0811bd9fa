import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readDocument, type Block } from './document.ts';

/** What the README shows is what the program prints; its commands and those of the rehearsal run as they stand. */

const root = path.join(import.meta.dirname, '../..');
const blocksOf = (file: string, language: string): Block[] =>
  readDocument(file).sections.flatMap(({ blocks }) => blocks.filter((one) => one.language === language));

/** A line without what is another each time: times, people, addresses. */
function constant(line: string): string {
  return line
    .trim()
    .replace(/\d{4}-\d\d-\d\d[ T][\d:.]+Z/g, 'TIME')
    .replace(/\(by [^:)]+/g, '(by WHO')
    .replace(/root@[\d.]+(:\d+)?/g, 'root@HOST')
    .replace(/by [\d.]+$/, 'by HOST')
    .replace(/\s+/g, ' ');
}

/**
 * The lines of a transcript that the output does not have there. A command or a remark may come later than the one
 * before it; what a command printed stands whole, but for `…`.
 */
function strayed(shown: readonly string[], output: readonly string[]): string[] {
  let at = 0;
  let gap = false;
  return shown.filter((line) => {
    if (['', '…'].includes(line.trim())) {
      gap = line.trim() === '…';
      return false;
    }
    const found = output.findIndex((each, index) => index >= at && constant(each) === constant(line));
    const follows = found === at || (found > at && (gap || /^[$#] /.test(line)));
    if (follows) at = found + 1;
    // What an event says stands between two commands.
    gap = line.startsWith('# ');
    return !follows;
  });
}

/** A process in a shell of its own in `cwd`, with this rdsctl on its PATH. */
function shell(script: string, cwd: string) {
  const bin = path.join(cwd, 'bin');
  if (!existsSync(bin)) {
    mkdirSync(bin);
    symlinkSync(path.join(root, 'bin/rdsctl'), path.join(bin, 'rdsctl'));
  }
  const env = { PATH: `${bin}:${path.dirname(process.execPath)}:/usr/bin:/bin`, HOME: cwd };
  return spawn('sh', ['-e', '-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
}

function temporary(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'rdsctl-readme-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

describe('the README', () => {
  test('its transcripts are what the demo prints', () => {
    const transcripts = blocksOf('README.md', 'console');
    expect(transcripts.length).toBe(2);
    const demo = spawnSync('sh', ['-c', 'exec "$1" "$2" 2>&1', 'sh', process.execPath, 'scripts/demo.js'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(demo.status, demo.stdout).toBe(0);
    const output = demo.stdout.split('\n').filter((line) => line !== '');
    for (const { lines } of transcripts) {
      expect(lines.filter((line) => line.startsWith('$ ')).length).toBeGreaterThan(1);
      expect(strayed(lines, output), demo.stdout).toEqual([]);
    }
  });

  test('a transcript that lies is noticed', () => {
    const output = ['$ a', 'one', 'two', '(exit code 4)', '$ b', 'three'];
    expect(strayed(['$ a', 'one', 'two', '$ b', 'three'], output)).toEqual([]);
    expect(strayed(['$ a', '…', 'two'], output)).toEqual([]);
    expect(strayed(['$ a', 'two'], output)).toEqual(['two']);
    expect(strayed(['$ b', 'one'], output)).toEqual(['one']);
    expect(strayed(['$ c'], output)).toEqual(['$ c']);
  });

  test('its drawings are there: the parts, and what happens in a fence', () => {
    const [parts, fence] = blocksOf('README.md', 'text').map(({ lines }) => lines.join('\n'));
    for (const part of ['rdsctl', 'RDS', 'node', 'NVMe/TCP', 'state directory'])
      expect(parts).toContain(part);
    expect(fence).toMatch(
      /mark[^]*allowed host := nobody[^]*export off[^]*read back[^]*in flight[^]*elsewhere/,
    );
  });

  test('its commands are scripts of the package', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const file of ['README.md', 'docs/DEVELOPING.md']) {
      const lines = blocksOf(file, 'sh').flatMap((block) => block.lines);
      expect(lines.length).toBeGreaterThan(1);
      for (const line of lines) {
        const commands = line.replace(/#.*/, '').split('&&');
        for (const command of commands.map((one) => one.trim())) {
          const script = /^npm (?:run )?([\w:]+)$/.exec(command)?.[1] ?? '';
          if (script !== 'ci') expect(Object.keys(scripts), `${file}: ${line}`).toContain(script);
        }
      }
    }
  });

  test('its program compiles', () => {
    const dir = temporary();
    const [program] = blocksOf('README.md', 'ts');
    writeFileSync(path.join(dir, 'program.mts'), program?.lines.join('\n') ?? '!');
    const compilerOptions = {
      paths: { rdsctl: [path.join(root, 'src/index.ts')] },
      typeRoots: [path.join(root, 'node_modules/@types')],
      rootDir: '/',
    };
    const include = ['program.mts', path.join(root, 'src/state/file/fs-native-extensions.d.ts')];
    writeFileSync(
      path.join(dir, 'tsconfig.json'),
      JSON.stringify({
        extends: path.join(root, 'tsconfig.json'),
        compilerOptions,
        include,
      }),
    );
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, '--project', dir], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });
});

test('the rehearsal of the runbooks: a simulation in one terminal, commands in another', async () => {
  const dir = temporary();
  const [start = '', use = ''] = blocksOf('docs/RUNBOOKS.md', 'sh').map(({ lines }) => lines.join('\n'));
  const simulation = shell(`exec ${start}`, dir);
  const ended = new Promise((resolve) => simulation.once('close', resolve));
  try {
    let said = '';
    await new Promise<void>((resolve, reject) => {
      simulation.stdout.on('data', (data: Buffer) => {
        if ((said += data.toString()).includes('ready')) resolve();
      });
      simulation.once('close', () => reject(new Error(`the simulation ended: ${said}`)));
    });
    const other = shell(use, dir);
    let shown = '';
    other.stdout.on('data', (data: Buffer) => (shown += data.toString()));
    expect(await new Promise((resolve) => other.once('close', resolve))).toBe(0);
    expect(shown).toContain('vol-1');
  } finally {
    simulation.kill();
    await ended;
  }
});
