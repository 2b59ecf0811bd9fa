import { setTimeout as sleep } from 'node:timers/promises';
import type { CliIo } from '../io/cli-io.ts';
import { runCli } from '../run-cli.ts';
import { VERSION } from '../version.ts';
import { metadata, usage } from './metadata.ts';
import { BadParameter, isSet, readInput, readOptions, type Asked } from './read-parameters.ts';

/* Exit codes of the Fence Agent API. */
const SUCCESS = 0;
const FAILURE = 1;
const IS_OFF = 2;

/**
 * One call of the fence agent: what the cluster asks is done by the very commands that an operator would use.
 * @returns the exit code of the Fence Agent API: 0 for success, 1 for anything that is not proved, 2 for a
 *   node that is off
 */
export async function runAgent(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    const never = new AbortController().signal;
    const asked =
      argv.length > 0 ? readOptions(argv) : readInput((await io.stdin.readAll(never)).toString('utf8'));
    for (const name of asked.ignored) {
      await io.stderr.write(`warning: the parameter ${JSON.stringify(name)} is not known: ignored\n`);
    }
    return await act(asked, io);
  } catch (error) {
    if (!(error instanceof BadParameter)) throw error;
    await io.stderr.write(`error: ${error.message}\n`);
    return FAILURE;
  }
}

async function act(asked: Asked, io: CliIo): Promise<number> {
  const { action, values } = asked;
  if (isSet(values.get('help'))) return written(io, usage());
  if (isSet(values.get('version'))) return written(io, `${VERSION}\n`);
  const node = [values.get('plug'), values.get('nodename')].find((name) => name !== undefined && name !== '');
  switch (action) {
    case 'metadata':
      return written(io, metadata());
    case 'off': {
      const target = needed(node, action);
      await sleep(Number(values.get('delay') ?? 0) * 1000);
      return passed(await command(['fence', target, '--yes', '--reason', 'fence_rds off'], asked, io));
    }
    case 'on':
      return passed(
        await command(['unfence', needed(node, action), '--yes', '--reason', 'fence_rds on'], asked, io),
      );
    case 'status': {
      const { code, stdout } = await command(['__fence-standing', needed(node, action)], asked, io);
      if (code !== 0) return FAILURE;
      await io.stdout.write(`Status: ${stdout.trim().toUpperCase()}\n`);
      return stdout === 'off\n' ? IS_OFF : SUCCESS;
    }
    case 'monitor':
      return passed(await command(['__fence-standing'], asked, io));
    case 'list': {
      const { code, stdout } = await command(['__fence-standing'], asked, io);
      if (code !== 0) return FAILURE;
      const names = stdout.split('\n').filter((name) => name !== '');
      return written(io, names.map((name) => `${name},\n`).join(''));
    }
    case 'validate-all':
      return passed(await command(['config', 'check'], asked, io));
  }
}

function needed(node: string | undefined, action: string): string {
  if (node === undefined) throw new BadParameter(`the action ${action} needs a node: plug, port or nodename`);
  // A word that looks like an option would be read as one.
  if (node.startsWith('-')) throw new BadParameter(`${JSON.stringify(node)} is no name of a node`);
  return node;
}

async function written(io: CliIo, text: string): Promise<number> {
  await io.stdout.write(text);
  return SUCCESS;
}

function passed({ code }: { readonly code: number }): number {
  return code === 0 ? SUCCESS : FAILURE;
}

/** Runs a command of rdsctl as it would be from a pipe; its result is kept, what it tells goes to stderr. */
async function command(
  words: readonly string[],
  { values }: Asked,
  io: CliIo,
): Promise<{ readonly code: number; readonly stdout: string }> {
  let stdout = '';
  const seconds = (name: string): string[] =>
    values.has(name) ? [`--${name.replaceAll('_', '-')}`, `${values.get(name) ?? ''}s`] : [];
  const given = (name: string): string[] => (values.has(name) ? [`--${name}`, values.get(name) ?? ''] : []);
  const argv = [
    ...words,
    ...given('config'),
    ...given('state'),
    ...seconds('timeout'),
    ...(words[0] === 'config' ? [] : seconds('lock_timeout')),
    ...(isSet(values.get('verbose')) ? ['--verbose'] : []),
    ...(isSet(values.get('quiet')) ? ['--quiet'] : []),
  ];
  const code = await runCli(argv, {
    ...io,
    env: withoutOptions(io.env),
    stdout: {
      isTTY: false,
      columns: undefined,
      write: (text) => {
        stdout += text;
        return Promise.resolve();
      },
    },
  });
  return { code, stdout };
}

/** Variables stand in for options, and one of them asks for a dry run, which would pass for a success here. */
function withoutOptions(env: CliIo['env']): CliIo['env'] {
  const kept = new Set(['RDSCTL_CONFIG', 'RDSCTL_STATE']);
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith('RDSCTL_') || kept.has(name)),
  );
}
