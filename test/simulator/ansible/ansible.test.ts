import { describe, expect, test } from 'vitest';
import { simulate } from '../ssh/clients.ts';
import { runPlaybook, type TaskResults } from './run-playbook.ts';

/** Ansible starts an interpreter for every task. */
const SLOW_MS = 400_000;

/** What the commands of a task printed, lines that are empty left out: the modules keep those of the redrawn prompt. */
function printed(results: TaskResults, task: string): string[] {
  const { stdout } = results.get(task) as { stdout: string[] };
  return stdout.map((text) => text.replace(/\n\n+/g, '\n'));
}

function facts(results: TaskResults, task: string): Record<string, unknown> {
  const { ansible_facts: all } = results.get(task) as { ansible_facts: Record<string, unknown> };
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name.replace('ansible_net_', ''), value]),
  );
}

describe.each([
  ['rdsctl+cet1024w', 'a wide terminal that does nothing'],
  ['rdsctl', 'a terminal of 80 columns that is asked what it can do'],
])('community.routeros, logged in as %s: %s', (user) => {
  test(
    'runs commands, waits for a result, is told of mistakes, gathers facts',
    { timeout: SLOW_MS },
    async () => {
      const simulation = await simulate();
      const results = await runPlaybook(simulation, user);

      const [name, count, json = ''] = printed(results, 'Run commands');
      expect([name, count]).toEqual(['name: rds1', '2']);
      // On a terminal that is narrower than the command, its echo gets into what the module takes for output: so
      // it is on devices, and why a width is asked for.
      const echo = '<] > :put [:serialize to=json [/disk print as-value proplist=slot from=vol-2]]';
      const echoes = user === 'rdsctl' ? [echo, echo, echo] : [];
      expect(json.split('\n').map((line) => line.trim())).toEqual([
        ...echoes,
        '[{".id":"*2","slot":"vol-2"}]',
      ]);
      expect(printed(results, 'Change a comment, and wait until it can be read')).toEqual(['', 'by Ansible']);
      expect(simulation.rds.device.disks.menu.list.byName('vol-1')?.properties.get('comment')).toBe(
        'by Ansible',
      );
      expect(printed(results, 'A mistake is an answer, as on a device')).toEqual([
        'bad command name frobnicate (line 1 column 7)',
        'no such item',
      ]);
      const [detail = ''] = printed(results, 'Look at a volume');
      expect(detail.split('\n')[0]).toBe('Flags: B - BLOCK-DEVICE');
      expect(detail.replace(/\n +/g, ' ')).toContain(' slot="vol-1" slot-default="" parent="" fs=- ');
      // At 80 columns it takes several lines.
      expect(detail.split('\n').length > 3).toBe(user === 'rdsctl');

      expect(facts(results, 'Gather what is gathered when nothing is asked for')).toMatchObject({
        hostname: 'rds1',
        version: '7.21.5 (stable)',
        arch: 'arm64',
        model: 'RDS2216-2XG-4S+4XS-2XQ',
        serialnum: 'SIMULATED01',
        cpu_load: '1%',
        memtotal_mb: 32_768,
        spacetotal_mb: 128,
        all_ipv4_addresses: ['10.77.0.1'],
        all_ipv6_addresses: [],
        neighbors: [],
        interfaces: {
          lo: { type: 'loopback' },
          'qsfp28-1-1': { type: 'ether', ipv4: [{ address: '10.77.0.1', subnet: '24' }] },
        },
        route: { main: { gateway: 'qsfp28-1-1' } },
        ospf_instance: {},
        ospf_neighbor: {},
      });
    },
  );
});
