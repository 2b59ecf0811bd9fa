import type { NodeDiagnosis } from '../ports/node-diagnosis.ts';
import { checksOf, type Check } from './check.ts';

/** nvme-cli 2.3 is the oldest that was tried (Debian 12). */
const OLDEST_CLI = [2, 3] as const;

/** What a node needs to connect at all. */
export function checkNodeTools(node: string, { view, multipath }: NodeDiagnosis): Check[] {
  const { error, info, ok } = checksOf(node);
  const module = view.nvmeTcp
    ? ok('node.nvme-tcp', 'nvme-tcp', `the module is there (kernel ${view.kernel})`)
    : error(
        'node.nvme-tcp',
        'nvme-tcp',
        `kernel ${view.kernel} has no such module`,
        'Nothing can be connected without it; cloud kernels leave it out.',
        'apt-get install linux-image-amd64',
      );
  const paths =
    multipath === false
      ? [
          info(
            'node.multipath',
            'nvme_core.multipath',
            'native multipath is off',
            'It works. A path that comes back after a fence may then show under another device name.',
          ),
        ]
      : [];
  return [module, ...checkNvmeCli(node, view.nvmeCli), ...paths];
}

function checkNvmeCli(node: string, version: string | null): Check[] {
  const { error, warning, unknown, ok } = checksOf(node);
  const [id, subject] = ['node.nvme-cli', 'nvme-cli'];
  const fix = 'apt-get install nvme-cli';
  if (version === null) {
    return [error(id, subject, 'is not installed', 'It is what connects and disconnects.', fix)];
  }
  const parts = /^(\d+)\.(\d+)/.exec(version);
  if (parts === null) return [unknown(id, subject, `could not be checked: it tells version ${version}`)];
  const [major, minor] = [Number(parts[1]), Number(parts[2])];
  if (major > OLDEST_CLI[0] || (major === OLDEST_CLI[0] && minor >= OLDEST_CLI[1])) {
    return [ok(id, subject, `version ${version}`)];
  }
  const why = `${OLDEST_CLI.join('.')} is the oldest that is known to work.`;
  return [warning(id, subject, `version ${version}`, why, fix)];
}
