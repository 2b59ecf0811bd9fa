import * as v from 'valibot';

import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { ConnectResult, DisconnectResult, NodeView, Subsystem } from '../operations/ports/node.ts';

/** What the node scripts print between their markers, checked before use. */
const RawSubsystem = v.object({
  nqn: v.string(),
  controllers: v.array(
    v.object({
      name: v.string(),
      state: v.string(),
      address: v.string(),
      hostNqn: v.optional(v.string(), ''),
    }),
  ),
  devices: v.array(
    v.object({
      path: v.pipe(v.string(), v.regex(/^\/dev\/nvme\d+n\d+$/)),
      sectors: v.pipe(v.number(), v.integer(), v.minValue(0)),
      usable: v.boolean(),
    }),
  ),
  uses: v.array(
    v.object({
      kind: v.picklist(['mount', 'swap', 'holder', 'loop', 'process', 'exclusive', 'unknown']),
      what: v.string(),
    }),
  ),
  deadMounts: v.optional(
    v.array(
      v.object({
        device: v.pipe(v.string(), v.regex(/^\/dev\/nvme\d+n\d+(p\d+)?$/)),
        mount: v.string(),
      }),
    ),
    [],
  ),
});

const emptyIsNull = v.pipe(
  v.string(),
  v.transform((text) => (text.trim() === '' ? null : text.trim())),
);

export const RawView = v.object({
  bootId: v.string(),
  clock: v.pipe(v.string(), v.regex(/^\d+$/)),
  kernel: v.string(),
  nvmeCli: v.nullable(v.string()),
  nvmeTcp: v.boolean(),
  hostNqn: emptyIsNull,
  hostId: emptyIsNull,
  subsystems: v.array(RawSubsystem),
});

const RawConnect = v.object({
  connected: v.boolean(),
  words: v.string(),
  subsystem: v.nullable(RawSubsystem),
});

const RawDisconnect = v.object({
  uses: RawSubsystem.entries.uses,
  words: v.string(),
  subsystem: v.nullable(RawSubsystem),
});

/** sysfs counts in sectors of 512 bytes whatever the device's block size. */
const SECTOR = 512;

function subsystem(raw: v.InferOutput<typeof RawSubsystem>): Subsystem {
  return {
    nqn: raw.nqn,
    controllers: raw.controllers.map(({ name, state, address, hostNqn }) => ({
      name,
      state,
      address: addressField(address, 'traddr'),
      port: Number(addressField(address, 'trsvcid')),
      ...(hostNqn === '' ? {} : { hostNqn }),
    })),
    devices: raw.devices.map(({ path, sectors, usable }) => ({
      path,
      sizeBytes: sectors * SECTOR,
      usable,
    })),
    uses: raw.uses.map(({ kind, what }) => ({ kind, what: unescapeMount(what) })),
    ...(raw.deadMounts.length === 0
      ? {}
      : { deadMounts: raw.deadMounts.map(({ device, mount }) => ({ device, mount: unescapeMount(mount) })) }),
  };
}

/** A part of a controller's `address`: `traddr=10.77.0.1,trsvcid=4420,…`; empty when it is not there. */
export function addressField(address: string, key: string): string {
  return (
    address
      .split(',')
      .find((part) => part.startsWith(`${key}=`))
      ?.slice(key.length + 1) ?? ''
  );
}

/** mountinfo writes blanks, tabs, newlines and backslashes of a path as three octal digits. */
function unescapeMount(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

/** @throws RdsctlError BAD_ANSWER */
export function readView(json: string, node: string): NodeView {
  return viewOf(checked(RawView, json, node));
}

/** What a view's JSON says. */
export function viewOf(raw: v.InferOutput<typeof RawView>): NodeView {
  return {
    bootId: raw.bootId,
    clock: Number(raw.clock) * 1000,
    kernel: raw.kernel,
    nvmeCli: raw.nvmeCli === null ? null : (/(\d+(?:\.\d+)+)/.exec(raw.nvmeCli)?.[1] ?? 'unknown'),
    nvmeTcp: raw.nvmeTcp,
    hostNqnFile: raw.hostNqn,
    hostIdFile: raw.hostId,
    subsystems: raw.subsystems.map(subsystem),
  };
}

/** @param count how many were asked for @throws RdsctlError BAD_ANSWER */
export function readConnects(json: string, node: string, count: number): ConnectResult[] {
  return checked(v.pipe(v.array(RawConnect), v.length(count)), json, node).map((raw) => ({
    connected: raw.connected,
    words: raw.words.trim(),
    subsystem: raw.subsystem === null ? null : subsystem(raw.subsystem),
  }));
}

/** @param count how many were asked for @throws RdsctlError BAD_ANSWER */
export function readDisconnects(json: string, node: string, count: number): DisconnectResult[] {
  return checked(v.pipe(v.array(RawDisconnect), v.length(count)), json, node).map((raw) => ({
    uses: raw.uses.map(({ kind, what }) => ({ kind, what: unescapeMount(what) })),
    words: raw.words.trim(),
    controllers: raw.subsystem === null ? [] : subsystem(raw.subsystem).controllers,
  }));
}

/** Parses and checks a report. @throws RdsctlError BAD_ANSWER */
export function checked<S extends v.GenericSchema>(schema: S, json: string, node: string): v.InferOutput<S> {
  try {
    return v.parse(schema, JSON.parse(json));
  } catch (error) {
    throw new RdsctlError('BAD_ANSWER', {
      message: `${node} reported something that can not be understood: ${error instanceof Error ? error.message : String(error)}`,
      details: { node, answer: json.slice(0, 300) },
      cause: error,
    });
  }
}

/**
 * The report between `BEGIN nonce` and `OK nonce`: output of login scripts around it does not count.
 * Null when it is not whole.
 */
export function between(stdout: string, nonce: string): string | null {
  const begin = `BEGIN ${nonce}\n`;
  const from = stdout.indexOf(begin);
  const to = stdout.indexOf(`\nOK ${nonce}\n`, from);
  return from === -1 || to === -1 ? null : stdout.slice(from + begin.length, to);
}
