/** The version of every document that is written for machines. */
export const API_VERSION = 'rdsctl/v1';

/** The kinds of documents. */
export type DocumentKind =
  | 'Attachment'
  | 'AttachmentList'
  | 'FenceReport'
  | 'UnfenceReport'
  | 'ReconcileReport'
  | 'Volume'
  | 'VolumeReport'
  | 'VolumeList'
  | 'Node'
  | 'NodeList'
  | 'DoctorReport'
  | 'Plan'
  | 'AuditEvent'
  | 'AuditEventList'
  | 'StateReport'
  | 'StateBackup'
  | 'StateBackupList'
  | 'StateChange'
  | 'Lock'
  | 'LockList'
  | 'ConfigReport'
  | 'Config'
  | 'ErrorExplanation'
  | 'ErrorCatalogue'
  | 'Error';

/** A document's fields after `apiVersion` and `kind`, in the order they are written. */
export type DocumentBody = object;

/** Puts `apiVersion` and `kind` before a document's fields. */
export function makeDocument(kind: DocumentKind, body: DocumentBody): object {
  return { apiVersion: API_VERSION, kind, ...body };
}
