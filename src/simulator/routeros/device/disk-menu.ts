import { sleepOn, type Clock } from '../../clock.ts';
import type { EventLog } from '../../events.ts';
import type { ExportModel } from '../../target/export-model.ts';
import { NOTHING, recordOf, RouterOsError, type CommandCall, type Value } from '../language/index.ts';
import { DEFAULT_PORT, DISK_FLAGS, DISK_PROPERTIES, EXPORT_PROPERTIES } from './disk-properties.ts';
import type { FileMenu } from './file-menu.ts';
import type { Item } from './item-list.ts';
import { ListMenu, type Menu } from './list-menu.ts';
import type { Output } from './output.ts';
import { printSettings } from './print-text.ts';
import { textOf, valueOf, type Properties, type Property } from './properties.ts';
import { defaultNqn, type Version } from './versions.ts';

export interface DiskMenuOptions {
  readonly rds: string;
  readonly version: Version;
  /** Properties that this version does not have. */
  readonly missing: ReadonlySet<string>;
  readonly exportModel: ExportModel;
  readonly files: FileMenu;
  readonly events: EventLog | undefined;
  readonly clock: Clock;
  /** How long an export's change takes to show and to take effect. */
  readonly readLagMs: number;
}

/** A disk to begin with. */
export interface DiskSpec {
  readonly slot: string;
  readonly sizeBytes: number;
  readonly filePath?: string;
  readonly comment?: string;
  /** RouterOS's default is yes; the simulation's volumes are made with no. */
  readonly mountFilesystem?: boolean;
  /** Anything else, as in `print as-value`. */
  readonly more?: Readonly<Record<string, Value>>;
  /** Standard properties that this disk has not: it isn't a file, for example. */
  readonly without?: readonly string[];
}

/** How long the boot takes from one export to the next. */
const BETWEEN_EXPORTS_MS = 1_000;

const MONITORED = [
  'slot',
  'read-ops',
  'read-merges',
  'read-bytes',
  'read-time',
  'write-ops',
  'write-merges',
  'write-bytes',
  'write-time',
  'in-flight-ops',
  'active-time',
  'wait-time',
] as const;

/** `/disk`: what is exported, to whom. */
export class DiskMenu implements Menu {
  readonly menu: ListMenu;
  readonly #options: DiskMenuOptions;
  /** The name under which the target knows an item, whatever its slot becomes. */
  readonly #volumes = new Map<Item, string>();
  /** What is under way, by item: changes of an export happen one after another. */
  readonly #pending = new Map<Item, Promise<void>>();

  constructor(options: DiskMenuOptions) {
    this.#options = options;
    this.menu = new ListMenu({
      properties: DISK_PROPERTIES.filter((each) => !options.missing.has(each.name)),
      flags: DISK_FLAGS,
      columns: ['slot', 'type', 'model', 'size', 'nvme-tcp-export'],
      nameProperty: 'slot',
      flagsOf: (item) => this.#flagsOf(item),
      derive: (item) => this.#derive(item),
      adding: (properties) => this.#adding(properties),
      added: (item) => this.#added(item),
      setting: (item, changes) => this.#setting(item, changes),
      changed: (item) => this.#changed(item),
      removed: async (item) => {
        await this.#options.exportModel.removeVolume(this.#volumes.get(item) ?? '');
      },
    });
  }

  async run(call: CommandCall, output: Output): Promise<Value> {
    switch (call.command) {
      case 'monitor-traffic':
        return this.#monitor(call, output);
      case 'reset-counters':
      case 'scan':
        return NOTHING;
      case 'reset': {
        const names = [...call.args.keys()].filter((name) => name !== 'numbers');
        for (const item of this.menu.list.named(call.args.get('numbers'))) {
          for (const name of names) item.properties.delete(name);
          await this.#changed(item);
        }
        return NOTHING;
      }
      default:
        return this.menu.run(call, output);
    }
  }

