import { describe, expect, it } from 'vitest';
import { BodyMismatch, isSealed, sealBody } from '../../src/state/sealed.ts';
import { sampleAttachment, sampleBody } from './samples.ts';

describe('a sealed body', () => {
  it('is the same when it is sealed again', () => {
    const body = sealBody(sampleBody());
    const again = sealBody({ ...body });
    expect(again.attachments).toBe(body.attachments);
    expect(again.tokens).toBe(body.tokens);
    expect(again.nodes).toBe(body.nodes);
  });

  it('keeps the entries of the one before, and takes new ones in the order of their keys', () => {
    const [one, two] = [sampleAttachment('vol-1'), sampleAttachment('vol-2')];
    const before = sealBody({ attachments: { [two.volume]: two }, tokens: {}, nodes: {} });
    const after = sealBody({ ...before, attachments: { ...before.attachments, [one.volume]: one } });
    expect(Object.values(after.attachments)).toEqual([one, two]);
    expect(after.attachments[two.volume]).toBe(two);
    expect([one, two].map(isSealed)).toEqual([true, true]);
  });

  it.each<[string, (body: ReturnType<typeof sampleBody>) => unknown]>([
    [
      'a sealed attachment under the key of another volume',
      ({ attachments, ...rest }) => ({
        ...rest,
        attachments: { 'rds1/other': Object.values(attachments)[0] },
      }),
    ],
    [
      'the sealed table of tokens in place of the nodes',
      ({ tokens, ...rest }) => ({ ...rest, tokens, nodes: tokens }),
    ],
    [
      'a sealed attachment in place of a node',
      ({ attachments, ...rest }) => ({
        ...rest,
        attachments,
        nodes: { 'rds1/vol-1': attachments['rds1/vol-1'] },
      }),
    ],
    [
      'a changed copy of a sealed attachment',
      ({ attachments, ...rest }) => ({
        ...rest,
        attachments: { 'rds1/vol-1': { ...attachments['rds1/vol-1'], token: -1 } },
      }),
    ],
  ])('is not had of %s', (_, wrong) => {
    const body = sampleBody();
    sealBody(body);
    expect(() => sealBody(wrong(body))).toThrow(BodyMismatch);
  });

  it('has one entry under several keys where that is in order', () => {
    const node = { hostNqn: null, hostId: null, fenced: null };
    const body = sealBody({ attachments: {}, tokens: {}, nodes: { a: node } });
    expect(sealBody({ ...body, nodes: { ...body.nodes, b: node } }).nodes).toEqual({ a: node, b: node });
  });
});
