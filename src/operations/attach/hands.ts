import type { Lock } from '../../state/lock.ts';
import type { Trail } from '../audited.ts';
import type { NodePort } from '../ports/node.ts';
import type { StorageServer } from '../ports/storage-server.ts';

/** What an attach works with once it changes things. */
export interface Hands {
  readonly server: StorageServer;
  readonly port: NodePort;
  readonly lock: Lock;
  readonly trail: Trail;
  readonly takeOver: boolean;
}
