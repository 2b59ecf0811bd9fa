import type { Controller, NodePort } from '../operations/ports/node.ts';
import { linuxNode, type LinuxNodeOptions } from './linux-node.ts';

/**
 * A node for a dry run: looks are real, changes are only told (the very scripts that would be run) and
 * answered as if they had gone well.
 */
export function plannedNode(options: LinuxNodeOptions): NodePort {
  const node = linuxNode(options);
  const told = linuxNode({
    ...options,
    runner: {
      open: () => undefined,
      commandLine: (args) => options.runner.commandLine(args),
      close: () => Promise.resolve(),
      run: () => Promise.resolve({ stdout: '', stderr: '', exitCode: 0, signal: null }),
    },
  });
  /** A watch is looked at again and again: it is told once each. */
  const looked = new Set<string>();
  let watches = 0;
  return {
    ...node,
    async beginWatch(request) {
      await told.beginWatch(request).catch(() => undefined);
      watches += 1;
      return `(watch ${watches})`;
    },
    async lookAtWatch(id) {
      if (!looked.has(id)) await told.lookAtWatch(id).catch(() => undefined);
      looked.add(id);
      return { clock: 0, leftLiveAt: 0, reads: 1, lastReadAt: 0, firstFailureAt: 0 };
    },
    async endWatch(id) {
      await told.endWatch(id).catch(() => undefined);
    },
    async connect(request) {
      await told.connect(request).catch(() => undefined); // tells the script; there is no report to read
      if (request.attempt === true) return { subsystem: null, connected: false, words: '' };
      const controller: Controller = {
        name: 'nvme',
        state: 'live',
        address: request.address,
        port: request.port,
      };
      const device = { path: '(the device that appears)', sizeBytes: 0, usable: true };
      return {
        subsystem: { nqn: request.nqn, controllers: [controller], devices: [device], uses: [] },
        connected: true,
        words: '',
      };
    },
    async disconnect(request) {
      await told.disconnect(request).catch(() => undefined);
      return { uses: [], controllers: [], words: '' };
    },
  };
}
