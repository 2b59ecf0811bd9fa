import type { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { HereFacts, StateDirectoryFacts } from '../ports/here.ts';
import { checksOf, HERE, type Check } from './check.ts';
import { checkStateServers } from './state-servers.ts';

const { error, warning, unknown, info, ok } = checksOf(HERE);

/** The state: can it be read and written, where is it, who may touch it. @param failure why it can't be read */
export function checkStateDirectory(
  { directory, audit, servers }: HereFacts,
  failure: RdsctlError | null,
): Check[] {
  if ('failed' in directory) {
    return [
      ...checkReadable(servers?.location ?? 'state', failure),
      ...(servers === null ? [] : checkStateServers(servers)),
      unknown('state.directory', 'state', `could not be checked: ${directory.failed}`),
    ];
  }
  const { value } = directory;
  if (servers !== null) {
    return [
      ...checkReadable(servers.location, failure),
      ...checkStateServers(servers),
      ...(value.exists
        ? [...checkWritable(value), ...checkModes(value), ...checkAudit(value.path, audit)]
        : []),
    ];
  }
  if (!value.exists) {
    return [ok('state.directory', value.path, 'is not there yet: it is made with the first change')];
  }
  return [
    ...checkReadable(value.path, failure),
    ...checkFileSystem(value),
    ...checkWritable(value),
    ...checkModes(value),
    ...checkAudit(value.path, audit),
  ];
}

function checkReadable(path: string, failure: RdsctlError | null): Check[] {
  if (failure === null) return [ok('state.readable', path, 'the state can be read, and is whole')];
  const why = 'Nothing is changed anywhere while the state can not be read.';
  return [error('state.readable', path, failure.message, why, failure.hints[0]?.run ?? 'rdsctl state check')];
}

function checkFileSystem({ path, fileSystem, network }: StateDirectoryFacts): Check[] {
  const id = 'state.file-system';
  if (fileSystem === null)
    return [unknown(id, path, 'could not be checked: the system does not tell its file system')];
  if (network) {
    return [
      warning(
        id,
        path,
        `is on a network file system (${fileSystem})`,
        'Between hosts the lock is one that can go stale, and a commit is only as lasting as the server makes it. A directory of one admin host is safest.',
        'rdsctl --state /var/lib/rdsctl list',
      ),
    ];
  }
  if (fileSystem === 'tmpfs') {
    return [
      warning(
        id,
        path,
        'is in memory (tmpfs)',
        'The state is gone after a reboot.',
        'rdsctl --state /var/lib/rdsctl list',
      ),
    ];
  }
  return [ok(id, path, `on ${fileSystem}`)];
}

function checkWritable({ path, writable, locksWritable, uid }: StateDirectoryFacts): Check[] {
  if (writable && locksWritable) return [ok('state.writable', path, 'this user can write it and take locks')];
  const what = writable ? 'its directory of locks' : 'it';
  return [
    error(
      'state.writable',
      path,
      `this user (uid ${uid}) may not write ${what}`,
      'Every change is written there, and takes a lock.',
      `chown -R ${uid} ${path}`,
    ),
  ];
}

function checkModes({ path, files, uid }: StateDirectoryFacts): Check[] {
  const open = files.filter(({ mode }) => (mode & 0o077) !== 0);
  // Root gives what it makes to the owner of the directory.
  const owner = (uid === 0 ? files.find((file) => file.path === path)?.uid : undefined) ?? uid;
  const foreign = files.filter((file) => file.uid !== owner);
  const found: Check[] = open.map(({ path, mode, kind }) =>
    warning(
      'state.modes',
      path,
      `others may ${(mode & 0o022) === 0 ? 'read' : 'write'} it (mode ${mode.toString(8).padStart(4, '0')})`,
      'Who can write the state can make rdsctl give a volume away twice.',
      `chmod ${kind === 'directory' ? '700' : '600'} ${path}`,
    ),
  );
  const [first] = foreign;
  if (first !== undefined) {
    found.push(
      info(
        'state.modes',
        first.path,
        `belongs to uid ${first.uid}, not to ${owner === uid ? 'this user' : 'the owner of the state'} (${owner})${foreign.length > 1 ? `, like ${foreign.length - 1} more` : ''}`,
        'Several users of one state get in each other’s way: what one writes the other can not read.',
        `chown ${owner} ${first.path}`,
      ),
    );
  }
  return found.length > 0 ? found : [ok('state.modes', 'state', 'only its owner may read and write it')];
}

function checkAudit(path: string, audit: HereFacts['audit']): Check[] {
  const [id, subject] = ['audit.chain', `${path}/audit.jsonl`];
  if ('failed' in audit) return [unknown(id, subject, `could not be checked: ${audit.failed}`)];
  const { whole, entries, problems } = audit.value;
  if (whole) return [ok(id, subject, `${entries} entries, unbroken`)];
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return [
    warning(
      id,
      subject,
      `${problems[0] ?? 'is not as it was written'}${more}`,
      'Entries were changed or removed: it is no evidence any more.',
      'rdsctl history',
    ),
  ];
}
