import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedFiles } from '../../src/cli/generated-files.ts';

describe('files that are made from the definitions (npm run generate)', () => {
  it.each([...generatedFiles()])('%s is up to date', (name, text) => {
    expect(readFileSync(path.join(import.meta.dirname, '../..', name), 'utf8')).toBe(text);
  });
});
