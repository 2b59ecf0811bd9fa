import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where kernels, images and keys are kept between runs; `packages.sh` fills the same folder. */
export const cacheFolder = process.env['RDSCTL_LAB_CACHE'] ?? join(homedir(), '.cache', 'rdsctl-lab');
