// Makes the code cache of a built command line for the Node that runs this: plays some commands against a simulation, each
// in a process of its own, and keeps what V8 compiled for them. Each adds to what the ones before it kept.
//
//     node scripts/code-cache.js dist/cli                  plays all
//     node scripts/code-cache.js dist/cli ARGUMENTS…       plays one command line of rdsctl
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

const self = import.meta.filename;
const program = path.join(path.dirname(self), '../bin/rdsctl');

const played = [
  '--help',
  'attach vol-1 node-1',
  'attach vol-1 node-1',
  'attach vol-1 node-2',
  'list',
  'list',
  'list -o json',
  'detach vol-1',
];

const [, , directory = 'dist/cli', ...args] = process.argv;
const files = path.resolve(directory);
if (args.length > 0) playHere(args);
else playAll();

/** Runs one command line in this process and keeps what was compiled. */
function playHere(args) {
  const { runCached } = createRequire(import.meta.url)(program);
  process.argv = [process.execPath, program, ...args];
  const writeCaches = runCached(files, 'main.cjs');
  process.on('exit', writeCaches);
}

function playAll() {
  const home = mkdtempSync(path.join(tmpdir(), 'rdsctl-build-'));
  const script = played.map((args) => `"${process.execPath}" "${self}" "${files}" ${args}`).join('\n');
  const env = {
    ...process.env,
    HOME: home,
    XDG_STATE_HOME: `${home}/state`,
    XDG_CACHE_HOME: `${home}/cache`,
  };
  try {
    const simulate = ['simulate', '--dir', path.join(home, 'simulation'), '--nodes', '2', '--volumes', '1'];
    spawnSync(process.execPath, [self, files, ...simulate, '--', 'sh', '-c', `${script}\ntrue`], {
      env,
      stdio: process.env['RDSCTL_BUILD_VERBOSE'] ? 'inherit' : 'ignore',
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
