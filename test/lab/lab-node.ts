import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostKey, keyFile } from './keys.ts';
import { managementForward, type MachinePlan } from './machine-plan.ts';
import { Machine, portOf } from './machine.ts';
import type { NetworkLink } from './network-link.ts';

/** A node: a Linux host of volumes, as rdsctl gets to see it, and the ways to make it fail. */
export class LabNode extends Machine {
  readonly hostId: string;
  readonly hostNqn: string;
  /** where rdsctl logs in, at 127.0.0.1 as root */
  readonly sshPort: number;
  readonly keyFile = keyFile;
  readonly knownHostsFile: string;
  /** between the node and the storage server */
  readonly network: NetworkLink;
  /** between rdsctl and the node */
  readonly management: NetworkLink;
  #refusing = false;

  constructor(plan: MachinePlan, network: NetworkLink) {
    super(plan);
    this.hostId = plan.hostId;
    this.hostNqn = `nqn.2014-08.org.nvmexpress:uuid:${plan.hostId}`;
    this.sshPort = portOf(plan, 'management');
    this.knownHostsFile = join(plan.folder, `${plan.name}.known_hosts`);
    writeFileSync(this.knownHostsFile, `[127.0.0.1]:${this.sshPort} ${hostKey(plan.name)}\n`);
    this.network = network;
    this.management = this.link('management');
  }

  /** Like a host that is off, to whoever logs in: where `management.drop()` makes them wait in vain. */
  async refuseLogins(): Promise<void> {
    if (!this.#refusing) await this.console(`hostfwd_remove net-management tcp:127.0.0.1:${this.sshPort}`);
    this.#refusing = true;
  }

  async acceptLogins(): Promise<void> {
    if (this.#refusing) await this.console(`hostfwd_add net-management ${managementForward(this.sshPort)}`);
    this.#refusing = false;
  }

  /** As if just booted, but for loaded modules: nothing mounted, no NVMe controller. */
  async clean(): Promise<void> {
    await this.network.heal();
    await this.management.heal();
    await this.acceptLogins();
    await this.read(cleanUp);
  }
}

/** Controllers are deleted by sysfs, which nothing that hangs can hold up. */
const cleanUp = `
  for device in $(awk '$1 ~ "^/dev/nvme" { print $1 }' /proc/swaps); do swapoff "$device"; done
  for folder in $(awk '$1 ~ "^/dev/nvme" { print $2 }' /proc/mounts | tac); do
    timeout 10 umount "$folder" || umount --lazy "$folder"
  done
  for controller in /sys/class/nvme/nvme*; do
    [ ! -e "$controller/delete_controller" ] || echo 1 >"$controller/delete_controller" &
  done
  wait
  for file in /dev/nvme*n*; do [ ! -f "$file" ] || rm "$file"; done`;
