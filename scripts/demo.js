// Plays a scene against the simulator, as an operator would see it: the life of a volume, and what happens when
// a node dies. Each command is really run; a command that does not end as the scene says ends the scene.
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(import.meta.dirname);
const program = path.join(root, 'bin/rdsctl');
const self = fileURLToPath(import.meta.url);
const [part, directory] = process.argv.slice(2);

if (part === 'scene') await scene(directory);
else process.exitCode = rehearse();

/** Starts the simulation, which runs this file again with the scene. */
function rehearse() {
  const dir = mkdtempSync(path.join(tmpdir(), 'rdsctl-demo-'));
  const [faults, events] = [path.join(dir, 'faults.yaml'), path.join(dir, 'events.jsonl')];
  writeFileSync(faults, '[]\n');
  try {
    const simulate = [
      'simulate',
      '--dir',
      dir,
      '--nodes',
      '3',
      '--volumes',
      '3',
      '--faults',
      faults,
      '--events',
      events,
    ];
    const command = [process.execPath, self, 'scene', dir];
    return (
      spawnSync(process.execPath, [program, ...simulate, '--', ...command], { stdio: 'inherit' }).status ?? 1
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function scene(dir) {
  const bold = process.stdout.isTTY ? (text) => `\u001b[1m${text}\u001b[0m` : (text) => text;
  const say = (text) => console.log(`\n# ${text}`);
  const rdsctl = (line, expected = 0) => {
    console.log(bold(`$ rdsctl ${line}`));
    const { status } = spawnSync(process.execPath, [program, ...line.split(' ')], { stdio: 'inherit' });
    if (expected !== 0) console.log(`(exit code ${status})`);
    if (status === expected) return;
    console.error(`The scene expected exit code ${expected}, not ${status}.`);
    process.exit(1);
  };
  const fault = (text) => writeFileSync(path.join(dir, 'faults.yaml'), text);
  const event = async (what, test) => {
    const end = Date.now() + 60_000;
    for (;;) {
      const lines = readFileSync(path.join(dir, 'events.jsonl'), 'utf8').trim().split('\n');
      const found = lines
        .filter(Boolean)
        .map((line) => JSON.parse(line))
        .find(test);
      if (found) return found;
      if (Date.now() > end) throw new Error(`the scene waited in vain for: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  // Short, so that nobody has to wait for the kernel's timers.
  appendFileSync(path.join(dir, 'config.yaml'), 'nvme: { reconnectDelay: 1s, keepAliveTmo: 1s }\n');

  say('One storage server, three nodes, nothing attached yet.');
  rdsctl('volumes');
  say('Give a volume to a node. The last word is the block device, for scripts: -o name.');
  rdsctl('attach vol-1 node-1');
  say('Again: success, nothing changed. On another node: refused.');
  rdsctl('attach vol-1 node-1');
  rdsctl('attach vol-1 node-2', 4);
  rdsctl('list');
  say('Move it: detached and withdrawn there, then attached here, under one lock.');
  rdsctl('move vol-1 node-2');
  rdsctl('show vol-1');

  say('node-2 goes silent, with vol-1 attached. Is it dead, hung, or only cut off? Nobody can tell.');
  fault('- { at: node-2, do: node-down }\n');
  await event('node-2 down', ({ event, node }) => event === 'node-down' && node === 'node-2');
  rdsctl('detach vol-1', 6);
  say('So it is cut off where it counts, at the storage server.');
  rdsctl('fence node-2 --yes --reason no-answer');
  rdsctl('attach vol-1 node-3');

  say('node-2 comes back, and tries to connect by itself: the storage server does not let it in.');
  fault('- { at: node-2, do: node-up }\n');
  const refused = await event(
    'node-2 refused',
    ({ event, node }) => event === 'connect-refused' && node === 'node-2',
  );
  console.log(`${refused.time}  ${refused.event}  ${refused.node}  ${refused.volume}  (${refused.cause})`);
  rdsctl('attach vol-2 node-2', 4);
  say('Once it has dropped its dead controllers, it may have volumes again.');
  rdsctl('fence node-2 --yes');
  rdsctl('unfence node-2');
  rdsctl('attach vol-2 node-2');
  rdsctl('list');
  say('Who did what, and why:');
  rdsctl('history');
}
