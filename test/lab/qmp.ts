import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** One command to a running QEMU, through the monitor socket it was started with. */
export async function qmp(
  socketFile: string,
  execute: string,
  parameters: Readonly<Record<string, string | boolean>> = {},
): Promise<void> {
  const socket = connect(socketFile);
  try {
    await once(socket, 'connect');
    await converse(socket, execute, parameters);
  } finally {
    socket.destroy();
  }
}

async function converse(
  socket: Socket,
  execute: string,
  parameters: Readonly<Record<string, string | boolean>>,
): Promise<void> {
  const steps = [{ execute: 'qmp_capabilities' }, { execute, arguments: parameters }];
  for await (const line of createInterface({ input: socket })) {
    const message = JSON.parse(line) as { QMP?: object; return?: object; error?: { desc: string } };
    if (message.error) throw new Error(`QEMU refused ${execute}: ${message.error.desc}`);
    // anything else is an event
    if (message.QMP === undefined && message.return === undefined) continue;
    const next = steps.shift();
    if (next === undefined) return;
    socket.write(`${JSON.stringify(next)}\n`);
  }
  throw new Error(`QEMU closed its monitor before it answered ${execute}`);
}
