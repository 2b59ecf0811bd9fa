import type { Value } from '../language/index.ts';
import type { Property } from './properties.ts';
import { SettingsMenu } from './settings-menu.ts';

/** The board that is simulated: a ROSE data server. Figures and serial number are made up. */
const BOARD = 'RDS2216-2XG-4S+4XS-2XQ';
const SERIAL_NUMBER = 'SIMULATED01';

const bare = (name: string): Property => ({ name, kind: { type: 'bare' } });
const size = (name: string): Property => ({ name, kind: { type: 'size' } });
const count = (name: string, unit = ''): Property => ({ name, kind: { type: 'number', unit } });

/** In the order of the manual's example. */
const RESOURCE: readonly Property[] = [
  { name: 'uptime', kind: { type: 'time' } },
  bare('version'),
  bare('build-time'),
  bare('factory-software'),
  size('free-memory'),
  size('total-memory'),
  bare('cpu'),
  count('cpu-count'),
  count('cpu-frequency', 'MHz'),
  count('cpu-load', '%'),
  size('free-hdd-space'),
  size('total-hdd-space'),
  count('write-sect-since-reboot'),
  count('write-sect-total'),
  count('bad-blocks', '%'),
  bare('architecture-name'),
  bare('board-name'),
  bare('platform'),
];

/** `/system/resource` (properties and units: manual; figures made up). */
export function resourceMenu(version: string, startedAt: number, now: () => number): SettingsMenu {
  const uptime = (): Value => ({
    type: 'time',
    nanoseconds: BigInt(Math.floor((now() - startedAt) / 1000)) * 1_000_000_000n,
  });
  return new SettingsMenu(
    RESOURCE,
    () =>
      new Map<string, Value>([
        ['uptime', uptime()],
        ['version', `${version} (stable)`],
        ['build-time', '2026-01-01 00:00:00'],
        ['factory-software', '7.17'],
        ['free-memory', 30_000_000_000n],
        ['total-memory', 34_359_738_368n],
        ['cpu', 'ARM64'],
        ['cpu-count', 16n],
        ['cpu-frequency', 2000n],
        ['cpu-load', 1n],
        ['free-hdd-space', 80_000_000n],
        ['total-hdd-space', 134_217_728n],
        ['write-sect-since-reboot', 85n],
        ['write-sect-total', 222_100n],
        ['bad-blocks', 0n],
        ['architecture-name', 'arm64'],
        ['board-name', BOARD],
        ['platform', 'MikroTik'],
      ]),
  );
}

/**
 * `/system/routerboard`: that of the simulated board. (A virtual RouterOS says `routerboard: no` and nothing
 * else; a ROSE data server is a RouterBOARD.)
 */
export function routerboardMenu(version: string): SettingsMenu {
  const properties: readonly Property[] = [
    { name: 'routerboard', kind: { type: 'bool' } },
    ...[
      'model',
      'serial-number',
      'firmware-type',
      'factory-firmware',
      'current-firmware',
      'upgrade-firmware',
    ].map(bare),
  ];
  return new SettingsMenu(
    properties,
    () =>
      new Map<string, Value>([
        ['routerboard', true],
        ['model', BOARD],
        ['serial-number', SERIAL_NUMBER],
        ['firmware-type', 'al64'],
        ['factory-firmware', '7.17'],
        ['current-firmware', version],
        ['upgrade-firmware', version],
      ]),
  );
}
