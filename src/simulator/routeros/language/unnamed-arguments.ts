/** Which arguments may be given without their name, and in which order. */

/** Commands of the language itself (seen in the corpus where marked so by a test; the others inferred). */
const LANGUAGE: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    beep: ['frequency'],
    convert: ['value'],
    delay: ['delay-time'],
    deserialize: ['value'],
    do: ['command'],
    error: ['message'],
    execute: ['script'],
    find: ['in', 'key', 'from'],
    for: ['counter'],
    foreach: ['counter'],
    global: ['name', 'value'],
    grep: ['pattern'],
    if: ['condition'],
    import: ['file-name'],
    len: ['value'],
    local: ['name', 'value'],
    onerror: ['error'],
    parse: ['value'],
    pick: ['counter', 'begin', 'end'],
    ping: ['address'],
    put: ['message'],
    resolve: ['domain-name'],
    retry: ['command'],
    return: ['value'],
    serialize: ['value'],
    set: ['name', 'value'],
    time: ['command'],
    toarray: ['value'],
    tobool: ['value'],
    tocrlf: ['value'],
    toid: ['value'],
    toip: ['value'],
    toip6: ['value'],
    tolf: ['value'],
    tonsec: ['value'],
    tonum: ['value'],
    tostr: ['value'],
    totime: ['value'],
    typeof: ['value'],
    while: ['condition'],
  }),
);

/** Commands of menus, in the order in which an unnamed value looks for its argument. */
const MENU: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    comment: ['numbers'],
    debug: ['message'],
    edit: ['number', 'value-name'],
    error: ['message'],
    find: ['where'],
    get: ['number', 'value-name'],
    info: ['message'],
    move: ['numbers', 'destination'],
    'monitor-traffic': ['interface', 'numbers'],
    'nvme-discover': ['address'],
    ping: ['address'],
    print: ['from'],
    run: ['number'],
    unset: ['numbers', 'value-name'],
    update: [],
    warning: ['message'],
  }),
);

/** Commands that take the items they work on by number, id or name when nothing else is said (seen for `remove`, `set`). */
const BY_NUMBERS: readonly string[] = ['numbers', 'number', 'slots', 'address', 'message'];

/** The unnamed arguments of a command; for a menu command only those that it has. */
export function unnamedArguments(
  path: readonly string[],
  command: string,
  known: ReadonlySet<string> | undefined,
): readonly string[] {
  const language = path.length === 0 ? LANGUAGE.get(command) : undefined;
  const names =
    language ?? MENU.get(command) ?? (command === 'add' || command === 'export' ? [] : BY_NUMBERS);
  if (known !== undefined) return names.filter((name) => known.has(name));
  return names.slice(0, MENU.has(command) || language !== undefined ? 2 : 1);
}

/** Arguments that take no value (seen in the corpus: `as-value`, `detail`, `stats`, `as-string`; the others from the manual). */
const FLAGS: ReadonlySet<string> = new Set([
  'append',
  'as-string',
  'as-string-value',
  'as-value',
  'brief',
  'bytes',
  'comments',
  'compact',
  'count-only',
  'detail',
  'follow',
  'follow-only',
  'follow-strict',
  'hide-sensitive',
  'once',
  'packets',
  'rates',
  'show-ids',
  'show-sensitive',
  'stats',
  'stats-detail',
  'terse',
  'timestamp',
  'use-tz',
  'value-list',
  'verbose',
  'with-extra-info',
  'without-paging',
]);

/** Whether an argument can be given without a value. */
export function isFlag(name: string): boolean {
  return FLAGS.has(name);
}

/** Arguments whose `{ ... }` is a piece of script, by command of the language. */
export function takesCode(path: readonly string[], command: string, argument: string): boolean {
  if (argument === 'do' || argument === 'else' || argument === 'on-error') return true;
  if (path.length > 0) return argument === 'on-event' || argument === 'script' || argument === 'source';
  if (argument === 'command') return command === 'do' || command === 'retry' || command === 'time';
  if (argument === 'in') return command === 'onerror';
  return argument === 'script' && command === 'execute';
}

/** Arguments that name variables. */
export function namesVariables(path: readonly string[], command: string, argument: string): boolean {
  if (path.length > 0) return false;
  if (argument === 'name') return command === 'local' || command === 'global' || command === 'set';
  if (argument === 'counter') return command === 'for' || command === 'foreach';
  return argument === 'error' && command === 'onerror';
}

/** Arguments that are lengths of time: a bare number counts seconds (seen for `:delay 60`). */
export function isDuration(argument: string): boolean {
  return (
    argument === 'delay-time' || argument === 'duration' || argument === 'interval' || argument === 'timeout'
  );
}

/** Arguments that hold an address with the length of its network: two values (seen on 7.23.1: `10.9.9.9;32`). */
export function isAddressWithLength(path: readonly string[], argument: string): boolean {
  return argument === 'address' && path.join('/') === 'ip/address';
}

/** Arguments that are yes or no in every menu (seen: another word there is a "syntax error"). */
export function isYesNo(argument: string): boolean {
  return argument === 'disabled';
}
