// Makes the code cache of a built command line for the Node that runs this: plays some commands against a simulation, each
// in a process of its own, and keeps what V8 compiled for them. Each adds to what the ones before it kept.
//
//     node scripts/code-cache.js dist/cli                  plays all
//     node scripts/code-cache.js dist/cli --same-bytes     makes the same bytes each time, for packages
//     node scripts/code-cache.js dist/cli [--keep|--keep-alike|--plain] ARGUMENTS…
//                                                          plays one command line of rdsctl; --plain keeps nothing
//
// What an attach compiles depends on how long things take. So with --same-bytes only commands that wait for nobody
// leave a cache (`list` above all, which is to be quick); every other file is compiled as a whole, unplayed. While
// they are played V8 only interprets: its compilers work in threads of their own, and how far one had come is noted
// with each function.
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
  '--keep-alike --help',
  '--keep-alike list',
  '--keep-alike list',
  '--keep-alike list -o json',
];

/** V8 salts its hashes; the seed says with what. */
const SAME_HASHES = ['--random-seed=1'];
/** What makes V8 note something of a function, or forget its code, at a time that nobody knows. */
const SAME_FUNCTIONS = ['sparkplug', 'maglev', 'turbofan', 'flush-bytecode'];

const [, , directory = 'dist/cli', mode, ...args] = process.argv;
const files = path.resolve(directory);
if (['--keep', '--keep-alike', '--plain'].includes(mode)) playHere(mode, args);
else if (mode === '--same-bytes') {
  playAll(playedForSameBytes, SAME_HASHES);
  const { status } = spawnSync(process.execPath, [...SAME_HASHES, self, files, '--finish'], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('could not finish the code cache');
} else if (mode === '--finish') finish();
else playAll(played, []);

/** Runs one command line in this process and keeps what was compiled. */
function playHere(mode, args) {
  if (mode === '--keep-alike') turn('off', SAME_FUNCTIONS);
  process.argv = [process.execPath, program, ...args];
  const writeCaches = runCached(files, 'main.cjs');
  if (mode !== '--plain') process.on('exit', writeCaches);
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

/**
 * Makes of the caches that were played ones for V8's usual flags (a cache is good only for a V8 with the flags of the
 * one that wrote it), and compiles all functions of those files that were not played.
 */
function finish() {
  const cache = cacheOf(files);
  mkdirSync(cache, { recursive: true });
  const present = new Set(readdirSync(cache));
  const all = readdirSync(files).filter((file) => file.endsWith('.cjs'));
  for (const name of all.sort()) {
    const kept = path.join(cache, name);
    const script = present.has(name)
      ? compile(name, SAME_FUNCTIONS, readFileSync(kept))
      : compile(name, ['lazy']);
    if (script.cachedDataRejected === true) throw new Error(`V8 does not take ${kept}, which it just wrote`);
    writeFileSync(kept, script.createCachedData());
  }
}

/** Compiles a file without what some of V8's flags are for. */
function compile(name, flags, cachedData) {
  turn('off', flags);
  const [source, options] = wrapped(name, readFileSync(path.join(files, name), 'utf8'));
  const script = new Script(source, { ...options, ...(cachedData && { cachedData }) });
  turn('on', flags);
  return script;
}

function turn(how, flags) {
  for (const flag of flags) setFlagsFromString(how === 'on' ? `--${flag}` : `--no-${flag}`);
}
