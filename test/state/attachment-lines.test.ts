import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Attachment } from '../../src/attachment/attachment.ts';
import { PHASES } from '../../src/attachment/phase.ts';
import { decodeAttachments } from '../../src/state/attachment-lines.ts';
import { decodeState, encodeState } from '../../src/state/envelope.ts';
import { serialiseBody } from '../../src/state/serialise.ts';
import type { StateChange } from '../../src/state/state.ts';
import { sampleAttachment, sampleBody, SAMPLE_NODE } from './samples.ts';

const LINEAGE = '11111111-2222-4333-8444-555555555555';

const bytesOf = (body: string): Buffer => encodeState(LINEAGE, 7, body).bytes;

/** All fields, also those that are only looked at when they are asked for. */
const plain = (it: Attachment): Attachment => {
  const { volume, rds, slot, phase, holders, nqn, transport } = it;
  const { sizeBytes, attachedAt, by, sharedUntil, token, intent } = it;
  const first = { volume, rds, slot, phase, holders, nqn, transport };
  return { ...first, sizeBytes, attachedAt, by, sharedUntil, token, intent };
};

/** What both ways of reading a file come to: attachments, or the words of the refusal. */
function bothWays(bytes: Buffer): { readonly lines: unknown; readonly whole: unknown } {
  const told = (read: () => unknown): unknown => {
    try {
      return read();
    } catch (error) {
      return String(error);
    }
  };
  return {
    lines: told(() => {
      const { lineage, attachments } = decodeAttachments(bytes, '/s/state.json');
      return { lineage, attachments: attachments.map(plain) };
    }),
    whole: told(() => {
      const { lineage, attachments } = decodeState(bytes, '/s/state.json').state;
      return { lineage, attachments: Object.values(attachments) };
    }),
  };
}

function expectSame(bytes: Buffer): void {
  const { lines, whole } = bothWays(bytes);
  expect(lines).toEqual(whole);
}

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'null', 'a"b', '\\', '"},', 'ü', '\n'),
);
const holder = fc.record({
  node: text,
  hostNqn: fc.option(text),
  device: fc.option(text),
  since: text,
});
const count = fc.oneof(fc.nat(), fc.maxSafeNat());
const attachment = fc.record({
  rds: text,
  slot: text,
  phase: fc.constantFrom(...PHASES),
  holders: fc.oneof(fc.tuple(holder), fc.tuple(holder, holder)),
  nqn: fc.option(text),
  transport: fc.option(fc.record({ address: text, port: count })),
  sizeBytes: fc.option(count),
  attachedAt: text,
  by: text,
  sharedUntil: fc.option(text),
  token: count,
  intent: fc.constantFrom(null, sampleBody().attachments['rds1/vol-2']?.intent ?? null),
});

/** A name that an object keeps as its own. */
const key = text.filter((name) => name !== '__proto__');

describe('the attachments of a file, line by line', () => {
  it('are those of the whole file, every field of them', () => {
    expectSame(bytesOf(serialiseBody(sampleBody())));
    const { lines } = bothWays(bytesOf(serialiseBody(sampleBody())));
    expect(lines).toEqual({ lineage: LINEAGE, attachments: Object.values(sampleBody().attachments) });
  });

  it('are the same for whatever a state may hold', () => {
    fc.assert(
      fc.property(fc.dictionary(key, attachment), fc.dictionary(key, count), (made, tokens) => {
        const attachments = Object.fromEntries(
          Object.entries(made).map(([volume, one]) => [volume, { volume, ...one }]),
        );
        const body: StateChange = { attachments, tokens, nodes: { 'node-1': SAMPLE_NODE } };
        expectSame(bytesOf(serialiseBody(body)));
      }),
    );
  });

  it('are refused with the same words where anything is not as it must be', () => {
    const many = Object.fromEntries(
      ['a', 'b', 'c'].map((slot) => [`rds1/${slot}`, sampleAttachment(slot)] as const),
    );
    const body = serialiseBody({
      attachments: many,
      tokens: { 'rds1/a': 3, x: 0 },
      nodes: { n: SAMPLE_NODE },
    });
    expectSame(bytesOf(body));
    const refused = (from: string | RegExp, to: string): void => {
      const changed = body.replace(from, to);
      expect(changed).not.toBe(body);
      const { lines, whole } = bothWays(bytesOf(changed));
      expect(lines).toBe(whole);
      expect(lines, changed).toContain('damaged');
    };
    refused('"volume":"rds1/b"', '"volume":"rds1/x"');
    refused('"phase":"attached"', '"phase":"gone"');
    refused('"token":3', '"token":-3');
    refused('"token":3', '"token":03');
    refused('"token":3', '"token":"3"');
    refused('"token":3', '"token":3,"more":1');
    refused('"intent":null', '"intent":5');
    refused('"sizeBytes":10737418240', '"sizeBytes":1.5');
    refused('"by":"ops@admin1"', '"by":null');
    refused('"by":"ops@admin1"', '"by":"ops\u0001admin1"');
    refused('"hostNqn":"', '"hostnqn":"');
    refused('},\n      "rds1/b"', '}\n      "rds1/b"');
    refused(/\}\n {4}\},\n {4}"tokens"/, '},\n    },\n    "tokens"');
    const two = '"holders":[{"node":"node-2","hostNqn":null,"device":null,"since":""},{"node"';
    refused(/"holders":\[\{"node"(.*)\},\n {6}"rds1\/b"/, `${two}$1}\n      "rds1/b"`);
    refused(/"holders":\[\{"node"(.*)\}\n {4}\}/, `${two}$1},\n    }`);
    refused('"x": 0', '"x": -1');
    refused('"x": 0', '"x": 0,');
    refused('"nodes": {', '"nodes": [');
    refused('"hostId"', '"hostID"');
    refused('"fenced":{"since"', '"fenced":{"Since"');
    refused('"tokens"', '"Tokens"');
    refused(/\n {2}\}$/, ',\n    "more": {}\n  }');
  });

  it('are there in any layout that JSON allows', () => {
    const body = JSON.stringify(sampleBody());
    expectSame(bytesOf(body));
    expectSame(bytesOf(serialiseBody(sampleBody()).replace(/": /g, '":')));
    expectSame(bytesOf(serialiseBody(sampleBody()).replace(/ {6}"rds1/g, '       "rds1')));
    expectSame(bytesOf(serialiseBody({ attachments: {}, tokens: {}, nodes: {} })));
    expectSame(bytesOf(serialiseBody({ ...sampleBody(), tokens: {} })));
    expectSame(bytesOf(serialiseBody(sampleBody()).replace(/\n {2}\}$/, '\n  },\n  "more": {}')));
    const nine = body.replace('"token":3', '"token":9007199254740991');
    expectSame(bytesOf(nine));
  });

  it('of a file with a changed byte: refused', () => {
    const bytes = bytesOf(serialiseBody(sampleBody()));
    bytes[bytes.indexOf('vol-1')] = 'w'.charCodeAt(0);
    expect(() => decodeAttachments(bytes, '/s/state.json')).toThrow('its checksum does not match');
  });
});
