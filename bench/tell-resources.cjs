'use strict';
// Writes what a process took to a file when it ends: see getrusage(2), as JSON.
const { writeFileSync } = require('node:fs');
process.on('exit', () => writeFileSync(process.env.RESOURCES_FILE, JSON.stringify(process.resourceUsage())));
