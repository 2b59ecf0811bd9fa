// What a package holds, as a CycloneDX document: npm's own, without what changes from one run to the next and
// without what is not in the package, and with the Node that is.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../..');

/** The document's text. `time` in seconds since 1970. */
export function sbom({ packages, runtime, version, time }) {
  const npm = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'];
  const all = JSON.parse(execFileSync('npm', npm, { cwd: root, encoding: 'utf8' }));
  const self = { ...all.metadata.component, name: 'rdsctl', version };
  const held = new Set(packages.map(({ name, version }) => `${name}@${version}`));
  const components = all.components.filter((component) => held.has(component['bom-ref']));
  const missing = [...held].filter((ref) => !components.some((component) => component['bom-ref'] === ref));
  if (missing.length > 0) throw new Error(`npm sbom does not know ${missing.join(', ')}`);
  const node = nodeComponent(runtime);
  const refs = new Set([self['bom-ref'], ...held]);
  const dependencies = all.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn }) => ({
      ref,
      dependsOn: [
        ...dependsOn.filter((one) => refs.has(one)),
        ...(ref === self['bom-ref'] ? [node['bom-ref']] : []),
      ],
    }));
  const document = {
    $schema: all.$schema,
    bomFormat: all.bomFormat,
    specVersion: all.specVersion,
    version: 1,
    metadata: {
      timestamp: new Date(time * 1000).toISOString(),
      lifecycles: [{ phase: 'build' }],
      component: self,
    },
    components: [...components, node],
    dependencies: [...dependencies, { ref: node['bom-ref'], dependsOn: [] }],
  };
  return `${JSON.stringify({ ...document, serialNumber: serialOf(document) }, null, 2)}\n`;
}

function nodeComponent({ version, sha256 }) {
  return {
    'bom-ref': `node@${version}`,
    type: 'platform',
    name: 'node',
    version,
    scope: 'required',
    purl: `pkg:generic/node@${version}`,
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:lts:*:*:*`,
    hashes: [{ alg: 'SHA-256', content: sha256 }],
    licenses: [{ license: { id: 'MIT' } }],
  };
}

/** A UUID that follows from what the document says (RFC 9562, version 8). */
function serialOf(document) {
  const hash = createHash('sha256').update(JSON.stringify(document)).digest('hex');
  return `urn:uuid:${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}
