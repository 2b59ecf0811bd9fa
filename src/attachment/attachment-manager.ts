import type { State, StateChange } from '../state/state.ts';
import type { StateStore } from '../state/store.ts';
import type { Attachment } from './attachment.ts';
import { attachedElsewhere, nodeFenced } from './refusals.ts';
import { holds, untrack, type VolumeId, type Work } from './transitions.ts';

/** What to track: the volume, the node that has it, and what is known of the connection. */
export interface TrackRequest {
  readonly volume: VolumeId;
  readonly node: string;
  readonly hostNqn?: string;
  readonly device?: string;
  readonly nqn?: string;
  readonly transport?: { readonly address: string; readonly port: number };
  readonly sizeBytes?: number;
}

/**
 * Remembers which node has which volume. Only the memory: it talks to no storage server and no node; the
 * operations do, and change it through {@link AttachmentManager.change}. Attachments are handed out as copies, whole
 * states frozen.
 */
export class AttachmentManager {
  readonly #store: StateStore;

  constructor(store: StateStore) {
    this.#store = store;
  }

  /** Where the state lives, for messages. */
  get location(): string {
    return this.#store.location;
  }

  /** The whole state as of one commit, frozen. Takes no lock. @throws RdsctlError STATE_* */
  state(): Promise<State> {
    return this.#store.read();
  }

  /**
   * Remembers that the node has the volume. Tracking it for the same node again is success and changes
   * nothing.
   * @returns the attachment as it is remembered
   * @throws RdsctlError ATTACHED_ELSEWHERE, NODE_FENCED, STATE_*
   */
  async trackAttachment(request: TrackRequest, work: Work): Promise<Attachment> {
    const { volume, node } = request;
    const state = await this.#store.update((current) => {
      const mark = current.nodes[node]?.fenced;
      if (mark) throw nodeFenced(node, mark);
      const present = current.attachments[volume.key];
      if (present !== undefined && present.phase !== 'fenced') {
        if (holds(present, node)) return current;
        throw attachedElsewhere(present, node);
      }
      const token = (current.tokens[volume.key] ?? 0) + 1;
      const attachment: Attachment = {
        volume: volume.key,
        rds: volume.rds,
        slot: volume.slot,
        phase: 'attached',
        holders: [
          { node, hostNqn: request.hostNqn ?? null, device: request.device ?? null, since: work.now },
        ],
        nqn: request.nqn ?? null,
        transport: request.transport === undefined ? null : { ...request.transport },
        sizeBytes: request.sizeBytes ?? null,
        attachedAt: work.now,
        by: work.by,
        sharedUntil: null,
        token,
        intent: null,
      };
      return {
        attachments: { ...current.attachments, [volume.key]: attachment },
        tokens: { ...current.tokens, [volume.key]: token },
        nodes: current.nodes,
      };
    });
    return structuredClone(state.attachments[volume.key] as Attachment);
  }

  /**
   * Forgets a volume's attachment. Forgetting what is not remembered is success.
   * @returns whether it was remembered
   * @throws RdsctlError STATE_*
   */
  async untrackAttachment(key: string): Promise<boolean> {
    let known = false;
    await this.#store.update((current) => {
      known = Object.hasOwn(current.attachments, key);
      return untrack(current, key);
    });
    return known;
  }

  /** One volume's attachment, or null. @throws RdsctlError STATE_* */
  async getAttachment(key: string): Promise<Attachment | null> {
    const { attachments } = await this.#store.read();
    const found = Object.hasOwn(attachments, key) ? attachments[key] : undefined;
    return found === undefined ? null : structuredClone(found);
  }

  /** All attachments, by volume key. @throws RdsctlError STATE_* */
  async listAttachments(): Promise<Attachment[]> {
    const { attachments } = await this.#store.read();
    return structuredClone(Object.values(attachments)).sort((a, b) => (a.volume < b.volume ? -1 : 1));
  }

  /**
   * Changes the state by one of the transitions, against the newest state, in one commit.
   * @returns the state after it, frozen
   * @throws RdsctlError what the transition throws; STATE_*; LOCKED
   */
  change(transition: (state: State) => StateChange): Promise<State> {
    return this.#store.update(transition);
  }
}
