import { stringify } from 'yaml';

/** Writes a document as YAML; loaded only when YAML is wanted. */
export function toYaml(document: object): string {
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
}
