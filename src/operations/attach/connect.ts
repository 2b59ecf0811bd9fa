import { RdsctlError } from '../../errors/rdsctl-error.ts';
import { step, type OperationContext } from '../context.ts';
import type { NodePort, Subsystem } from '../ports/node.ts';
import { standing, usableDevice } from '../seen.ts';
import type { Picture } from './picture.ts';

/** Connects the node and finds the block device. @throws RdsctlError CONNECT_REFUSED, NO_DEVICE */
export async function connectStep(
  context: OperationContext,
  picture: Picture,
  port: NodePort,
): Promise<string> {
  const { volume, node, disk, identity, transport } = picture;
  return step(context, 'connect', `${node}: connect and wait for the device`, async () => {
    const connect = () =>
      port.connect(
        {
          nqn: disk.nqn,
          address: transport.address,
          port: transport.port,
          hostNqn: identity.hostNqn,
          hostId: identity.hostId,
          nvmeCli: picture.nvmeCli,
        },
        { signal: context.grace },
      );
    let result = await connect();
    if (!result.connected && lostItsNamespace(result.subsystem, transport.address)) {
      // The node connected before, and its kernel dropped the namespace: the export was switched off and on
      // meanwhile, and its identifiers changed. Nothing can be using it; only a new controller brings it back.
      await port.disconnect({ nqn: disk.nqn, address: transport.address }, { signal: context.grace });
      result = await connect();
    }
    const device = usableDevice(result.subsystem);
    const stand = standing(result.subsystem, transport.address);
    if (stand === 'live' && device !== null) return device.path;
    const details = { node, volume: volume.key, nqn: disk.nqn, ...transport, words: result.words };
    const words = result.words === '' ? '' : `: ${result.words}`;
    if (stand === 'none') {
      throw new RdsctlError('CONNECT_REFUSED', {
        message: `${node} could not connect to ${volume.slot} at ${transport.address}:${transport.port}${words}`,
        hints: [
          {
            when: `Try the storage network, on ${node}:`,
            run: `nvme discover -t tcp -a ${transport.address} -s ${transport.port}`,
          },
        ],
        details,
      });
    }
    throw new RdsctlError('NO_DEVICE', {
      message:
        stand === 'live'
          ? `${node} is connected to ${volume.slot}, but no usable block device appeared within ${context.config.timeouts.device / 1000} s${words}`
          : `${node} has a controller of ${volume.slot} that is not live (${result.subsystem?.controllers.map(({ state }) => state).join(', ') ?? ''})${words}`,
      hints: [{ when: 'See the three views:', run: `rdsctl show ${volume.slot}` }],
      details,
    });
  });
}

function lostItsNamespace(subsystem: Subsystem | null, address: string): boolean {
  return standing(subsystem, address) === 'live' && subsystem?.devices.length === 0;
}
