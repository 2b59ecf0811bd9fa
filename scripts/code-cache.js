// Makes the code cache of a built command line for the Node that runs this: plays some commands against a simulation, each
// in a process of its own, and keeps what V8 compiled for them. Each adds to what the ones before it kept.
//
//     node scripts/code-cache.js dist/cli                  plays all
//     node scripts/code-cache.js dist/cli --same-bytes     makes the same bytes each time, for packages
//     node scripts/code-cache.js dist/cli [--keep|--plain] ARGUMENTS…
//                                                          plays one command line of rdsctl; --plain keeps nothing
//
// What an attach compiles depends on how long things take. So with --same-bytes only commands that wait for nobody
// leave a cache (`list` above all, which is to be quick); every other file is compiled as a whole, unplayed.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

const self = import.meta.filename;
const program = path.join(path.dirname(self), '../bin/rdsctl');
const { runCached, cacheOf, wrapped } = createRequire(import.meta.url)(program);

const played = [
  '--keep --help',
  '--keep attach vol-1 node-1',
  '--keep attach vol-1 node-1',
  '--keep attach vol-1 node-2',
  '--keep list',
  '--keep list',
  '--keep list -o json',
  '--keep detach vol-1',
];

const playedForSameBytes = [
  '--plain attach vol-1 node-1',
  '--keep --help',
  '--keep list',
  '--keep list',
  '--keep list -o json',
];

const [, , directory = 'dist/cli', mode, ...args] = process.argv;
const files = path.resolve(directory);
if (mode === '--keep' || mode === '--plain') playHere(mode === '--keep', args);
else if (mode === '--same-bytes') {
  // V8 salts its hashes; the seed says with what.
  playAll(playedForSameBytes, ['--random-seed=1']);
  const { status } = spawnSync(process.execPath, ['--random-seed=1', self, files, '--rest'], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('could not compile the files that no command was played for');
} else if (mode === '--rest') compileRest();
else playAll(played, []);

/** Runs one command line in this process and keeps what was compiled. */
function playHere(keep, args) {
  process.argv = [process.execPath, program, ...args];
  const writeCaches = runCached(files, 'main.cjs');
  if (keep) process.on('exit', writeCaches);
}

/** Plays command lines one after another, with options for Node. */
function playAll(lines, options) {
  const home = mkdtempSync(path.join(tmpdir(), 'rdsctl-build-'));
  const node = [process.execPath, ...options].map((word) => `"${word}"`).join(' ');
  const script = lines.map((line) => `${node} "${self}" "${files}" ${line}`).join('\n');
  // Nothing of whoever builds is in it: neither colours nor a configuration.
  const env = {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    HOME: home,
    XDG_STATE_HOME: `${home}/state`,
    XDG_CACHE_HOME: `${home}/cache`,
  };
  try {
    const simulate = ['simulate', '--dir', path.join(home, 'simulation'), '--nodes', '2', '--volumes', '1'];
    const keep = lines === played ? '--keep' : '--plain';
    spawnSync(
      process.execPath,
      [...options, self, files, keep, ...simulate, '--', 'sh', '-c', `${script}\ntrue`],
      { env, stdio: process.env['RDSCTL_BUILD_VERBOSE'] ? 'inherit' : 'ignore' },
    );
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Compiles all functions of those files that have no cache yet. */
function compileRest() {
  const cache = cacheOf(files);
  mkdirSync(cache, { recursive: true });
  const present = new Set(readdirSync(cache));
  const missing = readdirSync(files).filter((name) => name.endsWith('.cjs') && !present.has(name));
  for (const name of missing.sort()) {
    const [source, options] = wrapped(name, readFileSync(path.join(files, name), 'utf8'));
    setFlagsFromString('--no-lazy');
    const script = new Script(source, options);
    // A cache is good only for a V8 with the same flags as the one that wrote it.
    setFlagsFromString('--lazy');
    writeFileSync(path.join(cache, name), script.createCachedData());
  }
}
