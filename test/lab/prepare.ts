import { ensureImage } from './image.ts';
import { findKernel } from './kernel.ts';

/** Once before all tests: whatever is missing is said, or built, before the clock of a test runs. */
export function setup(): void {
  ensureImage(findKernel());
}
