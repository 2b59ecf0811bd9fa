import type { BeforeFence } from '../../../operations/fence/before.ts';
import type { Confirmation } from '../../command.ts';

/**
 * What the operator has to agree to, one after another: a node that answers gets a second look, since it may not
 * be the one that is meant; then its name is to be typed.
 */
export function fenceQuestions({ node, volumes, shared, look }: BeforeFence): readonly Confirmation[] {
  const what =
    volumes.length === 0 ? 'The state gives it no volume.' : `It loses ${volumes.join(', ')} at once.`;
  const silent = look?.silent ?? null;
  const cut: Confirmation = {
    about: [
      ...(silent === null ? [] : [`${node} does not answer: ${silent}`]),
      `${node} is cut off at the storage servers. ${what}`,
      ...shared.map((sentence) => `${sentence}.`),
      'What it has not written yet is lost; nothing can be attached to it until unfence.',
    ].join('\n'),
    question: `Fence ${node}?`,
    expect: node,
  };
  if (look === null || silent !== null) return [cut];
  const busy = look.uses.length === 0 ? '.' : `, and uses its volumes: ${look.uses.join('; ')}.`;
  const instead = volumes.length === 0 ? '' : `\nIf it is well, free it instead: rdsctl drain ${node}`;
  return [
    { about: `${node} ANSWERS${busy}${instead}`, question: `Is ${node} to be cut off all the same?` },
    cut,
  ];
}
