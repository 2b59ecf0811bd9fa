'use strict';
// Writes the most memory that a process had, in KiB, to a file when it ends.
const { writeFileSync } = require('node:fs');
process.on('exit', () => writeFileSync(process.env.PEAK_MEMORY_FILE, String(process.resourceUsage().maxRSS)));
