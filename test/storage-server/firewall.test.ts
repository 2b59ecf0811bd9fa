import { describe, expect, it } from 'vitest';

import { addRuleLine, judgeRule, moveRuleLine } from '../../src/operations/firewall/rule.ts';
import { RouterOsDevice } from '../../src/simulator/routeros/device/device.ts';
import { parseVersion, schemaOf } from '../../src/simulator/routeros/device/versions.ts';
import { parse } from '../../src/simulator/routeros/language/index.ts';
import { DIAGNOSE_ORDER, diagnoseScript } from '../../src/storage-server/diagnose-script.ts';
import { firewallChangeScript, firewallScript } from '../../src/storage-server/firewall-scripts.ts';
import { routerOsServer } from '../../src/storage-server/routeros-server.ts';
import { changeScript } from '../../src/storage-server/scripts.ts';
import { FakeConnection } from '../fakes/fake-connection.ts';
import { MemoryTarget } from '../fakes/memory-target.ts';

const VERSIONS = ['7.17.1', '7.18.2', '7.20.8', '7.21.5', '7.23.3'];
const COMMENT = '[rdsctl fenced=node-1 lineage=5f0c0000-0000-4000-8000-000000000000]';
const block = { kind: 'block', addresses: ['10.0.0.5', 'fd00::5'], comment: COMMENT } as const;
const unblock = { kind: 'unblock', addresses: [], comment: COMMENT } as const;
const toggle = { kind: 'toggle', slot: 'v', expectComment: 'a "b"', comment: 'c', exported: false } as const;

/** Why a line does not parse on a version; null when it does. */
function refused(line: string, version: string): string | null {
  const schema = schemaOf(parseVersion(version) ?? [0, 0, 0]);
  if (schema === undefined) throw new Error(`no schema for ${version}`);
  const parsed = parse(line, { schema, strict: true });
  return parsed.ok ? null : `${parsed.error.message} (column ${parsed.error.column})`;
}

async function setup(version: string) {
  const device = await RouterOsDevice.start({
    version,
    exportModel: new MemoryTarget(),
    disks: [{ slot: 'vol-1', sizeBytes: 1 << 20 }],
  });
  const connection = new FakeConnection(async (line) => ({ stdout: await device.exec(line) }));
  const server = routerOsServer({
    name: 'rds1',
    nvmeAddress: '10.77.0.1',
    user: 'rdsctl',
    connection,
    commandTimeoutMs: 30_000,
    mayTouch: () => true,
  });
  return { device, server, connection };
}

describe.each(VERSIONS)('on RouterOS %s', (version) => {
  it('every line for the firewall, the diagnosis and a proof parses, with arguments that it has', async () => {
    const { device, server } = await setup(version);
    await device.exec('/ip/firewall/raw/add chain=prerouting action=accept');
    const view = await server.lookAtFirewall();
    const [rule] = view.rules;
    if (rule === undefined) throw new Error('the rule does not show');
    const lines = [
      firewallScript('ab12'),
      firewallChangeScript(block, 'ab12'),
      firewallChangeScript(unblock, 'ab12'),
      diagnoseScript(DIAGNOSE_ORDER, 'rdsctl', 'ab12'),
      changeScript([toggle, { ...toggle, exported: true }], 'ab12'),
      addRuleLine(view, 4, [4420, 4421]),
      addRuleLine(view, 6, [4420]),
      moveRuleLine({ ...view, rules: [rule, { ...rule, id: '*7' }] }, { ...rule, id: '*7' }, [4420]),
    ];
    for (const line of lines) {
      expect(line).toMatch(/^[ -~]+$/);
      expect(refused(line, version), line).toBeNull();
    }
  });

  it('a node is put on the list and taken off it; twice is once; what others put there stays', async () => {
    const { device, server } = await setup(version);
    await device.exec('/ip/firewall/address-list/add list=rdsctl-fenced address=10.0.0.9 comment=mine');
    await device.exec('/ip/firewall/address-list/add list=other address=10.0.0.8');
    for (const time of ['once', 'twice']) {
      const { entries } = await server.changeFirewall(block);
      expect(entries, time).toEqual([
        { family: 4, address: '10.0.0.9', comment: 'mine' },
        { family: 4, address: '10.0.0.5', comment: COMMENT },
        { family: 6, address: 'fd00::5', comment: COMMENT },
      ]);
    }
    for (const time of ['once', 'twice']) {
      const { entries } = await server.changeFirewall(unblock);
      expect(entries, time).toEqual([{ family: 4, address: '10.0.0.9', comment: 'mine' }]);
    }
  });

  it('an entry of ours that somebody switched off counts as not there, and is switched on again', async () => {
    const { device, server } = await setup(version);
    await server.changeFirewall(block);
    await device.exec('/ip/firewall/address-list/disable [find where list=rdsctl-fenced]');
    expect((await server.lookAtFirewall()).entries.map(({ address }) => address)).toEqual(['fd00::5']);
    expect((await server.changeFirewall(block)).entries).toHaveLength(2);
  });

  it('the rule that is offered is judged as good, and drops; switched off it is missing', async () => {
    const { device, server } = await setup(version);
    await device.exec('/ip/firewall/raw/add chain=prerouting action=accept');
    expect(await device.exec(addRuleLine(await server.lookAtFirewall(), 4, [4420]))).toBe('');
    await server.changeFirewall(block);
    expect(judgeRule(await server.lookAtFirewall(), 4, [4420]).state).toBe('good');
    expect(device.drops('10.0.0.5', 4420)).toBe(true);
    await device.exec('/ip/firewall/raw/disable [find where action=drop]');
    expect(judgeRule(await server.lookAtFirewall(), 4, [4420]).state).toBe('missing');
    expect(device.drops('10.0.0.5', 4420)).toBe(false);
  });

  it('a diagnosis is one exec, tells everything and changes nothing', async () => {
    const { server, connection } = await setup(version);
    const before = await server.look('all');
    connection.sent.splice(0);
    const told = await server.diagnose();
    expect(connection.sent).toHaveLength(1);
    expect(told).toMatchObject({
      packages: { told: ['routeros', 'rose-storage'] },
      disks: { told: [{ slot: 'vol-1' }] },
      write: { told: true },
      inFlight: { told: 0 },
      group: { told: 'rdsctl' },
    });
    expect(told.version).toContain(version);
    expect('told' in told.clock ? Math.abs(told.clock.told - Date.now()) : NaN).toBeLessThan(60_000);
    expect((await server.look('all')).disks).toEqual(before.disks);
  });
});

describe('the offset of a clock', () => {
  it.each([
    ['"+02:00"', 2],
    ['"-03:30"', -3.5],
    ['7200', 2],
    ['4294956496', -3],
  ])('%s', async (offset, hours) => {
    const { device } = await setup('7.21.5');
    const server = routerOsServer({
      name: 'rds1',
      nvmeAddress: '10.77.0.1',
      user: 'rdsctl',
      connection: new FakeConnection(async (line) => ({
        stdout: (await device.exec(line))
          .replace(/"date":"[^"]*"/, '"date":"2026-11-20"')
          .replace(/"time":"[^"]*"/, '"time":"12:00:00"')
          .replace(/"gmt-offset":"[^"]*"/, `"gmt-offset":${offset}`),
      })),
      commandTimeoutMs: 30_000,
      mayTouch: () => true,
    });
    const { clock } = await server.diagnose();
    expect(clock).toEqual({ told: Date.parse('2026-11-20T12:00:00Z') - hours * 3_600_000 });
  });
});
