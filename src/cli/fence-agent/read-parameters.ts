import { parseArgs } from 'node:util';
import { ACTIONS, optionOf, PARAMETERS, type Action } from './parameters.ts';

/** What the agent was asked, as it was given. */
export interface Asked {
  readonly action: Action;
  readonly values: ReadonlyMap<string, string>;
  /** Names that are not known; the API has them ignored. */
  readonly ignored: readonly string[];
}

/** Something that the agent can't do. */
export class BadParameter extends Error {}

/**
 * Reads parameters as a cluster gives them: one NAME=VALUE a line, the last one counts.
 * @throws BadParameter
 */
export function readInput(text: string): Asked {
  const given: [string, string][] = [];
  for (const line of text.split('\n')) {
    const found = /^\s*([^\s#=][^=]*)=(.*)$/.exec(line.replace(/\r$/, ''));
    if (found !== null) given.push([found[1] ?? '', found[2] ?? '']);
  }
  return asked(given);
}

/**
 * Reads parameters as a person gives them: options.
 * @throws BadParameter
 */
export function readOptions(argv: readonly string[]): Asked {
  const options = Object.fromEntries(
    PARAMETERS.map((parameter) => [
      optionOf(parameter).slice(2),
      {
        type: parameter.value === null ? ('boolean' as const) : ('string' as const),
        multiple: false,
        ...(parameter.short === undefined ? {} : { short: parameter.short }),
      },
    ]),
  );
  try {
    const { values } = parseArgs({ args: [...argv], options, strict: true, allowPositionals: false });
    return asked(
      Object.entries(values).map(([name, value]) => [
        name.replaceAll('-', '_'),
        value === true ? '1' : String(value),
      ]),
    );
  } catch (error) {
    if (error instanceof BadParameter) throw error;
    throw new BadParameter(error instanceof Error ? error.message : String(error));
  }
}

/** What other agents and older clusters call it. */
const OLD_NAMES: Readonly<Record<string, string>> = { option: 'action', port: 'plug' };

/** What a cluster passes to every agent. */
const NOT_OURS = /^(agent|name|crm_feature_set|nodeid|(pcmk|stonith|CRM_meta)_.*)$/;

function asked(given: readonly (readonly [string, string])[]): Asked {
  const values = new Map<string, string>();
  const ignored: string[] = [];
  for (const [name, value] of given) {
    const own = OLD_NAMES[name] ?? name;
    if (PARAMETERS.some((parameter) => parameter.name === own)) values.set(own, value.trim());
    else if (!NOT_OURS.test(name)) ignored.push(name);
  }
  const word = (values.get('action') ?? 'off').toLowerCase();
  const action = ACTIONS.find((one) => one === (word === 'meta-data' ? 'metadata' : word));
  if (action === undefined) {
    const why = /^(reboot|cycle)$/.test(word)
      ? 'a storage fence has none: the node is cut off, and let in by "on" after it was started anew. Set pcmk_reboot_action=off'
      : `known are ${ACTIONS.join(', ')}`;
    throw new BadParameter(`action ${JSON.stringify(word)}: ${why}`);
  }
  for (const { name, type } of PARAMETERS) {
    const value = values.get(name);
    if (type === 'second' && value !== undefined && !/^\d{1,7}$/.test(value)) {
      throw new BadParameter(`${name} has to be whole seconds, not ${JSON.stringify(value)}`);
    }
  }
  return { action, values, ignored };
}

/** Whether a flag is set, in any of the ways that clusters write it. */
export function isSet(value: string | undefined): boolean {
  return /^(1|on|yes|true|y|t)$/i.test(value ?? '');
}
