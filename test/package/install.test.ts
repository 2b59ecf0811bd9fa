import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { theDeb, version } from './built.ts';
import { Chroot } from './chroot.ts';
import { releaseNames, releaseOf } from './releases.ts';

/** All of them at once: most of it is waiting for the mirror and the disk. */
const chroots = new Map<string, Promise<Chroot>>();
beforeAll(async () => {
  for (const name of releaseNames) chroots.set(name, Chroot.create(releaseOf(name)));
  await Promise.allSettled(chroots.values());
});
afterAll(async () => {
  for (const one of await Promise.allSettled(chroots.values()))
    if (one.status === 'fulfilled') one.value.remove();
});

// In this order: each test goes on from where the one before it ended, as an administrator would.
describe.each(releaseNames)('on a fresh %s', (name) => {
  let chroot: Chroot;
  beforeAll(async () => {
    const one = chroots.get(name);
    if (one === undefined) throw new Error(`nothing was made of ${name}`);
    chroot = await one;
    chroot.put(theDeb(), 'rdsctl.deb');
  });
  const stat = (file: string): string => chroot.must(`stat -c '%A %U:%G' ${file}`);
  const ROUND = 'rdsctl attach vol-1 node-1 && rdsctl list -o name && rdsctl detach vol-1';

  it('installs with apt, where there is no Node', () => {
    expect(chroot.run('command -v node').code).not.toBe(0);
    chroot.must('apt-get update -q && apt-get install -y -q --no-install-recommends /rdsctl.deb');
    expect(chroot.run('command -v node').code).not.toBe(0);
    expect(chroot.must('dpkg --verify rdsctl')).toBe('');
    expect(chroot.must('rdsctl --version')).toBe(version);
  });

  it('makes a user, and directories that only those may use who should', () => {
    expect(chroot.must('getent passwd rdsctl')).toMatch(
      /^rdsctl:[^:]*:\d+:\d+:[^:]*:\/var\/lib\/rdsctl:.*nologin$/,
    );
    expect(stat('/etc/rdsctl')).toBe('drwxr-s--- root:rdsctl');
    expect(stat('/var/lib/rdsctl')).toBe('drwx------ rdsctl:rdsctl');
  });

  it('leaves the timer off', () => {
    expect(chroot.must('find /etc/systemd -name "*rdsctl*"')).toBe('');
    expect(chroot.must('cat /usr/lib/systemd/system/rdsctl-reconcile.timer')).toContain('[Timer]');
  });

  it('asks for a configuration, and takes the one that root makes', () => {
    const list = chroot.run('rdsctl list');
    expect(list.code).toBe(2);
    expect(list.stderr).toContain('rdsctl config init');
    chroot.must('rdsctl config init');
    expect(stat('/etc/rdsctl/config.yaml')).toBe('-rw-r----- root:rdsctl');
    chroot.must('rdsctl config check --config /usr/share/doc/rdsctl/examples/config.yaml');
    chroot.must('rdsctl config check');
    chroot.must('rdsctl list');
    // So does the user of the service, and nobody else.
    chroot.must('runuser -u rdsctl -- rdsctl config check');
    const other = chroot.run('runuser -u nobody -- rdsctl config check');
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('it may not be read by this user');
  });

  it('attaches and detaches, at a simulated storage server', () => {
    const said = chroot.must(
      `cd /root && rdsctl simulate --dir sim --nodes 2 --volumes 1 -- sh -c '${ROUND}'`,
    );
    expect(said).toContain('vol-1 is attached to node-1');
    expect(said.split('\n')).toContain('vol-1');
  });

  it('lets root work with the state of the service: what root makes is the service’s', () => {
    const script = [
      'set -e',
      'chown -R rdsctl /srv/sim',
      'export RDSCTL_STATE=/var/lib/rdsctl HOME=/var/lib/rdsctl',
      'rdsctl attach vol-1 node-1',
      'find /var/lib/rdsctl ! -user rdsctl -printf "not its own: %p\n"',
      'runuser -u rdsctl -- rdsctl move vol-1 node-2',
      'rdsctl detach vol-1',
      'runuser -u rdsctl -- rdsctl reconcile --quiet',
      'rdsctl state backup',
      'find /var/lib/rdsctl ! -user rdsctl -printf "not its own: %p\n"',
      'runuser -u rdsctl -- rdsctl state check --quiet',
      'rdsctl doctor -o json > /srv/doctor.json || true',
      'find /var/lib/rdsctl -type f | sed "s/.*/file &/"',
    ].join('; ');
    const said = chroot.must(`rdsctl simulate --dir /srv/sim --nodes 2 --volumes 1 -- sh -c '${script}'`);
    const lines = said.split('\n');
    expect(lines.filter((line) => line.startsWith('not its own'))).toEqual([]);
    // It was there that they worked, and not in another place.
    for (const file of ['state.json', 'lineage', 'audit.jsonl'])
      expect(lines).toContain(`file /var/lib/rdsctl/${file}`);
    expect(said).toMatch(/file \/var\/lib\/rdsctl\/backups\/./);
    expect(chroot.read('srv/doctor.json')).toContain('only its owner may read and write it');
    chroot.must('rm -rf /var/lib/rdsctl/* /srv/sim /srv/doctor.json');
  });

  it('is a fence agent where the cluster looks for one', () => {
    expect(chroot.must('fence_rds -o metadata')).toContain('<resource-agent name="fence_rds"');
    expect(chroot.must('readlink -f /usr/sbin/fence_rds')).toBe('/usr/lib/rdsctl/bin/fence_rds');
  });

  it('completes commands in bash', () => {
    const completions = '. /usr/share/bash-completion/completions/rdsctl; complete -p rdsctl';
    expect(chroot.must(`bash -c '${completions}'`)).toContain(' rdsctl');
  });

  it('is upgraded without losing what the administrator has', () => {
    chroot.must('echo kept > /var/lib/rdsctl/note && chmod 2700 /var/lib/rdsctl');
    chroot.must('dpkg-statoverride --update --add root root 0700 /etc/rdsctl');
    chroot.must('dpkg -i /rdsctl.deb');
    expect(stat('/etc/rdsctl')).toBe('drwx------ root:root');
    expect(stat('/var/lib/rdsctl')).toBe('drwx--S--- rdsctl:rdsctl');
    chroot.must('dpkg-statoverride --remove /etc/rdsctl && rdsctl config check');
  });

  it('is removed, but for the configuration, the record and the user', () => {
    chroot.must('apt-get remove -y -q rdsctl');
    expect(chroot.run('command -v rdsctl').code).not.toBe(0);
    expect(chroot.must('find /usr -iname "*rdsctl*" -o -name "*fence_rds*"')).toBe('');
    expect(chroot.must('ls /etc/rdsctl /var/lib/rdsctl')).toContain('config.yaml');
  });

  it('never purges the record of what is attached', () => {
    const purge = chroot.run('dpkg --purge rdsctl');
    expect(purge.code).toBe(0);
    expect(purge.stderr).toContain('/var/lib/rdsctl is not empty and was kept');
    expect(chroot.must('cat /var/lib/rdsctl/note')).toBe('kept');
    chroot.must('test -e /etc/rdsctl/config.yaml');
  });

  it('purges everything when there is no record', () => {
    chroot.must('dpkg -i /rdsctl.deb && rm -r /var/lib/rdsctl/* /etc/rdsctl/* && dpkg --purge rdsctl');
    expect(
      chroot.must('find / -xdev -path /root -prune -o -path /proc -prune -o -iname "*rdsctl*" -print'),
    ).toBe('/rdsctl.deb');
  });
});
