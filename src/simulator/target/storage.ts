import { createHash } from 'node:crypto';

const BLOCK = 4096;

/** What is stored on a volume: sparse, zeros where nothing was written. */
export class Storage {
  readonly size: number;
  readonly #blocks = new Map<number, Buffer>();
  #writes = 0;

  constructor(size: number) {
    this.size = size;
  }

  /** How many writes reached the disk. */
  get writes(): number {
    return this.#writes;
  }

  write(offset: number, data: Buffer): { readonly sequence: number; readonly sha256: string } {
    for (let done = 0; done < data.length;) {
      const at = offset + done;
      const number = Math.floor(at / BLOCK);
      const start = at % BLOCK;
      const length = Math.min(BLOCK - start, data.length - done);
      let block = this.#blocks.get(number);
      if (block === undefined) {
        block = Buffer.alloc(BLOCK);
        this.#blocks.set(number, block);
      }
      data.copy(block, start, done, done + length);
      done += length;
    }
    return { sequence: ++this.#writes, sha256: createHash('sha256').update(data).digest('hex') };
  }

  read(offset: number, length: number): Buffer {
    const out = Buffer.alloc(Math.max(0, Math.min(length, this.size - offset)));
    for (let done = 0; done < out.length;) {
      const at = offset + done;
      const start = at % BLOCK;
      const count = Math.min(BLOCK - start, out.length - done);
      this.#blocks.get(Math.floor(at / BLOCK))?.copy(out, done, start, start + count);
      done += count;
    }
    return out;
  }
}
