import type { ServerDiagnosis, Told } from '../ports/storage-server-diagnosis.ts';
import { checksOf, type Check } from './check.ts';

/** The oldest that rdsctl works with (seen: `type=file` disks came with it). */
const OLDEST = [7, 17, 0] as const;
/** Login and key fixes of September 2026, in two branches. */
const ADVISED = [
  [7, 23, 5],
  [7, 24, 5],
] as const;

/** Version, package, and whether the login may do what is needed. */
export function checkRouterOs(rds: string, seen: ServerDiagnosis): Check[] {
  return [...checkVersion(rds, seen.version), ...checkPackage(rds, seen), ...checkPolicies(rds, seen)];
}

function checkVersion(rds: string, told: string): Check[] {
  const { error, warning, unknown, ok } = checksOf(rds);
  const id = 'routeros.version';
  const subject = 'RouterOS';
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(told);
  const version = match === null ? undefined : [match[1], match[2], match[3] ?? '0'].map(Number);
  if (version === undefined) return [unknown(id, subject, `could not be checked: it tells version ${told}`)];
  const update = '/system/package/update/install';
  if (compare(version, OLDEST) < 0) {
    const why = `rdsctl needs ${OLDEST.slice(0, 2).join('.')} or later.`;
    return [error(id, subject, `version ${told}`, why, update)];
  }
  const branch = ADVISED.find(([major, minor]) => major === version[0] && minor === version[1]);
  const advised = branch === undefined ? compare(version, ADVISED[1]) >= 0 : compare(version, branch) >= 0;
  if (advised) return [ok(id, subject, `version ${told}`)];
  const why = `${ADVISED.map((one) => one.join('.')).join(', ')} or newer is advised: fixes of logins and keys.`;
  return [warning(id, subject, `version ${told}`, why, update)];
}

function compare(version: readonly number[], other: readonly number[]): number {
  const differs = other.findIndex((part, index) => (version[index] ?? 0) !== part);
  return differs === -1 ? 0 : (version[differs] ?? 0) - (other[differs] ?? 0);
}

function checkPackage(rds: string, { packages }: ServerDiagnosis): Check[] {
  const { error, unknown, ok } = checksOf(rds);
  const [id, subject] = ['routeros.package', 'rose-storage'];
  if ('untold' in packages) return [unknown(id, subject, `could not be checked: ${packages.untold}`)];
  if (packages.told.includes('rose-storage')) return [ok(id, subject, 'installed and enabled')];
  return [
    error(
      id,
      subject,
      'is not installed, or disabled',
      'Without it RouterOS exports no NVMe/TCP.',
      '/system/package/enable rose-storage; /system/package/apply-changes',
    ),
  ];
}

/** RouterOS's words for a policy that is missing, however they are wrapped. */
const DENIED = /not enough permissions/;

function checkPolicies(rds: string, { write, inFlight, disks, group }: ServerDiagnosis): Check[] {
  const { error, unknown, ok } = checksOf(rds);
  const id = 'routeros.policies';
  const asked: readonly (readonly [string, Told<unknown>])[] = [
    ['read', disks],
    ['write', write],
    ['test', inFlight],
  ];
  const denied = asked
    .filter(([, told]) => 'untold' in told && DENIED.test(told.untold))
    .map(([name]) => name);
  const called = 'told' in group && group.told !== '' ? group.told : 'rdsctl';
  const subject = `group ${called}`;
  const why =
    'read sees the disks, write makes exports, test watches I/O drain after a cut: fences need all three.';
  const fix = `/user/group/set [find where name="${called}"] policy=ssh,read,write,test`;
  const found: Check[] =
    denied.length > 0 ? [error(id, subject, `lacks ${denied.join(', ')}`, why, fix)] : [];
  for (const [name, told] of asked) {
    if (!('untold' in told) || denied.includes(name)) continue;
    found.push(unknown(id, subject, `whether it has ${name} could not be checked: ${told.untold}`));
  }
  if ('told' in inFlight && inFlight.told === null) {
    found.push(
      unknown(id, subject, 'whether it has test could not be checked: there is no disk to ask about'),
    );
  }
  return found.length > 0 ? found : [ok(id, subject, 'may read, write and test')];
}
