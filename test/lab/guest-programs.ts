import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The real thing in the guests, every program of these packages; busybox for whatever else there is. */
const packages = [
  'bash',
  'coreutils',
  'util-linux',
  'mount',
  'e2fsprogs',
  'findutils',
  'grep',
  'sed',
  'procps',
  'psmisc',
  'iproute2',
  'kmod',
  'dmsetup',
  'nvme-cli',
  'openssh-server',
];

/** Newer OpenSSH servers consist of several programs. */
const helpers = ['/usr/lib/openssh/sshd-session', '/usr/lib/openssh/sshd-auth'];

/** Which versions of which packages the guests' programs are from. */
export function programVersions(): string {
  const format = '${Package} ${Version}\n';
  return execFileSync('dpkg-query', ['-W', '-f', format, 'busybox-static', ...packages], {
    encoding: 'utf8',
  });
}

/** Copies programs and the libraries they need below `root`, where /bin, /sbin and /lib lead into /usr. */
export function installPrograms(root: string): void {
  const programs = packagedPrograms();
  for (const program of programs) copyFileSync(program, join(root, 'usr/bin', basename(program)));
  const extra = helpers.filter((helper) => existsSync(helper));
  for (const file of [...extra, ...neededLibraries([...programs, ...extra])]) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    copyFileSync(file, join(root, file));
  }
  installBusybox(root);
}

function packagedPrograms(): string[] {
  const missing = packages.filter((name) => spawnSync('dpkg-query', ['-W', name]).status !== 0);
  if (missing.length > 0) {
    throw new Error(`The lab lacks packages: ${missing.join(', ')}. As root: test/lab/packages.sh`);
  }
  const listed = execFileSync('dpkg', ['-L', ...packages], { encoding: 'utf8' });
  return listed.split('\n').filter((file) => /^(\/usr)?\/s?bin\/[^/]+$/.test(file) && existsSync(file));
}

function neededLibraries(programs: readonly string[]): ReadonlySet<string> {
  // It fails for those that are scripts, and goes on.
  const { stdout } = spawnSync('ldd', programs, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return new Set([...stdout.matchAll(/^\t(?:.* => )?(\/\S+)/gm)].map(([, file = '']) => file));
}

function installBusybox(root: string): void {
  const folder = join(root, 'usr/bin');
  const busybox = join(folder, 'busybox');
  cpSync(realpathSync('/bin/busybox'), busybox);
  const present = new Set(readdirSync(folder));
  for (const applet of execFileSync(busybox, ['--list'], { encoding: 'utf8' }).split('\n')) {
    if (applet !== '' && !present.has(applet)) symlinkSync('busybox', join(folder, applet));
  }
  symlinkSync('/usr/bin/busybox', join(root, 'init'));
}
