/** A network card: `management` and `harness` are forwarded SSH ports, a `cable` leads to another machine. */
export type Card =
  | { readonly kind: 'management' | 'harness'; readonly port: number }
  | { readonly kind: 'cable'; readonly node: number; readonly mine: string; readonly other: string };

/** Everything that makes a machine what it is. */
export interface MachinePlan {
  readonly name: string;
  readonly role: 'rds' | 'node';
  /** 0 for the storage server */
  readonly number: number;
  /** on the storage network */
  readonly address: string;
  readonly hostId: string;
  readonly kernel: string;
  readonly image: string;
  readonly memoryMb: number;
  /** for sockets, logs and disks */
  readonly folder: string;
  readonly disk?: string;
  readonly cards: readonly Card[];
}

export function cardId(card: Card): string {
  return card.kind === 'cable' ? `node${card.node}` : card.kind;
}

/** QEMU's arguments. Software emulation: nested virtualisation is often there, but seldom works. */
export function qemuArguments(plan: MachinePlan, monitor: string, console: string, log: string): string[] {
  const disk = plan.disk === undefined ? [] : diskArguments(plan.disk);
  return [
    ...['-name', `rdsctl-lab-${plan.name}`, '-machine', 'q35', '-accel', 'tcg', '-cpu', 'max,la57=off'],
    ...['-m', String(plan.memoryMb), '-smp', '1', '-no-user-config', '-nodefaults', '-display', 'none'],
    ...['-no-reboot', '-rtc', 'base=utc'],
    ...['-kernel', plan.kernel, '-initrd', plan.image, '-append', commandLine(plan)],
    ...['-chardev', `file,id=console,path=${console},append=on`, '-serial', 'chardev:console'],
    ...['-chardev', `file,id=log,path=${log},append=on`, '-serial', 'chardev:log'],
    ...['-qmp', `unix:${monitor},server=on,wait=off`],
    ...disk,
    ...plan.cards.flatMap((card) => cardArguments(plan, card)),
  ];
}

function commandLine({ name, role, address, hostId }: MachinePlan): string {
  // no_timer_check: on a busy host too few ticks come through for it, and the kernel panics.
  const forKernel =
    'console=ttyS0 quiet loglevel=4 panic=5 net.ifnames=0 log_buf_len=4M ' +
    'no_timer_check random.trust_cpu=on mitigations=off printk.devkmsg=on';
  return `${forKernel} lab_name=${name} lab_role=${role} lab_address=${address} lab_hostid=${hostId}`;
}

/** Only QEMU is ever killed, not the machine it runs on: nothing needs to be flushed for a power cut's sake. */
function diskArguments(file: string): string[] {
  const drive = `if=none,id=disk,format=raw,file=${file},cache=unsafe,discard=unmap`;
  return ['-drive', drive, '-device', 'virtio-blk-pci,drive=disk'];
}

function cardArguments(plan: MachinePlan, card: Card): string[] {
  const id = cardId(card);
  const device = `virtio-net-pci,netdev=net-${id},id=${id},romfile=,mac=${hardwareAddress(plan, card)}`;
  return ['-netdev', `${backend(card)},id=net-${id}`, '-device', device];
}

/** Guests reach nothing outside; only the forwarded port leads in. */
function backend(card: Card): string {
  switch (card.kind) {
    case 'cable':
      return `dgram,local.type=unix,local.path=${card.mine},remote.type=unix,remote.path=${card.other}`;
    case 'management':
      return userNetwork(2, card.port);
    case 'harness':
      return userNetwork(3, card.port);
  }
}

function userNetwork(third: number, port: number): string {
  return `user,restrict=on,ipv6=off,net=10.0.${third}.0/24,hostfwd=${forward(third, port)}`;
}

function forward(third: number, port: number): string {
  return `tcp:127.0.0.1:${port}-10.0.${third}.15:22`;
}

/** How the port of the management card is forwarded, in QEMU's words. */
export function managementForward(port: number): string {
  return forward(2, port);
}

/** `guest/rc` tells by it which card is which. */
function hardwareAddress({ number }: MachinePlan, card: Card): string {
  const kinds = { management: 'a2', harness: 'a3', cable: 'bb' };
  const last = card.kind === 'cable' ? card.node : number;
  const end = number === 0 ? '00' : '01';
  return `52:54:00:${kinds[card.kind]}:${end}:${last.toString(16).padStart(2, '0')}`;
}
