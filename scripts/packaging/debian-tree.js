// Lays out the files of the Debian package in a directory, as they will be installed.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { copyright } from './contents.js';
import { NODE_ARCHITECTURES } from './node-runtime.js';

const root = path.join(import.meta.dirname, '../..');
const PRIVATE = 'usr/lib/rdsctl';
const DOC = 'usr/share/doc/rdsctl';
/** Where the programs are found. Pacemaker looks for fence agents in the directory for the administrator's. */
const PROGRAMS = [
  ['usr/bin', 'rdsctl'],
  ['usr/sbin', 'fence_rds'],
];

/** Fills `tree`. What `sbomText` says is what `packages`, `native` and `runtime` are. */
export function layOut(tree, { architecture, packages, native, runtime, sbomText }) {
  const put = (file, data) => {
    mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
    writeFileSync(path.join(tree, file), data);
  };
  const copy = (from, to, filter) => {
    mkdirSync(path.dirname(path.join(tree, to)), { recursive: true });
    cpSync(path.resolve(root, from), path.join(tree, to), { recursive: true, ...(filter && { filter }) });
  };
  const zip = (file, data) => put(`${file}.gz`, gzip(data));

  layOutProgram({ tree, put, copy, architecture, native, runtime });
  for (const page of readdirSync(path.join(root, 'man')))
    zip(
      `usr/share/man/man${path.extname(page).slice(1)}/${page}`,
      readFileSync(path.join(root, 'man', page)),
    );
  copy('completions/rdsctl.bash', 'usr/share/bash-completion/completions/rdsctl');
  copy('completions/_rdsctl', 'usr/share/zsh/vendor-completions/_rdsctl');
  copy('completions/rdsctl.fish', 'usr/share/fish/vendor_completions.d/rdsctl.fish');
  for (const unit of readdirSync(path.join(root, 'contrib/systemd')))
    put(`usr/lib/systemd/system/${unit}`, packagedUnit(path.join(root, 'contrib/systemd', unit)));
  mkdirSync(path.join(tree, 'etc/rdsctl'), { recursive: true });

  copy('contrib/prometheus', `${DOC}/examples`);
  copy('contrib/cron/rdsctl', `${DOC}/examples/rdsctl.cron`);
  put(`${DOC}/examples/config.yaml`, exampleConfig());
  for (const file of readdirSync(path.join(root, 'docs')).filter((name) => name.endsWith('.md')))
    copy(`docs/${file}`, `${DOC}/${file}`);
  copy('docs/runbooks', `${DOC}/runbooks`);
  put(`${DOC}/copyright`, copyright(packages, runtime));
  put(`${DOC}/sbom.cdx.json`, sbomText);
  zip(`${DOC}/changelog`, readFileSync(path.join(root, 'CHANGELOG.md')));
  zip(`${DOC}/changelog.Debian`, readFileSync(path.join(root, 'packaging/debian/changelog')));
  copy('packaging/debian/lintian-overrides', 'usr/share/lintian/overrides/rdsctl');
}

/** A unit as it is packaged: without metrics, whose directory is not there before node_exporter is. */
function packagedUnit(file) {
  const text = readFileSync(file, 'utf8');
  const packaged = text.replace(/^(ExecStart=.*?) --metrics-file \S+/m, '$1');
  if (packaged.includes('--metrics-file')) throw new Error(`${file} asks for metrics in an unexpected way`);
  return packaged;
}

/** Node, and what it runs. The program starts with its own Node at once: no wrapper, no search through $PATH. */
function layOutProgram({ tree, put, copy, architecture, native, runtime }) {
  copy(runtime.program, `${PRIVATE}/node`);
  copy('bin/package.json', `${PRIVATE}/bin/package.json`);
  for (const [directory, program] of PROGRAMS) {
    const starter = readFileSync(path.join(root, 'bin', program), 'utf8');
    put(`${PRIVATE}/bin/${program}`, starter.replace(/^#!.*/, `#!/${PRIVATE}/node`));
    mkdirSync(path.join(tree, directory), { recursive: true });
    symlinkSync(`../lib/rdsctl/bin/${program}`, path.join(tree, directory, program));
  }
  const bundled = path.join(root, 'dist/cli');
  copy('dist/cli', `${PRIVATE}/dist/cli`, (file) => file === bundled || file.endsWith('.cjs'));
  makeCodeCache(path.join(tree, PRIVATE, 'dist/cli'), architecture, runtime);
  const ours = `linux-${NODE_ARCHITECTURES[architecture]}`;
  for (const directory of native) {
    const runs = (file) => {
      const inside = path.relative(path.join(root, directory), file);
      if (inside.startsWith('prebuilds/')) return inside.split('/')[1] === ours && !inside.endsWith('.bare');
      return !/(^|\/)(src|include|test)(\/|$)|\.(md|c|txt|d\.ts)$|(^|\/)LICENSE$/.test(inside);
    };
    copy(directory, `${PRIVATE}/${directory}`, runs);
  }
}

/**
 * Compiles the command line with the very Node that will run it. For another architecture than this machine's that
 * can't be done: the package works all the same, but each command has to compile what it runs.
 */
function makeCodeCache(directory, architecture, runtime) {
  if (NODE_ARCHITECTURES[architecture] !== process.arch) {
    console.warn(`no code cache: ${architecture} can't be run here, commands will take longer to start`);
    return;
  }
  const script = path.join(root, 'scripts/code-cache.js');
  execFileSync(runtime.program, [script, directory, '--same-bytes'], { stdio: 'inherit' });
}

const exampleConfig = () => {
  const file = path.join(tmpdir(), `rdsctl-example-${process.pid}.yaml`);
  try {
    execFileSync(process.execPath, [path.join(root, 'bin/rdsctl'), 'config', 'init', file]);
    return readFileSync(file);
  } finally {
    execFileSync('rm', ['-f', file]);
  }
};

/** By the program, whose output does not depend on the processor as that of Node's library does. */
const gzip = (data) => execFileSync('gzip', ['-9n'], { input: data, maxBuffer: 64 * 1024 ** 2 });
