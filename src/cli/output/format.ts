/** How a result can be written to stdout. */
export const OUTPUT_FORMATS = ['table', 'wide', 'json', 'jsonl', 'yaml', 'name'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Whether a machine reads it: errors are then documents too. */
export function isDocumentFormat(format: OutputFormat): format is 'json' | 'jsonl' | 'yaml' {
  return format === 'json' || format === 'jsonl' || format === 'yaml';
}