  /** Puts a disk there, as if it had been made long ago. */
  async create(spec: DiskSpec): Promise<void> {
    const path = spec.filePath ?? `/raid1/${spec.slot}.img`;
    const properties: Properties = new Map<string, Value>([
      ['type', 'file'],
      ['slot', spec.slot],
      ['file-path', path],
      ['file-size', BigInt(spec.sizeBytes)],
      ['mount-filesystem', spec.mountFilesystem ?? false],
      ...(spec.comment === undefined ? [] : [['comment', spec.comment] as const]),
    ]);
    this.#adding(properties);
    for (const [name, value] of Object.entries(spec.more ?? {})) properties.set(name, value);
    for (const name of spec.without ?? []) properties.delete(name);
    const item = this.menu.list.add(properties);
    await this.#added(item);
    await this.#apply(item);
  }

  /**
   * After a boot: the exports come back one after another, the first opening the port for all (measured for
   * a Linux target: SEMANTICS.md j5; RouterOS's own order is not known).
   */
  async boot(): Promise<void> {
    const { clock } = this.#options;
    for (const item of this.menu.list.all) {
      const exported = item.properties.get('nvme-tcp-export') === true;
      await this.#apply(item);
      if (exported) await sleepOn(clock, BETWEEN_EXPORTS_MS);
    }
  }

