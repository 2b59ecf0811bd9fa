import { RdsctlError } from '../../src/errors/rdsctl-error.ts';

/** The RdsctlError that something ends with; anything else is a failure of the test. */
export async function failure(work: Promise<unknown> | (() => unknown)): Promise<RdsctlError> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (error instanceof RdsctlError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
