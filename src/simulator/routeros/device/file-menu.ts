import type { CommandCall, Value } from '../language/index.ts';
import { ListMenu, type Menu } from './list-menu.ts';
import type { Output } from './output.ts';

/** `/file`: names have no leading slash (seen). Removing a disk leaves its file (manual). */
export class FileMenu implements Menu {
  readonly #menu = new ListMenu({
    properties: [
      { name: 'name', kind: { type: 'text' } },
      { name: 'type', kind: { type: 'text' } },
      { name: 'size', kind: { type: 'size' } },
      { name: 'last-modified', kind: { type: 'bare' } },
    ],
    flags: [],
    columns: ['name', 'type', 'size', 'last-modified'],
    nameProperty: 'name',
  });

  run(call: CommandCall, output: Output): Promise<Value> {
    return this.#menu.run(call, output);
  }

  create(path: string, size: number): void {
    const name = path.replace(/^\//, '');
    if (this.#menu.list.byName(name) !== undefined) return;
    this.#menu.list.add(
      new Map<string, Value>([
        ['name', name],
        ['type', name.includes('.') ? `.${name.split('.').at(-1) ?? ''} file` : 'file'],
        ['size', BigInt(size)],
        ['last-modified', '2026-01-01 00:00:00'],
      ]),
    );
  }
}
