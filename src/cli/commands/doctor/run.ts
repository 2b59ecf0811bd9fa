import { doctor as examine, type DoctorReport } from '../../../operations/doctor/doctor.ts';
import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import type { Handler } from '../../command.ts';
import { operate } from '../../operating/operate.ts';
import type { doctor } from './definition.ts';
import { lookHere } from './here.ts';
import { doctorText } from './table.ts';

/** Checks everything, or proves that a fence works. */
export const run: Handler<typeof doctor> = async (command) => {
  const { args, options, out, common } = command;
  if (options.proveFence) {
    const { runProof } = await import('./prove-fence.ts');
    return runProof(command);
  }
  if (args.volume !== undefined) {
    throw new RdsctlError('BAD_ARGUMENT', {
      message: 'doctor takes VOLUME and NODE only with --prove-fence',
      now: 'Nothing was changed.',
      hints: [
        { when: 'To check everything:', run: 'rdsctl doctor' },
        {
          when: 'To prove a fence:',
          run: `rdsctl doctor --prove-fence ${args.volume} ${args.node ?? 'NODE'}`,
        },
      ],
    });
  }
  const end = { healthy: true };
  await operate(
    command,
    ({ context }) => examine(context, () => lookHere(command)),
    async (report) => {
      end.healthy = report.healthy;
      await out.one({
        kind: 'DoctorReport',
        body: () => doctorBody(report),
        text: (style, wide) => doctorText(report, { style, wide, quiet: common.quiet }),
        names: () => report.checks.filter(({ severity }) => severity === 'error').map(({ id }) => id),
      });
    },
  );
  return end.healthy ? EXIT_CODES.OK : EXIT_CODES.FAILED;
};

function doctorBody({ checks, healthy }: DoctorReport): object {
  return {
    healthy,
    checks: checks.map(({ id, severity, host, subject, found, why, fix }) => ({
      id,
      severity,
      host,
      subject,
      found,
      why,
      fix,
    })),
  };
}
