import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const program = path.resolve(import.meta.dirname, '../../bin/rdsctl');
const dir = mkdtempSync(path.join(tmpdir(), 'rdsctl-parse-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function parsed(script: string | Buffer, ...more: string[]) {
  const file = path.join(dir, 'script.rsc');
  writeFileSync(file, script);
  const fromFile = spawnSync(process.execPath, [program, 'simulate', 'parse', file, ...more]);
  const fromInput = spawnSync(process.execPath, [program, 'simulate', 'parse', '-', ...more], {
    input: script,
  });
  expect(fromInput.stdout).toEqual(fromFile.stdout);
  expect(fromInput.status).toBe(fromFile.status);
  return { status: fromFile.status, stdout: fromFile.stdout.toString(), stderr: fromFile.stderr.toString() };
}

describe('simulate parse', () => {
  it('prints the tree and ends with 0, from a file and from standard input', () => {
    expect(parsed(':local a 1\n:put ("x" . $a)\n')).toEqual({
      status: 0,
      stdout: '(evl /localname=$a;value=1);(evl /putmessage=(. x $a))\n',
      stderr: '',
    });
  });

  it('prints the error with its place and ends with 1', () => {
    expect(parsed(':set y 5')).toEqual({ status: 1, stdout: 'syntax error (line 1 column 6)\n', stderr: '' });
    expect(parsed(':nosuch 1')).toMatchObject({ status: 1, stderr: '' });
  });

  it('keeps bytes that are no UTF-8, and takes what is no script at all', () => {
    expect(parsed(Buffer.from([0x3a, 0x70, 0x75, 0x74, 0x20, 0x22, 0xff, 0x00, 0x22])).status).not.toBeNull();
    expect(parsed(Buffer.alloc(70_000, 0x7b)).status).toBe(1);
    expect(parsed('').status).toBe(0);
  });

  it('refuses a file that is not there with 2', () => {
    const refused = spawnSync(process.execPath, [program, 'simulate', 'parse', path.join(dir, 'missing')]);
    expect(refused.status).toBe(2);
    expect(refused.stderr.toString()).toContain('can not be read');
  });
});
