import type { LabNode } from './lab-node.ts';

/** The states of a node's controllers. */
export async function controllers(node: LabNode): Promise<readonly string[]> {
  const states = await node.run('cat /sys/class/nvme/nvme*/state 2>/dev/null');
  return states.stdout.split('\n').filter((line) => line !== '');
}

/** Of a controller that is retrying, in seconds; from its next attempt on. */
export async function pauseBetweenRetries(node: LabNode, seconds: number): Promise<void> {
  await node.run(
    `for file in /sys/class/nvme/nvme*/reconnect_delay; do [ ! -e $file ] || echo ${seconds} >$file; done`,
  );
}

/** As somebody on the node would, who knows nothing of rdsctl. */
export function connectByHand(nqn: string): string {
  return `modprobe nvme-tcp; nvme connect -t tcp -a 10.77.0.1 -s 4420 -n ${nqn} --hostnqn="$(cat /etc/nvme/hostnqn)" --hostid="$(cat /etc/nvme/hostid)"`;
}
