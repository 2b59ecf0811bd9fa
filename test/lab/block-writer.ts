import { gzipSync } from 'node:zlib';
import { BLOCK, blockOf } from './blocks.ts';
import type { LabNode } from './lab-node.ts';

/** What became of a lane: the places that were acknowledged, and where and whether it ended. */
export interface Lane {
  readonly acknowledged: readonly number[];
  /** Undefined while it goes on, or hangs. */
  readonly ended: 'failed' | 'all written' | undefined;
}

/** Writes blocks that tell their origin straight to a device, past the page cache of the node. */
export class BlockWriter {
  readonly #node: LabNode;
  readonly #device: string;
  readonly #name: string;
  #sequence = 0;

  constructor(node: LabNode, device: string, name: string) {
    this.#node = node;
    this.#device = device;
    this.#name = name;
  }

  /**
   * Writes all places of a range, with sequence numbers above all before, and has the device put them on the
   * disk for good.
   * @returns the sequence number of the first place
   */
  async overwrite(from: number, to: number): Promise<number> {
    const first = await this.#load(from, to);
    await this.#node.read(
      `dd if=${this.#file} of=${this.#device} bs=${BLOCK} count=${to - from} skip=${from} seek=${from} oflag=direct conv=nocreat,notrunc,fsync status=none`,
    );
    return first;
  }

  /**
   * Begins to write a range in lanes side by side, each block by itself, lowest places first, until all is
   * written or a write fails. With a network that is cut each lane has one write waiting in the node's queue.
   */
  async start(from: number, to: number, lanes: number): Promise<void> {
    await this.#load(from, to);
    const width = Math.floor((to - from) / lanes);
    const write = `dd if=${this.#file} of=${this.#device} bs=${BLOCK} count=1 skip=$at seek=$at oflag=direct conv=nocreat,notrunc status=none`;
    await this.#node.read(`
      rm -f ${this.#log}-*
      for lane in $(seq 0 ${lanes - 1}); do
        (
          at=$((${from} + lane * ${width})) end=$((${from} + (lane + 1) * ${width}))
          while [ $at -lt $end ]; do
            if ${write}; then echo $at; else echo failed; exit; fi
            at=$((at + 1))
            sleep 0.1
          done
          echo all written
        ) >${this.#log}-$lane 2>/dev/null </dev/null &
      done`);
  }

  /** What came of the lanes so far; in their order. */
  async lanes(): Promise<readonly Lane[]> {
    const text = await this.#node.read(`for log in ${this.#log}-*; do echo lane; cat $log; done`);
    const logs = text.split(/^lane$/m).slice(1);
    return logs.map((log) => {
      const lines = log.trim().split('\n');
      const last = lines.at(-1);
      return {
        acknowledged: lines.filter((line) => /^\d+$/.test(line)).map(Number),
        ended: last === 'failed' || last === 'all written' ? last : undefined,
      };
    });
  }

  get #file(): string {
    return `/tmp/blocks-${this.#name}`;
  }

  get #log(): string {
    return `/tmp/lane-${this.#name}`;
  }

  /** Brings the blocks to the node's memory, each at its place of a sparse file. */
  async #load(from: number, to: number): Promise<number> {
    const first = this.#sequence;
    const blocks = Array.from({ length: to - from }, (_, index) =>
      blockOf({ writer: this.#name, sequence: first + index }, from + index),
    );
    this.#sequence += blocks.length;
    await this.#node.read(
      `rm -f ${this.#file}; base64 -d | gunzip | dd of=${this.#file} bs=${BLOCK} seek=${from} iflag=fullblock status=none`,
      { input: gzipSync(Buffer.concat(blocks)).toString('base64') },
    );
    return first;
  }
}
