// Writes the files that are made from the definitions of the commands and from documents:
// completions, the manual, the catalogue of errors. A test compares them.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const root = path.dirname(import.meta.dirname);
mkdirSync(path.join(root, 'node_modules'), { recursive: true });
const directory = mkdtempSync(path.join(root, 'node_modules/.rdsctl-generate-'));
try {
  const input = path.join(root, 'src/cli/generated-files.ts');
  const bundle = await rolldown({ input, platform: 'node', cwd: root, external: /^[^./]/ });
  const file = path.join(directory, 'generated-files.js');
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  await bundle.close();
  const { generatedFiles } = await import(pathToFileURL(file).href);
  for (const [name, text] of generatedFiles((file) => readFileSync(path.join(root, file), 'utf8'))) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
