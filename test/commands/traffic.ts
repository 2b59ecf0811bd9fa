import type { SshServer } from '../../src/simulator/ssh/ssh-server.ts';
import type { Outcome } from './outcome.ts';
import type { Scene } from './scene.ts';

/** What a command cost on one host. */
interface Cost {
  readonly connections: number;
  readonly execs: number;
}

/** Runs a command and counts what it cost on each host that it talked to: those it left alone are not in it. */
export async function costs(
  scene: Scene,
  ...argv: string[]
): Promise<{ readonly outcome: Outcome; readonly hosts: Readonly<Record<string, Cost>> }> {
  const servers = sshServers(scene);
  const before = new Map([...servers].map(([name, { counters }]) => [name, { ...counters }]));
  const outcome = await scene.run(...argv);
  const hosts: Record<string, Cost> = {};
  for (const [name, { counters }] of servers) {
    const connections = counters.connections - (before.get(name)?.connections ?? 0);
    const execs = counters.execs - (before.get(name)?.execs ?? 0);
    if (connections > 0 || execs > 0) hosts[name] = { connections, execs };
  }
  return { outcome, hosts };
}

function sshServers({ simulation }: Scene): ReadonlyMap<string, SshServer> {
  return new Map([
    ...[...simulation.storageServers].map(([name, { ssh }]) => [name, ssh] as const),
    ...[...simulation.nodes].map(([name, { server }]) => [name, server.ssh] as const),
  ]);
}
