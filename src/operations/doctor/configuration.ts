import type { HereFacts } from '../ports/here.ts';
import { checksOf, HERE, type Check } from './check.ts';

/** The configuration file and the key files that it names. */
export function checkConfiguration({ configFile, configWarnings, keyFiles }: HereFacts): Check[] {
  const { error, warning, ok } = checksOf(HERE);
  const file = configFile ?? 'the configuration';
  const found: Check[] = [
    ...configWarnings.map((message) =>
      warning(
        'config.file',
        file,
        message,
        'It is valid, but most likely not what is meant.',
        'rdsctl config check',
      ),
    ),
    ...keyFiles.map(({ key, message, fix }) =>
      error(
        'config.key-file',
        key,
        message,
        'A key that is missing or that others can read is not used: the login fails.',
        fix ?? 'rdsctl config check',
      ),
    ),
  ];
  return found.length > 0 ? found : [ok('config.file', file, 'valid, and its key files can be used')];
}
