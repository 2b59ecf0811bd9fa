/**
 * rdsctl for programs that embed it: the memory of who has which volume, the locks per volume, and the
 * operations over ports that the program provides.
 *
 * @packageDocumentation
 */
export { AttachmentManager, type TrackRequest } from './attachment/attachment-manager.ts';
export { VolumeLockManager, type LockOptions } from './attachment/volume-lock-manager.ts';
export type { Attachment, Holder, Transport } from './attachment/attachment.ts';
export type { Intent } from './attachment/intent.ts';
export type { Phase } from './attachment/phase.ts';
export type { VolumeId, Work } from './attachment/transitions.ts';
export { RdsctlError, type Hint } from './errors/rdsctl-error.ts';
export { EXIT_CODES, type ErrorCode } from './errors/exit-codes.ts';
export type { Reason } from './errors/reasons.ts';
export type { Lock, LockHolder, LockRequest } from './state/lock.ts';
export type { NodeRecord, State, StateChange } from './state/state.ts';
export type { StateStore } from './state/store.ts';
export { openFileStore, type FileStore, type FileStoreOptions } from './state/file/file-store.ts';
export { openEtcdStore, type EtcdStoreOptions } from './state/etcd/etcd-store.ts';
export type { EtcdAccess } from './state/etcd/access.ts';
export type { Config } from './config/config.ts';
export type { Clock, OperationContext } from './operations/context.ts';
export type { AuditEvent, AuditPort } from './operations/ports/audit.ts';
export type { Progress, Report } from './operations/ports/reporter.ts';
export type { NodePort, NodeView } from './operations/ports/node.ts';
export type { Disk, DiskChange, StorageServer } from './operations/ports/storage-server.ts';
export { attach } from './operations/attach/attach.ts';
export type { AttachRequest, AttachResult } from './operations/attach/request.ts';
export { detach, type DetachRequest, type DetachResult } from './operations/detach/detach.ts';
export { move, type MoveResult } from './operations/move.ts';
export { fence, type FenceRequest } from './operations/fence/fence.ts';
export type { FencedVolume, FenceReport } from './operations/fence/report.ts';
export { unfence, type UnfenceResult } from './operations/unfence.ts';
