import {
  execute,
  listOf,
  NOTHING,
  recordOf,
  RouterOsError,
  type CommandCall,
  type CommandHost,
  type ExecuteOptions,
  type Schema,
  type Value,
} from '../../../../src/simulator/routeros/language/index.ts';

const LANGUAGE: Readonly<Record<string, readonly string[]>> = {
  delay: ['delay-time'],
  deserialize: ['delimiter', 'from', 'options', 'value'],
  do: ['command', 'if', 'on-error', 'while'],
  error: ['message'],
  execute: ['as-string', 'file', 'script'],
  find: ['from', 'in', 'key'],
  for: ['counter', 'do', 'from', 'on-error', 'step', 'to'],
  foreach: ['counter', 'do', 'in', 'on-error'],
  global: ['do', 'name', 'value'],
  if: ['condition', 'do', 'else'],
  len: ['value'],
  local: ['do', 'name', 'value'],
  nothing: [],
  onerror: ['do', 'error', 'in'],
  parse: ['value'],
  pick: ['begin', 'counter', 'end'],
  put: ['message'],
  retry: ['command', 'delay', 'max', 'on-error'],
  return: ['value'],
  serialize: ['delimiter', 'file-name', 'options', 'order', 'to', 'value'],
  set: ['do', 'name', 'value'],
  timestamp: ['use-tz'],
  toarray: ['delimiter', 'value'],
  tobool: ['value'],
  tonum: ['value'],
  tostr: ['value'],
  typeof: ['value'],
  while: ['condition', 'do'],
};

/** A small schema in the shape of a device's command dump. */
export const SCHEMA: Schema = {
  ':': LANGUAGE,
  '/disk': {
    add: ['comment', 'disabled', 'slot', 'type'],
    find: ['where'],
    get: ['as-string', 'number', 'value-name'],
    'monitor-traffic': ['as-value', 'duration', 'interval', 'numbers', 'once'],
    print: ['as-value', 'detail', 'from', 'where'],
    remove: ['numbers'],
    set: ['comment', 'disabled', 'numbers', 'nvme-tcp-export', 'slot'],
  },
  '/ip/firewall/address-list': { add: ['address', 'comment', 'list', 'timeout'], find: ['where'] },
  '/log': { info: ['message'], warning: ['message'] },
  '/system/resource': { get: ['value-name'] },
};

type Disk = Map<string, Value>;

/** What a script printed, what it asked of the device, and its error. */
export interface Outcome {
  readonly lines: string[];
  readonly calls: CommandCall[];
  readonly error: string | undefined;
}

async function chosen(disks: Disk[], call: CommandCall): Promise<Disk[]> {
  const rows: Disk[] = [];
  for (const disk of disks) if (call.where === undefined || (await call.where(disk))) rows.push(disk);
  return rows;
}

function nameIn(call: CommandCall): string {
  const name = call.args.get('value-name');
  return typeof name === 'string' ? name : '';
}

async function answer(disks: Disk[], call: CommandCall): Promise<Value> {
  const [disk] = disks;
  if (disk === undefined) throw new RouterOsError('no such item');
  switch (`/${call.path.join('/')} ${call.command}`) {
    case '/disk find':
      return listOf((await chosen(disks, call)).map((row) => row.get('.id') ?? NOTHING));
    case '/disk print':
      return listOf((await chosen(disks, call)).map((row) => recordOf(row)));
    case '/disk get':
      return disk.get(nameIn(call)) ?? NOTHING;
    case '/disk set':
      for (const [name, value] of call.args) if (name !== 'numbers') disk.set(name, value);
      return NOTHING;
    case '/disk monitor-traffic':
      return listOf([recordOf([['in-flight-ops', 0n]])]);
    case '/system/resource get':
      return '7.23.3';
    case '/disk remove':
      throw new RouterOsError('no such item');
    default:
      return NOTHING;
  }
}

/** Runs a script against a device with one disk, `vol-1`. */
export async function run(source: string, options: ExecuteOptions = {}): Promise<Outcome> {
  const lines: string[] = [];
  const calls: CommandCall[] = [];
  const disks: Disk[] = [
    new Map<string, Value>([
      ['.id', { type: 'id', text: '*1F' }],
      ['slot', 'vol-1'],
      ['comment', 'mine'],
      ['nvme-tcp-export', true],
      ['size', 1_099_511_627_776n],
    ]),
  ];
  const host: CommandHost = {
    schema: SCHEMA,
    print: (line) => {
      lines.push(line);
    },
    run: (call) => {
      calls.push(call);
      return answer(disks, call);
    },
  };
  const { error } = await execute(source, host, { deadlineMs: 5_000, ...options });
  return { lines, calls, error };
}

/** What a script prints; fails when it ends with an error. */
export async function output(source: string): Promise<string[]> {
  const { lines, error } = await run(source);
  if (error !== undefined) throw new Error(error);
  return lines;
}
