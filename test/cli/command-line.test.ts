import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands/index.ts';
import manifest from '../../package.json' with { type: 'json' };
import { rdsctl } from './console.ts';

const MISSING = ['list', '--state', '/nowhere/state'];

describe('the command line', () => {
  it('tells its version, wherever that is asked for', async () => {
    for (const args of [['-V'], ['--version'], ['list', '--version'], ['-q', '-V']]) {
      expect(await rdsctl(args)).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
    }
  });

  it('shows the overview on stdout when it is asked for, else on stderr with exit code 2', async () => {
    const asked = await rdsctl(['--help']);
    expect(asked).toMatchObject({ code: 0, stderr: '' });
    for (const { name, summary, hidden } of COMMANDS) {
      if (hidden === true) {
        expect(asked.stdout).not.toContain(name);
        continue;
      }
      expect(asked.stdout).toContain(name);
      expect(asked.stdout).toContain(summary);
    }
    expect((await rdsctl(['help'])).stdout).toBe(asked.stdout);
    expect(await rdsctl([])).toEqual({ code: 2, stdout: '', stderr: asked.stdout });
  });

  it.each(COMMANDS.map(({ name }) => name))(
    'helps with %s, even when arguments are missing',
    async (name) => {
      const help = await rdsctl([...name.split(' '), '--help']);
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).toMatch(new RegExp(`^Usage: rdsctl ${name}`));
      expect(await rdsctl(['help', ...name.split(' ')])).toEqual(help);
      expect(await rdsctl(['-h', ...name.split(' ')])).toEqual(help);
    },
  );

  it('keeps help within a narrow terminal', async () => {
    const { stdout } = await rdsctl(['attach', '--help'], { terminal: { columns: 60 }, env: { CI: '1' } });
    for (const line of stdout.split('\n').filter((text) => !text.includes('rdsctl attach'))) {
      expect(line.length, line).toBeLessThanOrEqual(60);
    }
  });

  it('helps with a group', async () => {
    expect((await rdsctl(['config', '--help'])).stdout).toContain('config check');
    expect(await rdsctl(['config'])).toMatchObject({ code: 2, stdout: '' });
  });

  it.each([
    [['lst'], 'did you mean list?'],
    [['atach', 'a', 'b'], 'did you mean attach?'],
    [['config', 'chek'], 'did you mean config check?'],
    [['config', 'frobnicate'], 'there is no command "config frobnicate"'],
    [['frobnicate'], 'there is no command "frobnicate"\n'],
    [['attach'], "missing required argument 'VOLUME'"],
    [['attach', 'v'], 'rdsctl attach VOLUME NODE [OPTIONS]'],
    [['list', 'extra'], 'too many arguments'],
    [['list', '--nod', 'n'], '--node'],
    [['list', '--dry-run'], "unknown option '--dry-run'"],
    [['list', '-o', 'xml'], 'is none of table, wide, json, jsonl, yaml, name'],
    [['list', '--output', 'jsn'], 'did you mean json?'],
    [['list', '--phase', 'atached'], 'did you mean attached?'],
    [['list', '--timeout', '5'], 'write 5s for seconds'],
    [['list', '--timeout', '0s'], 'must be longer than 0'],
    [['list', '--timeout'], 'argument missing'],
    [['list', '--log-format', 'xml'], 'is none of text, json'],
    [['list', '--state', ''], '--state: is empty'],
    [['simulate', '--nodes', '-1'], 'whole number'],
    [['simulate', '--nodes', 'many'], 'whole number'],
  ])('refuses %j', async (args, message) => {
    const { code, stdout, stderr } = await rdsctl(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain(message);
  });

  it('takes the common options before and after the command, in every spelling', async () => {
    const expected = await rdsctl([...MISSING, '-o', 'json']);
    expect(expected.code).toBe(0);
    expect(JSON.parse(expected.stdout)).toEqual({
      apiVersion: 'rdsctl/v1',
      kind: 'AttachmentList',
      items: [],
    });
    for (const args of [
      ['-o', 'json', ...MISSING],
      ['-ojson', ...MISSING],
      ['--output=json', ...MISSING],
      ['--state=/nowhere/state', '-qvo', 'json', 'list'],
      ['-vvvojson', 'ls', '--state', '/nowhere/state'],
      ['list', '--output', 'yaml', '--output', 'json', '--state', '/nowhere/state'],
    ]) {
      expect(await rdsctl(args), args.join(' ')).toEqual(expected);
    }
  });

  it('takes what stands after -- for arguments', async () => {
    const { stderr } = await rdsctl(['detach', '--', '--help', '--version', '-o']);
    expect(stderr).toContain('too many arguments');
  });

  it('accepts on every command the common options that mean nothing there, but never --dry-run', async () => {
    const args = [...MISSING, '-y', '--reason', 'ticket 12', '--lock-timeout', '0', '--no-color'];
    expect(await rdsctl(args)).toMatchObject({ code: 0 });
  });

  it('takes variables where no flag is given', async () => {
    const env = { RDSCTL_STATE: '/nowhere/state', RDSCTL_OUTPUT: 'json' };
    expect((await rdsctl(['list'], { env })).stdout).toMatch(/^\{/);
    expect((await rdsctl(['list', '-o', 'table'], { env })).stdout).toBe('');
    expect((await rdsctl(['list'], { env: { ...env, RDSCTL_OUTPUT: '' } })).stdout).toBe('');
  });

  it.each([
    ['RDSCTL_OUTPUT', 'xml'],
    ['RDSCTL_TIMEOUT', '5'],
    ['RDSCTL_LOCK_TIMEOUT', 'soon'],
    ['RDSCTL_LOG_FORMAT', 'xml'],
    ['RDSCTL_QUIET', 'perhaps'],
    ['RDSCTL_VERBOSE', 'much'],
  ])('names the variable %s when its value is not valid', async (name, value) => {
    const { code, stderr } = await rdsctl(MISSING, { env: { [name]: value } });
    expect(code).toBe(2);
    expect(stderr).toContain(`${name}: "${value}"`);
  });

  it('says what to do when there is no configuration', async () => {
    const { code, stderr } = await rdsctl(['list']);
    expect(code).toBe(2);
    expect(stderr).toContain('rdsctl config init');
    expect(stderr).toContain('rdsctl simulate');
  });
});

describe('errors as documents', () => {
  it('are one line of JSON on stderr, whatever went wrong with the command line', async () => {
    for (const args of [
      ['-o', 'json', 'lst'],
      ['list', '-o', 'jsonl', '--nonsense'],
      ['list', '--timeout', '5', '-ojson'],
    ]) {
      const { code, stdout, stderr } = await rdsctl(args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr.trimEnd()).not.toContain('\n');
      const document = JSON.parse(stderr) as Record<string, unknown>;
      expect(Object.keys(document)).toEqual([
        'apiVersion',
        'kind',
        'code',
        'exitCode',
        'reason',
        'message',
        'hint',
        'details',
      ]);
      expect(document).toMatchObject({
        apiVersion: 'rdsctl/v1',
        kind: 'Error',
        code: 'USAGE',
        exitCode: 2,
        reason: 'BAD_ARGUMENT',
      });
    }
  });

  it('are YAML with -o yaml, and follow RDSCTL_OUTPUT too', async () => {
    const { stderr } = await rdsctl(['list'], { env: { RDSCTL_OUTPUT: 'yaml' } });
    expect(stderr).toMatch(/^apiVersion: rdsctl\/v1\nkind: Error\ncode: USAGE\n/);
  });

  it('are JSON with --log-format json', async () => {
    const { stderr } = await rdsctl(['list', '--log-format', 'json']);
    expect(JSON.parse(stderr)).toMatchObject({ kind: 'Error', reason: 'NO_CONFIG' });
  });
});
