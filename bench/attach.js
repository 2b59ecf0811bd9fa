import path from 'node:path';
import { interleaved, program, root, timed } from './measure.js';
import { opensshConfig, withSimulation } from './simulation.js';

/**
 * One attach, against the shell script that an operator would write for the same steps.
 * @param delayMs added to each connection and each command, as a network and a busy host would
 */
export async function attach(rounds, delayMs = 0) {
  return withSimulation({ volumes: 2 * (rounds + 1), delayMs }, (simulation) => {
    const config = opensshConfig(simulation);
    const script = path.join(root, 'bench/operator-attach.sh');
    const times = interleaved(
      {
        script: (round) => timed('sh', [script, config, `vol-${2 * round + 1}`, 'node-1']),
        rdsctl: (round) =>
          timed(process.execPath, [program, 'attach', `vol-${2 * round + 2}`, 'node-1'], simulation.env),
      },
      rounds,
    );
    return {
      title: `One attach, against an OpenSSH script for the same steps${delayMs === 0 ? '' : `, ${delayMs} ms added to each connection and command`}`,
      baseline: { what: '`bench/operator-attach.sh`', milliseconds: times.script },
      rows: [
        {
          what: '`rdsctl attach`',
          milliseconds: times.rdsctl,
          ratio: times.rdsctl / times.script,
          limit: delayMs === 0 ? 0.6 : null,
        },
      ],
    };
  });
}