  #adding(properties: Properties): void {
    const type = textOf(valueOf(properties, 'type'));
    if (type === '') throw new RouterOsError('missing value(s) of argument(s) type');
    const path = textOf(valueOf(properties, 'file-path'));
    if (type === 'file' && path === '') throw new RouterOsError('failure: file-path must be specified');
    if (path !== '' && !path.startsWith('/')) properties.set('file-path', `/${path}`);
    const slot = textOf(valueOf(properties, 'slot')) || `file${this.menu.list.all.length + 1}`;
    if (this.menu.list.byName(slot) !== undefined) {
      throw new RouterOsError('failure: slot with such name already exists');
    }
    const defaults: readonly (readonly [string, Value])[] = [
      ['slot', slot],
      ['slot-default', ''],
      ['parent', ''],
      ['fs', '-'],
      ['model', path],
      ['mount-filesystem', true],
      ['mount-read-only', false],
      ['compress', false],
      ['sector-size', 512n],
      ['raid-master', 'none'],
      ['nvme-tcp-export', false],
      ['iscsi-export', false],
      ['nfs-sharing', false],
      ['smb-sharing', false],
      ['media-sharing', false],
      ['media-interface', 'none'],
      ['swap', false],
      ['file-offset', 0n],
    ];
    for (const [name, value] of defaults) if (!properties.has(name)) properties.set(name, value);
    properties.set('size', properties.get('file-size') ?? 0n);
  }

  async #added(item: Item): Promise<void> {
    const slot = textOf(valueOf(item.properties, 'slot'));
    this.#volumes.set(item, slot);
    const size = Number(textOf(valueOf(item.properties, 'size')));
    const path = textOf(valueOf(item.properties, 'file-path'));
    if (path !== '') this.#options.files.create(path, size);
    await this.#options.exportModel.createVolume(slot, size);
  }

  /** Keeps back what concerns the export; that takes effect after the lag, in the order of the commands. */
  async #setting(item: Item, changes: Properties): Promise<void> {
    this.#commentChanges(item, changes);
    const exportChanges: Properties = new Map();
    for (const [name, value] of [...changes]) {
      if (!EXPORT_PROPERTIES.has(name)) continue;
      changes.delete(name);
      exportChanges.set(name, value);
    }
    const slot = changes.get('slot');
    const same = slot === undefined ? undefined : this.menu.list.byName(textOf(slot));
    if (same !== undefined && same !== item) {
      throw new RouterOsError('failure: slot with such name already exists');
    }
    if (exportChanges.size === 0) return;
    const before = this.#pending.get(item) ?? Promise.resolve();
    const { clock, readLagMs } = this.#options;
    const due = new Promise<void>((resolve) => {
      if (readLagMs > 0) clock.after(readLagMs, resolve);
      else resolve();
    });
    const done = Promise.all([before, due]).then(async () => {
      for (const [name, value] of exportChanges) item.properties.set(name, value);
      await this.#apply(item);
    });
    this.#pending.set(
      item,
      done.catch(() => undefined),
    );
    if (readLagMs === 0) await done;
  }

  #commentChanges(item: Item, changes: Properties): void {
    const comment = changes.get('comment');
    if (comment === undefined || textOf(comment) === textOf(valueOf(item.properties, 'comment'))) return;
    this.#options.events?.record({
      event: 'comment-changed',
      rds: this.#options.rds,
      volume: textOf(valueOf(item.properties, 'slot')),
      comment: Buffer.from(textOf(comment), 'latin1').toString('utf8'),
    });
  }

  async #changed(item: Item): Promise<void> {
    if (this.#options.readLagMs === 0) await this.#apply(item);
  }

  /** Makes the target be what the properties say. */
  async #apply(item: Item): Promise<void> {
    if (!this.menu.list.all.includes(item)) return;
    const { properties } = item;
    const slot = textOf(valueOf(properties, 'slot'));
    const nqn = textOf(valueOf(properties, 'nvme-tcp-server-nqn'));
    await this.#options.exportModel.apply({
      volume: this.#volumes.get(item) ?? slot,
      nqn: nqn === '' ? defaultNqn(this.#options.version, slot) : nqn,
      port: Number(textOf(properties.get('nvme-tcp-server-port') ?? BigInt(DEFAULT_PORT))),
      allow: textOf(valueOf(properties, 'nvme-tcp-server-allow-host-name')),
      exported: properties.get('nvme-tcp-export') === true && properties.get('disabled') !== true,
    });
  }

  /** While exported, port and allowed host show even when never set (seen). */
  #derive(item: Item): [string, Value][] {
    const { properties } = item;
    if (properties.get('nvme-tcp-export') !== true) return [];
    const shown: [string, Value][] = [];
    if (!properties.has('nvme-tcp-server-port')) shown.push(['nvme-tcp-server-port', BigInt(DEFAULT_PORT)]);
    if (!properties.has('nvme-tcp-server-allow-host-name')) {
      shown.push(['nvme-tcp-server-allow-host-name', '']);
    }
    return shown;
  }

  #flagsOf(item: Item): string[] {
    const { properties } = item;
    const flags = [];
    if (properties.get('disabled') === true) flags.push('X');
    flags.push('B');
    if (properties.has('mount-point')) flags.push('M');
    if (textOf(properties.get('raid-master') ?? 'none') !== 'none') flags.push('r');
    if (properties.get('nvme-tcp-export') === true) flags.push('t');
    return flags;
  }

  /** `monitor-traffic SLOT once`: right-aligned names (seen), or one array with `as-value`. */
  async #monitor(call: CommandCall, output: Output): Promise<Value> {
    const items = this.menu.list.named(call.args.get('numbers'));
    const rows = await Promise.all(items.map((item) => this.#traffic(item)));
    if (call.flags.has('as-value')) {
      const [only] = rows;
      return only === undefined ? NOTHING : recordOf(only);
    }
    const properties = MONITORED.map((name): Property => ({
      name,
      kind: name === 'slot' ? { type: 'bare' } : { type: 'number', grouped: true },
    }));
    for (const row of rows) for (const line of printSettings(properties, row)) output.line(line);
    return NOTHING;
  }

  async #traffic(item: Item): Promise<Map<string, Value>> {
    const inFlight = await this.#options.exportModel.inFlight(this.#volumes.get(item) ?? '');
    const row = new Map<string, Value>(MONITORED.map((name) => [name, 0n]));
    row.set('slot', valueOf(item.properties, 'slot'));
    row.set('in-flight-ops', BigInt(inFlight));
    return row;
  }
}
