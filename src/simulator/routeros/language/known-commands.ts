/**
 * Menus and commands of RouterOS 7 that the parser accepts beside those of a version's command dump.
 *
 * General knowledge of the RouterOS command tree (manual), checked against which menus the corpus shows to exist on a
 * plain installation. Their arguments are not listed: any name is accepted.
 */

/** One menu: a list of items, a single set of settings, or (without `single`) only a place for other menus. */
export interface KnownMenu {
  readonly path: string;
  readonly single?: boolean;
  readonly commands: readonly string[];
}

/** Commands that menus with items have. */
export const LIST_COMMANDS: readonly string[] =
  'add comment disable edit enable export find get move print remove reset set unset'.split(' ');

/** Commands that menus with one set of settings have. */
export const SINGLE_COMMANDS: readonly string[] = 'edit export get print reset set'.split(' ');

export const KNOWN_MENUS: readonly KnownMenu[] = [];
/** Commands of the root that a dump of the storage menus does not hold. */
export const KNOWN_COMMANDS: readonly string[] =
  'beep convert environment export grep import jobname password ping quit range redo resolve rndnum rndstr time tocrlf toid toip toip6 tolf tonsec totime undo'.split(
    ' ',
  );
