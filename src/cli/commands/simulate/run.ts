import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import type { Handler } from '../../command.ts';
import type { simulate } from './definition.ts';

/** Not written yet. */
export const run: Handler<typeof simulate> = ({ commandLine }) =>
  Promise.reject(new RdsctlError('INTERNAL', { message: `not there yet: ${commandLine}` }));
