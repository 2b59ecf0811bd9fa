import { describe, expect, it } from 'vitest';

import { doctor } from '../../../src/operations/doctor/doctor.ts';
import type { HereFacts } from '../../../src/operations/ports/here.ts';
import { aConfig, makeWorld } from '../../fakes/world.ts';

const HERE: HereFacts = {
  configFile: null,
  configWarnings: [],
  keyFiles: [],
  servers: null,
  directory: { failed: 'not looked at' },
  audit: { failed: 'not looked at' },
};

function setup(timeouts = { connect: 10_000, command: 30_000, device: 15_000, lock: 30_000, lease: 30_000 }) {
  const world = makeWorld({ config: aConfig({ timeouts }) });
  const run = () => doctor(world.context, () => Promise.resolve(HERE));
  return { ...world, run };
}

describe('doctor', () => {
  it('asks storage servers and nodes side by side: none waits for the answer of another', async () => {
    const { run, node, server } = setup();
    // Each answers only when all have been asked.
    const gate = { asked: 0, open: (): void => undefined };
    const all = new Promise<void>((resolve) => (gate.open = resolve));
    const hosts = [server, node('node-1'), node('node-2'), node('node-3')];
    for (const host of hosts) {
      const ask = host.diagnose.bind(host) as () => Promise<never>;
      host.diagnose = async () => {
        gate.asked += 1;
        if (gate.asked === hosts.length) gate.open();
        await all;
        return ask();
      };
    }
    const { checks } = await run();
    expect([...new Set(checks.map(({ host }) => host))]).toEqual([
      'here',
      'rds1',
      'node-1',
      'node-2',
      'node-3',
    ]);
    expect(checks.filter(({ id, severity }) => id.endsWith('.reach') && severity !== 'ok')).toEqual([]);
  });

  it('gives each host only so long: one that never answers is a finding, and given up; the rest is told', async () => {
    const { run, node } = setup({ connect: 10, command: 10, device: 10, lock: 10, lease: 30_000 });
    const given: AbortSignal[] = [];
    node('node-2').diagnose = (options) => {
      if (options?.signal !== undefined) given.push(options.signal);
      return new Promise<never>(() => undefined);
    };
    const { checks, healthy } = await run();
    expect(healthy).toBe(false);
    const about = (host: string) => checks.filter((check) => check.host === host);
    expect(about('node-2').filter(({ severity }) => severity === 'error')).toEqual([
      expect.objectContaining({
        found: expect.stringContaining('node-2 did not tell everything within 0.02 s') as string,
      }),
    ]);
    expect(given.map(({ aborted }) => aborted)).toEqual([true]);
    for (const host of ['rds1', 'node-1', 'node-3']) expect(about(host).length).toBeGreaterThan(2);
  });
});
