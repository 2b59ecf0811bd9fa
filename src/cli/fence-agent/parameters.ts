/** A parameter of the fence agent: on standard input by its name, on the command line by its option. */
export interface Parameter {
  readonly name: string;
  /** Other names that mean the same; the cluster calls these deprecated. */
  readonly obsoletes?: string;
  readonly short?: string;
  /** How its value stands in usage lines; null for flags. */
  readonly value: string | null;
  readonly type: 'string' | 'boolean' | 'second' | 'integer';
  readonly fallback?: string;
  readonly required?: boolean;
  readonly about: string;
}

/** The actions, as the cluster knows them. A storage fence has no reboot: the node is cut off, and stays so. */
export const ACTIONS = ['on', 'off', 'status', 'monitor', 'list', 'metadata', 'validate-all'] as const;
export type Action = (typeof ACTIONS)[number];

export const PARAMETERS: readonly Parameter[] = [
  {
    name: 'action',
    short: 'o',
    value: 'action',
    type: 'string',
    fallback: 'off',
    about: 'Fencing action: on, off, status, monitor, list, metadata or validate-all.',
  },
  {
    name: 'plug',
    obsoletes: 'port',
    short: 'n',
    value: 'node',
    type: 'string',
    about: "The node to cut off or let in, by its name in rdsctl's configuration.",
  },
  {
    name: 'nodename',
    short: 'N',
    value: 'node',
    type: 'string',
    about: 'The same, where plug is not given: the cluster passes its own name of the node.',
  },
  {
    name: 'config',
    short: 'c',
    value: 'file',
    type: 'string',
    about: 'Configuration file of rdsctl; else where rdsctl looks for it: /etc/rdsctl/config.yaml.',
  },
  {
    name: 'state',
    value: 'directory',
    type: 'string',
    about: 'Where the state is kept, when it is not where the configuration says.',
  },
  {
    name: 'lock_timeout',
    value: 'seconds',
    type: 'second',
    about: 'How long to wait for a volume that another command works on.',
  },
  {
    name: 'timeout',
    value: 'seconds',
    type: 'second',
    about: 'Give up after that, which is a failure; shorter than the timeout of the cluster.',
  },
  {
    name: 'delay',
    value: 'seconds',
    type: 'second',
    fallback: '0',
    about: 'Wait before the node is cut off: the node that waits loses a race of two.',
  },
  { name: 'verbose', short: 'v', value: null, type: 'boolean', about: 'Tell each step on stderr.' },
  { name: 'quiet', short: 'q', value: null, type: 'boolean', about: 'Tell errors only.' },
  { name: 'version', short: 'V', value: null, type: 'boolean', about: 'Print the version and end.' },
  { name: 'help', short: 'h', value: null, type: 'boolean', about: 'Print this help and end.' },
];

/** The option of a parameter: `--lock-timeout`. */
export function optionOf({ name }: Parameter): string {
  return `--${name.replaceAll('_', '-')}`;
}
