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
  return {
    ...node,
    async connect(request) {
      await told.connect(request).catch(() => undefined); // tells the script; there is no report to read
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
