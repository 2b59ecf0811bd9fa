import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import type { FenceProof } from '../../../operations/ports/fence-proofs.ts';
import { proveFence } from '../../../operations/prove-fence/prove-fence.ts';
import { seconds } from '../../../operations/prove-fence/standing.ts';
import type { Handler } from '../../command.ts';
import { operate } from '../../operating/operate.ts';
import type { Style } from '../../output/style.ts';
import type { doctor } from './definition.ts';

/** Proves a fence on a scratch volume; ends with the failure when it is not proved. */
export const runProof: Handler<typeof doctor> = async (command) => {
  const { args, out, common } = command;
  const { volume, node } = args;
  if (volume === undefined || node === undefined) {
    throw new RdsctlError('BAD_ARGUMENT', {
      message: 'doctor --prove-fence needs a scratch VOLUME and a NODE',
      now: 'Nothing was changed.',
      hints: [{ when: 'For example:', run: 'rdsctl doctor --prove-fence scratch node-1' }],
    });
  }
  const end: { failure: RdsctlError | null } = { failure: null };
  await operate(
    command,
    async ({ context, mayTouch }) => {
      if (!common.dryRun) {
        await command.confirm({
          about: `${volume} is attached to ${node}, read from, cut off three times and put back. Nothing is written to it; nothing else of ${node} is touched.`,
          question: `Prove a fence with ${volume} on ${node}?`,
        });
      }
      return proveFence(context, { volume, node }, mayTouch);
    },
    async ({ proof, failure }) => {
      end.failure = failure;
      await out.one({
        kind: 'DoctorReport',
        body: () => ({ healthy: proof.proved, proof }),
        text: (style) => proofReport(proof, style),
        names: () => (proof.proved ? [proof.rds] : []),
      });
    },
  );
  if (end.failure !== null) throw end.failure;
  return EXIT_CODES.OK;
};

function proofReport(proof: FenceProof, style: Style): string {
  const { rds, version, node, kernel, nvmeCli } = proof;
  const verdict = proof.proved ? style.good('is proved') : style.bad('is NOT proved');
  const mark = (good: boolean): string => (good ? style.good('✓') : style.bad('✗'));
  const fenced = proof.sessionGoneMs !== null;
  const lines: readonly (readonly [string, string])[] = [
    [
      mark(fenced),
      fenced
        ? `fence: the session was gone after ${seconds(proof.sessionGoneMs)}; ${readsText(proof)}`
        : 'fence: the session LIVED ON',
    ],
    [
      mark(proof.reconnectRefused),
      `connect after the fence: ${proof.reconnectRefused ? 'refused' : 'LET IN'}`,
    ],
    [
      mark(proof.listHonoured),
      `connect while only another host is on the list: ${proof.listHonoured ? 'refused' : 'LET IN'}`,
    ],
    [
      mark(proof.exportOffMs !== null),
      proof.exportOffMs === null
        ? 'export off, list left alone: the session LIVED ON'
        : `export off, list left alone: the session was gone after ${seconds(proof.exportOffMs)}, ${proof.backWithoutList ? 'and the node came back by itself (so the list goes first)' : 'and the node did not come back by itself'}`,
    ],
    [
      style.dim('i'),
      `list changed, export left alone: the live session ${proof.listAloneCuts ? 'ended' : 'lived on (so a list alone is no fence)'}`,
    ],
  ];
  return `a fence ${verdict} on ${style.bold(rds)} (RouterOS ${version}), tried with ${node} (kernel ${kernel}, nvme-cli ${nvmeCli})\n${lines.map(([sign, text]) => `  ${sign} ${text}\n`).join('')}`;
}

function readsText({ readsFailedMs }: FenceProof): string {
  return readsFailedMs === null ? 'reads hang' : `reads failed after ${seconds(readsFailedMs)}`;
}
