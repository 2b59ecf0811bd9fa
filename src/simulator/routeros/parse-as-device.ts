import { schemaOf, parseVersion } from './device/versions.ts';
import { parse, printParseError, printTree } from './language/index.ts';

/**
 * What a device prints for `:put [:parse "…"]`: the tree in its own notation, or the error with its place.
 * Text in and out is bytes as latin1.
 * @throws Error for a version that can't be simulated
 */
export function parseAsDevice(
  source: string,
  version: string,
): { readonly ok: boolean; readonly text: string } {
  const parsedVersion = parseVersion(version);
  const schema = parsedVersion === undefined ? undefined : schemaOf(parsedVersion);
  if (schema === undefined) throw new Error(`can not simulate RouterOS ${version}`);
  const parsed = parse(source, { schema });
  return parsed.ok
    ? { ok: true, text: printTree(parsed.script) }
    : { ok: false, text: printParseError(parsed.error) };
}
