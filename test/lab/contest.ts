import { expect } from 'vitest';
import { findingsOfEvents } from '../safety/findings.ts';
import { Witness } from '../safety/told.ts';
import { BLOCK, readBlocks, type Found, type Written } from './blocks.ts';
import { BlockWriter } from './block-writer.ts';
import { Front, type Ended } from './front.ts';
import type { Lab } from './lab.ts';
import type { LabNode } from './lab-node.ts';
import { sessionEvents, type SessionEvent } from './session-events.ts';
import { groundTruthEvents } from './target-truth.ts';
import { until } from './until.ts';

export const VOLUME = 'vol-1';
export const NQN = `nqn.2000-02.com.mikrotik:${VOLUME}`;
const MEBIBYTES = 8;
const PLACES = (MEBIBYTES * 1024 * 1024) / BLOCK;
const LANES = 4;
const LANE = PLACES / LANES;
/** Where the new owner writes: into two of the lanes of the old one, the other two it leaves alone. */
const TAKEN = [0, LANE] as const;

/** What the storage server had when a fence was reported as done. */
interface Cut {
  readonly events: number;
  readonly places: readonly Found[];
}

/**
 * Two nodes and one volume. The old owner writes blocks that tell their origin, without end; it is fenced, the
 * new owner writes, the old one comes back. What the disk and the target's kernel say decides.
 */
export class Contest {
  readonly front: Front;
  readonly #lab: Lab;
  readonly #old: LabNode;
  readonly #new: LabNode;
  /** Where it begins in the kernel's log, which may tell of others before it. */
  readonly #begun: number;
  readonly #witness: Witness;
  /** What has to be where, since the fence. */
  readonly #owned = new Map<number, Written>();
  #oldWriter: BlockWriter | undefined;
  #newWriter: BlockWriter | undefined;
  #cut: Cut | undefined;

  private constructor(lab: Lab, front: Front, begun: number) {
    this.#lab = lab;
    this.#begun = begun;
    this.#witness = new Witness(() => this.#logged().length);
    this.front = front;
    this.#old = lab.node(1);
    this.#new = lab.node(2);
  }

  /** The old owner retries for ever and keeps what it could not write in its queue. */
  static async open(lab: Lab): Promise<Contest> {
    const front = await Front.open(lab, [VOLUME], { mebibytes: MEBIBYTES });
    front.configure({ nvme: { ctrlLossTmo: -1, fastIoFailTmo: '36000s' } });
    return new Contest(lab, front, (await lab.rds.kernelLog()).length);
  }

