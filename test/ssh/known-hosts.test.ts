import { createHmac, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { knownHostLines } from '../../src/ssh/known-hosts.ts';

const key = Buffer.from('not a key, but bytes').toString('base64');

function found(text: string, name: string): number[] {
  return knownHostLines(text, name).map((line) => line.lineNumber);
}

test.each([
  ['host', 'host', true],
  ['host', 'hos', false],
  ['HOST', 'host', true],
  ['other,host', 'host', true],
  ['[host]:2200', '[host]:2200', true],
  ['host', '[host]:2200', false],
  ['*', 'host', true],
  ['*', '[host]:2200', true],
  ['h?st', 'host', true],
  ['h?ost', 'host', false],
  ['*.example.org', 'a.example.org', true],
  ['*.example.org', 'aXexample.org', false],
  ['*.example.org,!b.example.org', 'b.example.org', false],
  ['!b.example.org,*.example.org', 'b.example.org', false],
  ['!host', 'other', false],
  ['10.0.0.[1]', '10.0.0.[1]', true],
  ['fe80::1', 'fe80::1', true],
])('%s is about %s: %s', (patterns, name, about) => {
  expect(found(`${patterns} ssh-ed25519 ${key}\n`, name)).toEqual(about ? [1] : []);
});

test('hashed names', () => {
  const salt = randomBytes(20);
  const hash = createHmac('sha1', salt).update('[host]:2200').digest('base64');
  const line = `|1|${salt.toString('base64')}|${hash} ssh-rsa ${key}`;
  expect(found(line, '[host]:2200')).toEqual([1]);
  expect(found(line, 'host')).toEqual([]);
  expect(found(line.replace('|1|', '|2|'), '[host]:2200')).toEqual([]);
});

test('comments, blank lines and lines that say nothing are passed over', () => {
  const text = `# host ssh-rsa ${key}\n\n  \nhost\nhost ssh-rsa\n@unknown host ssh-rsa ${key}\r\n\thost  ssh-rsa\t${key} a comment\r\n`;
  expect(found(text, 'host')).toEqual([7]);
});

test('markers', () => {
  const text = `@revoked host ssh-rsa ${key}\n@cert-authority *.org,host ssh-rsa ${key}\nhost ssh-rsa ${key}`;
  expect(knownHostLines(text, 'host').map((line) => line.marker)).toEqual([
    'revoked',
    'cert-authority',
    null,
  ]);
});

test('names, wildcards and hashed names are found in the order of their lines, and a file that changed is read anew', () => {
  const salt = randomBytes(20);
  const hash = createHmac('sha1', salt).update('host').digest('base64');
  const rest = `ssh-ed25519 ${key}`;
  const lines = [
    `* ${rest}`,
    `host,host,other ${rest}`,
    `|1|${salt.toString('base64')}|${hash} ${rest}`,
    `@revoked Host ${rest}`,
    `h*,!other ${rest}`,
  ];
  const text = lines.join('\n');
  expect(found(text, 'host')).toEqual([1, 2, 3, 4, 5]);
  expect(found(text, 'other')).toEqual([1, 2]);
  expect(found(text, 'third')).toEqual([1]);
  expect(found(`# a line more\n${text}`, 'host')).toEqual([2, 3, 4, 5, 6]);
  expect(found(text, 'host')).toEqual([1, 2, 3, 4, 5]);
});
