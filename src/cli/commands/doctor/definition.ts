import { defineCommand } from '../../command.ts';
import { flag, optional } from '../../specs.ts';

export const doctor = defineCommand({
  name: 'doctor',
  aliases: [],
  section: 'Setup',
  summary: 'Check everything an attach and a fence need, with the fix for each.',
  description: `
Checks this host, every storage server and every node side by side: configuration, keys, host keys, RouterOS version, package and policies, exports, firewall rule, kernel module, nvme-cli, host NQNs, clocks, what connects by itself, the state directory and the audit log. Each finding says why it matters and the exact line that mends it. Changes nothing. Ends with 0 when there is no error (warnings do not fail), with 1 otherwise; -q leaves out what is in order.

With --prove-fence it attaches a scratch VOLUME to NODE, reads from it, and shows that a fence on this very storage server ends the session, that I/O fails, and that the node does not get back in; also what changing the list alone, and switching the export alone, do there. Everything is put back. The result is kept with its date, and fence and doctor tell it. Ends with 11 when the fence is not proved. VOLUME must not be attached or exported; only reads are made of it.`,
  arguments: {
    volume: optional('VOLUME', 'With --prove-fence: a scratch volume that is not attached.', {
      completes: 'volume',
    }),
    node: optional('NODE', 'With --prove-fence: the node to try it with.', { completes: 'node' }),
  },
  options: {
    proveFence: flag('Prove on VOLUME and NODE that a fence works on this storage server.'),
  },
  changes: true,
  examples: [
    { run: 'rdsctl doctor', about: 'Before the first attach, and after every change' },
    { run: 'rdsctl doctor -q', about: 'Only what is wrong' },
    { run: 'rdsctl doctor --prove-fence scratch node-1', about: 'After an update of RouterOS' },
  ],
});
