import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { BARE, hasCertificates, interleaved, median, program, root, timed } from './measure.js';
import { ansible } from './playbook.js';
import { opensshConfig, withSimulation } from './simulation.js';

/** Ansible takes seconds for each attach, and takes them each time. */
const ANSIBLE_ROUNDS = 2;

/**
 * One attach, against what an operator would write for the same steps: a shell script with OpenSSH, the same with
 * connections that are kept and shared (ControlMaster), and an Ansible play.
 * @param delayMs added to each connection and each command, as a network and a busy host would
 */
export async function attach(rounds, delayMs = 0) {
  const volumes = 5 * (rounds + 1) + ANSIBLE_ROUNDS;
  // Each round has a node of its own: what is attached already does not slow the next ones down.
  const nodes = rounds + 2;
  const nodeOf = (round) => `node-${round + 1}`;
  return withSimulation({ nodes, volumes, delayMs }, (simulation) => {
    const script = path.join(root, 'bench/operator-attach.sh');
    const alone = opensshConfig(simulation);
    const shared = opensshConfig(simulation, { shares: true });
    const close = () => {
      for (const host of ['rds1', ...Array.from({ length: nodes }, (_, round) => nodeOf(round))])
        if (existsSync(path.join(simulation.dir, `${host}.socket`)))
          spawnSync('ssh', ['-F', shared, '-O', 'exit', host]);
    };
    let last = 0;
    const volume = () => `vol-${(last += 1)}`;
    const run = (config, round) => timed('sh', [script, config, volume(), nodeOf(round)]);
    const rdsctl = (round, more = {}) =>
      timed(process.execPath, [program, 'attach', volume(), nodeOf(round)], { ...simulation.env, ...more });
    const times = interleaved(
      {
        script: (round) => run(alone, round),
        opened: (round) => {
          close();
          return run(shared, round);
        },
        // The connections are there from the run before.
        kept: (round) => run(shared, round),
        rdsctl: (round) => rdsctl(round),
        ...(hasCertificates ? { bare: (round) => rdsctl(round, BARE) } : {}),
      },
      rounds,
    );
    close();
    const play = ansible(simulation);
    times.ansible = median(Array.from({ length: ANSIBLE_ROUNDS }, () => play(volume(), nodeOf(rounds + 1))));
    const row = (what, name, limit = null) => ({
      what,
      milliseconds: times[name],
      ratio: times[name] / times.script,
      limit,
    });
    return {
      title: `One attach, against an OpenSSH script for the same steps${delayMs === 0 ? '' : `, ${delayMs} ms added to each connection and command`}`,
      baseline: { what: '`bench/operator-attach.sh`', milliseconds: times.script },
      rows: [
        row('`rdsctl attach`', 'rdsctl', delayMs === 0 ? 0.6 : null),
        ...(hasCertificates ? [row('`rdsctl attach`, without NODE_EXTRA_CA_CERTS', 'bare')] : []),
        row('the script with ControlMaster, its connections made anew', 'opened'),
        row('the script with ControlMaster, its connections open from before', 'kept'),
        row(`an Ansible play (${ANSIBLE_ROUNDS} rounds)`, 'ansible'),
      ],
    };
  });
}
