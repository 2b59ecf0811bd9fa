import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { metadata, usage } from '../../../src/cli/fence-agent/metadata.ts';
import { ACTIONS, PARAMETERS } from '../../../src/cli/fence-agent/parameters.ts';
import { BadParameter, readInput, readOptions } from '../../../src/cli/fence-agent/read-parameters.ts';

const SCHEMA = '/usr/share/cluster/relaxng/metadata.rng';

describe('parameters on standard input', () => {
  it('are one NAME=VALUE a line; the last one counts, comments and empty lines do not', () => {
    const { action, values } = readInput(
      '# plug=x\n\naction=on\n  plug=node-1\r\nplug=node-2\nconfig=/a=b\naction=STATUS\n',
    );
    expect(action).toBe('status');
    expect(Object.fromEntries(values)).toEqual({ action: 'STATUS', plug: 'node-2', config: '/a=b' });
  });

  it('are known by their old names, and "off" is what is done without an action', () => {
    expect(readInput('port=node-1\n').values.get('plug')).toBe('node-1');
    expect(readInput('option=monitor\n').action).toBe('monitor');
    expect(readInput('').action).toBe('off');
    expect(readInput('action=meta-data').action).toBe('metadata');
  });

  it('that are not known are ignored and named; what every cluster passes is not named', () => {
    const { ignored } = readInput(
      'action=off\nipaddr=x\nnodeid=1\nagent=fence_rds\npcmk_host_list=a b\nname=d\n',
    );
    expect(ignored).toEqual(['ipaddr']);
  });

  it.each(['reboot', 'cycle', 'explode', ''])('action %j is refused', (action) => {
    expect(() => readInput(`action=${action}\n`)).toThrow(BadParameter);
    expect(() => readOptions(['-o', action])).toThrow(BadParameter);
  });

  it('times are whole seconds', () => {
    expect(readInput('delay=5\n').values.get('delay')).toBe('5');
    for (const bad of ['5s', '-1', '1e3', 'soon', '']) {
      expect(() => readInput(`delay=${bad}\n`), bad).toThrow(BadParameter);
    }
  });
});

describe('parameters as options', () => {
  it('mean the same', () => {
    const { action, values } = readOptions(['-o', 'off', '-n', 'node-1', '--lock-timeout=5', '-v']);
    expect(action).toBe('off');
    expect(Object.fromEntries(values)).toEqual({
      action: 'off',
      plug: 'node-1',
      lock_timeout: '5',
      verbose: '1',
    });
  });

  it.each([[['--nonsense']], [['-n']], [['node-1']]])('%j is refused', (argv) => {
    expect(() => readOptions(argv)).toThrow(BadParameter);
  });
});

describe('metadata', () => {
  it("is valid by the fence agents' own schema", () => {
    const check = (text: string): string =>
      execFileSync('xmllint', ['--noout', '--relaxng', SCHEMA, '-'], {
        input: text,
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'pipe'],
      });
    expect(check(metadata())).toBe('');
    expect(() => check(metadata().replace('required="0"', 'required="maybe"'))).toThrow();
  });

  it('offers every action, none of them a reboot; nodes are let in when they join', () => {
    const names = [...metadata().matchAll(/<action name="([^"]+)"/g)].map(([, name]) => name);
    expect(names).toEqual([...ACTIONS]);
    expect(names).not.toContain('reboot');
    expect(metadata()).toContain('<action name="on" on_target="0" automatic="1"/>');
  });

  it('and the help name every parameter', () => {
    for (const { name } of PARAMETERS) {
      expect(metadata()).toContain(`<parameter name="${name}"`);
      expect(usage()).toContain(`--${name.replaceAll('_', '-')}`);
    }
    expect(metadata()).toContain('<parameter name="port" unique="0" required="0" deprecated="1">');
  });
});
