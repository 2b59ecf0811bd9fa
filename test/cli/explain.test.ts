import { describe, expect, it } from 'vitest';
import { EXIT_CODES } from '../../src/errors/exit-codes.ts';
import { REASONS } from '../../src/errors/reasons.ts';
import { COMMANDS } from '../../src/cli/commands/index.ts';
import { catalogue } from '../../src/cli/explain/catalogue.ts';
import { errorsDocument } from '../../src/cli/explain/errors-document.ts';
import { rdsctl } from './console.ts';

describe('explain', () => {
  it('tells one reason: what it means, what is certain, what to do', async () => {
    const told = await rdsctl(['explain', 'ATTACHED_ELSEWHERE']);
    expect(told.code).toBe(0);
    expect(told.stdout).toContain('exit code 4, CONFLICT');
    expect(told.stdout).toContain('Nothing was changed.');
    expect(told.stdout).toContain('rdsctl move VOLUME NODE');
  });

  it('tells machines where the documents have it', async () => {
    const { stdout } = await rdsctl(['explain', 'conflict', '-o', 'json']);
    const { items } = JSON.parse(stdout) as { items: { reason: string; doc: string }[] };
    expect(items.length).toBeGreaterThan(3);
    const headings = [...errorsDocument().matchAll(/^### (.*)$/gm)].map((match) => match[1]?.toLowerCase());
    for (const { reason, doc } of items) {
      expect(doc).toBe(`docs/ERRORS.md#${reason.toLowerCase()}`);
      expect(headings).toContain(doc.split('#')[1]);
    }
  });

  it.each([
    ['not-drained', ['NOT_DRAINED']],
    ['BUSY', ['LOCKED']],
    ['5', ['LOCKED']],
    ['143', ['INTERRUPTED']],
    ['unverified', ['NOT_VERIFIED', 'NOT_DRAINED']],
  ])('finds %s', async (word, reasons) => {
    const told = await rdsctl(['explain', word, '-o', 'name']);
    expect(told.stdout.trim().split('\n')).toEqual(reasons);
  });

  it('refuses a word that is none, and suggests one that is near', async () => {
    const far = await rdsctl(['explain', 'foo']);
    expect(far).toMatchObject({ code: 2, stdout: '' });
    expect(far.stderr).not.toContain('Did you mean');
    expect((await rdsctl(['explain', 'atached_elsewhere'])).stderr).toContain(
      'rdsctl explain ATTACHED_ELSEWHERE',
    );
  });

  it('has every reason of the catalogue, in the document too', () => {
    const reasons = catalogue().map(({ reason }) => reason);
    expect([...reasons].sort()).toEqual(Object.keys(REASONS).sort());
    for (const reason of reasons) expect(errorsDocument()).toContain(`### ${reason}\n`);
    const codes = Object.keys(EXIT_CODES).filter((code) => code !== 'OK' && code !== 'DRIFT');
    for (const code of codes) expect(errorsDocument()).toMatch(new RegExp(`^## .*${code}$`, 'm'));
  });

  it('names only commands that there are', () => {
    const names = COMMANDS.flatMap(({ name, aliases }) => [name, ...aliases]);
    const named = catalogue()
      .flatMap(({ why, mend }) => [why, ...mend])
      .flatMap((text) => [...text.matchAll(/`rdsctl ([a-z]+(?: [a-z]+)?)/g)].map((match) => match[1] ?? ''));
    const unknown = named.filter(
      (words) => !names.includes(words) && !names.includes(words.split(' ')[0] ?? ''),
    );
    expect(unknown).toEqual([]);
  });
});
