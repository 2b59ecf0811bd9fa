import type { Config } from './config.ts';
import { formatDuration } from './duration.ts';

/** The effective configuration as it would stand in a file: durations with units, nothing that is not set. */
export function writtenForm(config: Config): object {
  return {
    apiVersion: 'rdsctl/v1',
    storageServers: mapValues(config.storageServers, setOnly),
    nodes: mapValues(config.nodes, setOnly),
    nvme: mapValues({ ...config.nvme }, (value) => (value === -1 ? value : formatDuration(value))),
    fence: {
      settle: formatDuration(config.fence.settle),
      drainTimeout: formatDuration(config.fence.drainTimeout),
      firewall: config.fence.firewall,
    },
    timeouts: mapValues({ ...config.timeouts }, formatDuration),
    state: setOnly(config.state),
    backups: config.backups,
  };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function setOnly(entry: object): object {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null));
}
