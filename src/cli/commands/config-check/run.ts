import { findConfig, noConfig } from '../../../config/find-config.ts';
import { checkKeyFiles } from '../../../config/key-files.ts';
import {
  badConfig,
  formatPlace,
  formatProblem,
  makeEffective,
  parseConfig,
} from '../../../config/load-config.ts';
import { readConfigText } from '../../../config/read-config.ts';
import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import type { Handler } from '../../command.ts';
import type { configCheck } from './definition.ts';

/** Checks the configuration file and the key files that it names. */
export const run: Handler<typeof configCheck> = async ({ common, io, out, report }) => {
  const surroundings = { env: io.env, cwd: io.cwd, home: io.home, uid: io.uid };
  const found = findConfig(common.flags.has('config') ? common.config : undefined, surroundings);
  if (found === null) throw noConfig(surroundings);
  const { file } = found;
  const { parsed, checked } = parseConfig(file, readConfigText(file));
  const { config } = makeEffective(file, checked, parsed, { file, surroundings });
  const keys = checkKeyFiles(config, checked.document);
  if (keys.length > 0) {
    const { message, now, details } = badConfig(file, keys);
    throw new RdsctlError('BAD_KEY_FILE', { message, now: now ?? '', details });
  }
  for (const warning of checked.warnings) {
    report({ type: 'warning', message: `${formatPlace(file, warning)} ${formatProblem(warning)}` });
  }
  const servers = Object.keys(config.storageServers).length;
  const nodes = Object.keys(config.nodes).length;
  await out.one({
    kind: 'ConfigReport',
    body: () => ({
      file,
      ok: true,
      storageServers: servers,
      nodes,
      warnings: checked.warnings.map(({ line, key, message }) => ({ line, key, message })),
    }),
    text: (style) =>
      `${file}: ${style.good('ok')}, ${plural(servers, 'storage server')}, ${plural(nodes, 'node')}\n`,
    names: () => [file],
  });
  return EXIT_CODES.OK;
};

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