  /** Runs rdsctl; what it says is compared with what was so, in the end. */
  rdsctl(...argv: readonly string[]): Promise<Ended> {
    return this.#witness.watch(argv, async () => {
      const ended = await this.front.rdsctl(...argv);
      await this.#lab.rds.syncLog();
      return ended;
    });
  }

  /** The same, for a command that has to succeed. */
  async succeed(...argv: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.rdsctl(...argv);
    expect(code, `rdsctl ${argv.join(' ')}: ${stdout}${stderr}`).toBe(0);
    return stdout.trim();
  }

  /** The volume is the old owner's, and it has written something in each of its lanes. */
  async begin(): Promise<void> {
    const device = await this.succeed('attach', VOLUME, 'node-1', '-o', 'name');
    this.#oldWriter = new BlockWriter(this.#old, device, 'old');
    await this.#oldWriter.start(0, PLACES, LANES);
    await this.oldGoesOn();
  }

  /** Waits until the old owner has written something more in each of its lanes. */
  async oldGoesOn(): Promise<void> {
    const counts = async (): Promise<readonly number[]> =>
      (await this.#writerOfOld.lanes()).map(({ acknowledged }) => acknowledged.length);
    const before = await counts();
    await until(
      async () => (await counts()).every((count, lane) => count > (before[lane] ?? 0) + 1),
      'the old owner writes',
    );
  }

  /** Fences the old owner; what is on the disk from then on is not to change but by the new owner. */
  async fence(): Promise<void> {
    await this.succeed('fence', 'node-1', '--yes');
    this.#cut = {
      places: readBlocks(await this.#lab.target.content(VOLUME)),
      events: (await this.#events()).length,
    };
  }

  /** The volume becomes the new owner's, and it writes. */
  async takeOver(): Promise<void> {
    const device = await this.succeed('attach', VOLUME, 'node-2', '-o', 'name');
    this.#newWriter = new BlockWriter(this.#new, device, 'new');
    await this.newWrites();
  }

  /** The new owner writes all of its places anew. */
  async newWrites(): Promise<void> {
    if (this.#newWriter === undefined) throw new Error('there is no new owner yet');
    for (const from of TAKEN) {
      const first = await this.#newWriter.overwrite(from, from + LANE / 2);
      for (let index = 0; index < LANE / 2; index++) {
        this.#owned.set(from + index, { writer: 'new', sequence: first + index });
      }
    }
  }

  /** Nobody but the old owner has had a session so far. */
  async nobodyElseWasLetIn(): Promise<void> {
    const hosts = (await this.#events())
      .filter(({ kind }) => kind === 'created')
      .map(({ hostNqn }) => hostNqn);
    expect(new Set(hosts)).toEqual(new Set([this.#old.hostNqn]));
  }

  /** Nothing that was queued on the old owner came to a good end. */
  async oldWritesFail(): Promise<void> {
    await until(
      async () => (await this.#writerOfOld.lanes()).every(({ ended }) => ended !== undefined),
      'the queued writes ended',
    );
    const ends = (await this.#writerOfOld.lanes()).map(({ ended }) => ended);
    expect(ends).toEqual(Array.from({ length: LANES }, () => 'failed'));
  }

  /** No write of the old owner after the fence reached the disk, and nothing of anybody is missing. */
  async expectOneWriter(): Promise<void> {
    const cut = this.#cut;
    if (cut === undefined) throw new Error('nobody was fenced');
    const events = await this.#events();
    const truth = groundTruthEvents(events, (hostNqn) => this.#nameOf(hostNqn));
    expect(findingsOfEvents({ events: truth, told: this.#witness.told })).toEqual([]);
    const back = events.slice(cut.events).filter((event) => event.kind === 'created' && this.#isOld(event));
    expect(back, 'sessions of the fenced node').toEqual([]);

    const lanes = await this.#writerOfOld.lanes();
    expect(lanes.map(({ ended }) => ended)).not.toContain('all written');
    const lost = lanes
      .flatMap(({ acknowledged }) => acknowledged)
      .filter((place) => !isOf('old', cut.places[place]));
    expect(lost, 'places that the old owner was told to have written').toEqual([]);
    await this.expectUntouched();
  }

  /** The disk has what it had at the fence, and what the new owner wrote since. */
  async expectUntouched(): Promise<void> {
    const now = readBlocks(await this.#lab.target.content(VOLUME));
    const wrong = now.flatMap((found, place) => {
      const expected = this.#owned.get(place) ?? this.#cut?.places[place];
      return same(found, expected) ? [] : [{ place, found, expected }];
    });
    expect(wrong, 'places that are not what they have to be').toEqual([]);
    expect(now).not.toContain('torn');
    expect(now).toHaveLength(PLACES);
  }

  async close(): Promise<void> {
    await this.front.close();
  }

  async #events(): Promise<readonly SessionEvent[]> {
    await this.#lab.rds.syncLog();
    return this.#logged();
  }

  #logged(): readonly SessionEvent[] {
    return sessionEvents(this.#lab.rds.log.records())
      .slice(this.#begun)
      .filter(({ nqn }) => nqn === NQN);
  }

  /** As rdsctl calls it. */
  #nameOf(hostNqn: string): string {
    return `node-${this.#lab.nodes.findIndex((node) => node.hostNqn === hostNqn) + 1}`;
  }

  #isOld({ hostNqn }: SessionEvent): boolean {
    return hostNqn === this.#old.hostNqn;
  }

  get #writerOfOld(): BlockWriter {
    if (this.#oldWriter === undefined) throw new Error('nobody has written yet');
    return this.#oldWriter;
  }
}

function isOf(writer: string, found: Found | undefined): boolean {
  return typeof found === 'object' && found.writer === writer;
}

function same(one: Found, other: Found | undefined): boolean {
  if (typeof one === 'string' || typeof other !== 'object') return one === other;
  return one.writer === other.writer && one.sequence === other.sequence;
}
