import * as v from 'valibot';

const name = (what: string) => v.string(`must be ${what}`);

/** What `list -o yaml` writes beside what counts: read over, so that its output can be applied again. */
const LISTED = {
  nodes: v.optional(v.unknown()),
  nqn: v.optional(v.unknown()),
  transport: v.optional(v.unknown()),
  hostNqn: v.optional(v.unknown()),
  device: v.optional(v.unknown()),
  sizeBytes: v.optional(v.unknown()),
  attachedAt: v.optional(v.unknown()),
  fencingToken: v.optional(v.unknown()),
  changed: v.optional(v.unknown()),
};

const attachment = v.strictObject({
  volume: name('the name of a volume'),
  rds: v.optional(name('the name of a storage server')),
  node: name('the name of a node'),
  phase: v.optional(name('a phase, as list writes it')),
  ...LISTED,
});

const entries = v.array(attachment, 'must be a list of attachments');

const apiVersion = v.literal('rdsctl/v1', 'must be rdsctl/v1');

/** The form for writing by hand. */
export const manifestSchema = v.strictObject({
  apiVersion,
  kind: v.literal('Manifest', 'must be Manifest or AttachmentList'),
  attachments: entries,
});

/** The form that `list -o yaml` and `list -o json` write. */
export const listSchema = v.strictObject({
  apiVersion,
  kind: v.literal('AttachmentList', 'must be Manifest or AttachmentList'),
  items: entries,
});

export type ParsedAttachment = v.InferOutput<typeof attachment>;
