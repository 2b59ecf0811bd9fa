import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { programSource } from './program-source.ts';

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
  const busybox = execFileSync('dpkg-query', ['-W', '-f', format, 'busybox-static'], { encoding: 'utf8' });
  return busybox + programSource().versions(packages);
}

/** Copies programs and the libraries they need below `root`, where /bin, /sbin and /lib lead into /usr. */
export function installPrograms(root: string): void {
  const source = programSource();
  const copy = (file: string, place: string): void => {
    mkdirSync(join(root, dirname(place)), { recursive: true });
    copyFileSync(join(source.root, file), join(root, place));
  };
  const programs = source.files(packages).filter((file) => /^(\/usr)?\/s?bin\/[^/]+$/.test(file));
  for (const program of programs) copy(program, join('usr/bin', basename(program)));
  const extra = helpers.filter((helper) => existsSync(join(source.root, helper)));
  for (const file of [...extra, ...neededLibraries(source.root, [...programs, ...extra])]) copy(file, file);
  installBusybox(root);
}

/** Their places below the root that the programs are from. */
function neededLibraries(root: string, programs: readonly string[]): ReadonlySet<string> {
  const folder = join(root, 'usr/lib/x86_64-linux-gnu');
  // The loader of that root, as its libraries may be newer than this machine's. It fails for scripts.
  const loader = join(root, 'lib64/ld-linux-x86-64.so.2');
  const needed = programs.flatMap((program) => {
    const { stdout } = spawnSync(loader, ['--library-path', folder, '--list', join(root, program)], {
      encoding: 'utf8',
    });
    return [...stdout.matchAll(/^\t(?:.* => )?(\/\S+)/gm)].map(([, file = '']) => file.slice(root.length));
  });
  return new Set([...needed, '/lib64/ld-linux-x86-64.so.2']);
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
