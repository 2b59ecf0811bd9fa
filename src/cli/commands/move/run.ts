import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import type { Handler } from '../../command.ts';
import type { move } from './definition.ts';

/** Not written yet. */
export const run: Handler<typeof move> = ({ commandLine }) =>
  Promise.reject(new RdsctlError('INTERNAL', { message: `not there yet: ${commandLine}` }));
