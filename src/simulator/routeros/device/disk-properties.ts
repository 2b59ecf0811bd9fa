import type { Property } from './properties.ts';

const text = (name: string): Property => ({ name, kind: { type: 'text' } });
const bare = (name: string): Property => ({ name, kind: { type: 'bare' } });
const yesNo = (name: string): Property => ({ name, kind: { type: 'bool' } });
const count = (name: string): Property => ({ name, kind: { type: 'number', grouped: true } });
const number = (name: string, max?: number): Property => ({
  name,
  kind: { type: 'number', ...(max === undefined ? {} : { max }) },
});

/** Properties of a disk in the order in which `print detail` shows them (seen on 7.24). */
export const DISK_PROPERTIES: readonly Property[] = [
  bare('type'),
  text('slot'),
  text('slot-default'),
  text('parent'),
  text('fs-label'),
  text('fs-uuid'),
  bare('fs'),
  text('model'),
  text('serial'),
  count('size'),
  count('free'),
  count('total-inodes'),
  count('free-inodes'),
  bare('use'),
  text('mount-point'),
  yesNo('mount-filesystem'),
  yesNo('mount-read-only'),
  yesNo('compress'),
  number('sector-size'),
  bare('raid-type'),
  number('raid-device-count'),
  bare('raid-max-component-size'),
  bare('raid-chunk-size'),
  bare('raid-master'),
  number('raid-role'),
  yesNo('raid-member-failed'),
  text('raid-member-state'),
  text('state'),
  text('raid-uuid'),
  yesNo('nvme-tcp-export'),
  number('nvme-tcp-server-port', 65_535),
  text('nvme-tcp-server-nqn'),
  text('nvme-tcp-server-allow-host-name'),
  text('nvme-tcp-server-password'),
  yesNo('iscsi-export'),
  yesNo('nfs-sharing'),
  yesNo('smb-sharing'),
  yesNo('media-sharing'),
  bare('media-interface'),
  yesNo('swap'),
  bare('file-path'),
  { name: 'file-size', kind: { type: 'size' } },
  number('file-offset'),
];

/** Letters before a disk: B, M, r and t seen; their order beside others is inferred. */
export const DISK_FLAGS = [
  { letter: 'X', name: 'DISABLED' },
  { letter: 'B', name: 'BLOCK-DEVICE' },
  { letter: 'M', name: 'MOUNTED' },
  { letter: 'r', name: 'RAID-MEMBER' },
  { letter: 'p', name: 'PARTITION' },
  { letter: 't', name: 'NVME-TCP-EXPORT' },
] as const;

/** Properties that concern the export: they take effect, and can be read back, a little later (seen). */
export const EXPORT_PROPERTIES: ReadonlySet<string> = new Set([
  'nvme-tcp-export',
  'nvme-tcp-server-port',
  'nvme-tcp-server-nqn',
  'nvme-tcp-server-allow-host-name',
  'nvme-tcp-server-password',
]);
export const DEFAULT_PORT = 4420;
