import { expect } from 'vitest';
import type { Scene } from '../commands/scene.ts';
import { readDocument, stepsOf, type Document } from './document.ts';
import { runBlock, type Programs } from './shell.ts';

/** What happens in the world between blocks. */
interface Meanwhile {
  readonly after: Readonly<Record<number, () => unknown>>;
}

/** A runbook that is played against the simulator, heading by heading. */
export class Runbook {
  readonly #document: Document;
  readonly #programs: (scene: Scene) => Programs;
  readonly #played = new Set<string>();

  /** @param programs what stands in for more programs than rdsctl and ssh */
  constructor(file: string, programs: (scene: Scene) => Programs = () => ({})) {
    this.#document = readDocument(file);
    this.#programs = programs;
  }

  /**
   * Runs the blocks under these headings as they stand there; each must end and print as the document says.
   * `after` tells what happens in the world after the first, second, … block of the headings.
   */
  async play(scene: Scene, ...what: readonly (string | Meanwhile)[]): Promise<void> {
    const headings = what.filter((one) => typeof one === 'string');
    const after = Object.assign(
      {},
      ...what.filter((one) => typeof one === 'object').map((one) => one.after),
    ) as Meanwhile['after'];
    let count = 0;
    for (const heading of headings) {
      const section = this.#document.sections.find((one) => one.heading === heading);
      const steps = section === undefined ? [] : stepsOf(this.#document.file, section);
      expect(steps, `${this.#document.file}: "${heading}" has no commands`).not.toEqual([]);
      this.#played.add(heading);
      for (const { where, script, exitCode, shows } of steps) {
        const { code, output } = await runBlock(scene, script, this.#programs(scene));
        expect(code, `${where}: ${script}\n${output}`).toBe(exitCode);
        expect(missing(shows, output), `${where}: ${script}\nprints:\n${output}`).toEqual([]);
        await after[(count += 1)]?.();
      }
    }
  }

  /** The headings with commands that nothing has played. */
  get unplayed(): readonly string[] {
    return this.#document.sections
      .filter(({ heading }) => !this.#played.has(heading))
      .filter((section) => stepsOf(this.#document.file, section).length > 0)
      .map(({ heading }) => heading);
  }
}

/** Of the lines a document shows, those the output has not, in that order. `…` stands for anything. */
function missing(shown: readonly string[], output: string): string[] {
  const lines = output.split('\n');
  let at = 0;
  return shown.filter((line) => {
    const words = line.trim().split(/\s+/);
    const pattern = words.map((word) => word.split('…').map(escaped).join('.*')).join(String.raw`\s+`);
    const found = lines.findIndex(
      (each, index) => index >= at && new RegExp(`^${pattern}$`).test(each.trim()),
    );
    if (found >= 0) at = found + 1;
    return found < 0;
  });
}

function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
}
