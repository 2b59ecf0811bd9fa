/** The properties that a menu's `where` knows, in the order in which the tree prints them. */

/** Properties that every menu has (seen). */
const COMMON: readonly string[] = ['.id', '.nextid', '.dead', '.about'];

/** Properties by menu, as devices print them (seen in the corpus; a repeated name is the device's own). */
const BY_MENU: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    '/file':
      'name type size last-modified package-name package-version package-build-time package-architecture contents shared',
    '/ip/firewall/address-list': 'list address creation-time timeout dynamic dynamic disabled comment',
    '/log': 'buffer time topics message extra-info',
    '/user':
      'name group password inactivity-timeout inactivity-policy address last-logged-in expired disabled comment',
  }).map(([menu, names]) => [menu, names.split(' ')]),
);

/** The properties of a menu; for a menu that no capture shows, those that every menu has. */
export function whereProperties(path: readonly string[]): readonly string[] {
  return [...(BY_MENU.get(`/${path.join('/')}`) ?? []), ...COMMON];
}
