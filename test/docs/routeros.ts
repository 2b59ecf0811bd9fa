import { expect } from 'vitest';
import commandSchema from '../../src/simulator/routeros/schema/command-schema.json' with { type: 'json' };
import { parse, printParseError, type Schema } from '../../src/simulator/routeros/language/index.ts';
import type { Scene } from '../commands/scene.ts';
import type { Block } from './document.ts';

const SCHEMAS = Object.entries(commandSchema as Record<string, Schema>);

/** Menus that no command dump holds: of their lines only the form can be checked, not the names of arguments. */
const UNDUMPED = ['/user/group', '/user/ssh-keys', '/system/ntp/client'];

/** What the simulator does not play. */
const UNPLAYED = [...UNDUMPED, '/system/package/apply-changes'];

const isOf = (menus: readonly string[], line: string): boolean =>
  menus.some((menu) => line === menu || line.startsWith(`${menu}/`) || line.startsWith(`${menu} `));

const COMPLAINT = /^(failure|syntax error|expected|bad |no such item|input does|invalid value)/m;

/** The lines of a block with the version since which RouterOS has them: `# since 7.18` stands before them. */
function linesOf(block: Block): { since: number; line: string }[] {
  let since = 17;
  return block.lines.flatMap((line) => {
    const told = /^# since 7\.(\d+)$/.exec(line)?.[1];
    if (told === undefined) return [{ since, line }];
    since = Number(told);
    return [];
  });
}

/** Expects that each line parses on every version that is told to have it, and that the others lack one of them. */
export function expectBlockParses(file: string, block: Block): void {
  for (const [version, schema] of SCHEMAS) {
    const where = `${file}:${block.line}: RouterOS ${version}`;
    const complaints = linesOf(block).flatMap(({ since, line }) => {
      const parsed = parse(line, { schema, strict: !isOf(UNDUMPED, line) });
      const lacking = Number(version.split('.')[1]) < since;
      return parsed.ok ? [] : [{ lacking, text: `${line}: ${printParseError(parsed.error)}` }];
    });
    expect(
      complaints.filter(({ lacking }) => !lacking).map(({ text }) => text),
      where,
    ).toEqual([]);
    const isOlder = linesOf(block).some(({ since }) => Number(version.split('.')[1]) < since);
    expect(complaints.length > 0, `${where}: has what it is said to lack`).toBe(isOlder);
  }
}

/** Runs the lines on a storage server's console: none may complain. Gives what was printed. */
export async function runOnConsole(scene: Scene, file: string, block: Block): Promise<string> {
  let printed = '';
  for (const { line } of linesOf(block)) {
    if (isOf(UNPLAYED, line)) continue;
    const answer = await scene.console(line);
    const prints = line.startsWith(':put') || line.includes('/print');
    const where = `${file}:${block.line}: ${line}`;
    expect(answer, where).toMatch(prints ? /\S/ : /^$/);
    expect(answer, where).not.toMatch(COMPLAINT);
    printed += answer;
  }
  return printed;
}
