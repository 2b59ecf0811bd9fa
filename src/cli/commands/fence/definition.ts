import { defineCommand } from '../../command.ts';
import { list, required } from '../../specs.ts';

export const fence = defineCommand({
  name: 'fence',
  aliases: [],
  section: 'Nodes',
  summary: 'Cut a node off from its volumes at the storage server.',
  description: `
Cuts a node that may be dead, hung or split off from its volumes at the storage server, without needing the node: no session of it survives and it can not come back by reconnecting. Afterwards the volumes can be attached elsewhere.

Fenced is a lasting mark: attaching to a fenced node is refused with exit code 4 until unfence lifts it. What can not be verified ends with exit code 11: treat the node as still connected then. Without --volume that also holds for exports that let any host in and that the state gave to nobody, unless the node answers and is not connected to them; a storage server that could not be asked ends with 6.

On a terminal it first looks whether the node answers, and what it uses its volumes for, and asks: one that answers is to be confirmed twice. With --yes nothing is looked at before the cut.`,
  arguments: {
    node: required('NODE', 'The node, as the configuration names it.', { completes: 'node' }),
  },
  options: {
    volume: list('VOLUME', 'Only this volume; may be repeated.', { completes: 'volume' }),
  },
  changes: true,
  examples: [
    { run: 'rdsctl fence node-2 --reason "no answer since 14:03"', about: 'Cut off a dead node' },
    { run: 'rdsctl fence node-2 --yes --timeout 2m', about: 'From a script' },
  ],
});
