import { RouterOsError, type CommandCall } from '../language/index.ts';
import {
  printDetail,
  printTable,
  printTerse,
  printValueList,
  type Layout,
  type PrintedItem,
} from './print-text.ts';
import { textOf } from './properties.ts';

/** What print can do elsewhere and not here: told, never passed over. */
const LACKING = ['follow', 'follow-only', 'file', 'append', 'group-by', 'on-event'] as const;

/**
 * The text of a print in the form that its arguments ask for: a table, `detail`, `terse` or `value-list`;
 * `proplist` chooses properties, `show-ids` prints ids in place of numbers.
 * @throws RouterOsError for a form that is not simulated
 */
export function printItems(
  call: CommandCall,
  layout: Layout,
  items: readonly PrintedItem[],
  width: number,
): string[] {
  const lacking = LACKING.find((name) => call.flags.has(name) || call.args.has(name));
  if (lacking !== undefined) throw new RouterOsError(`failure: print ${lacking} is not simulated`);
  const chosen = chosenProperties(call, layout);
  const withIds = call.flags.has('show-ids');
  if (call.flags.has('value-list')) return printValueList(chosen, items, width);
  if (call.flags.has('terse')) return printTerse(chosen, items, withIds);
  if (call.flags.has('detail')) return printDetail(chosen, items, width, withIds);
  return printTable(chosen, items, width, withIds);
}

/** The layout with the properties of `proplist` alone, in its order. */
function chosenProperties(call: CommandCall, layout: Layout): Layout {
  const wanted = call.args.get('proplist');
  if (wanted === undefined) return layout;
  const names = textOf(wanted).split(',');
  const properties = names.flatMap((name) => layout.properties.filter((each) => each.name === name));
  return { ...layout, properties, columns: properties.map(({ name }) => name) };
}
