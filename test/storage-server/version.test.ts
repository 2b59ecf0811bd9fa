import { expect, it } from 'vitest';

import { atLeast, isSupported, OLDEST_VERSION } from '../../src/storage-server/version.ts';

it.each([
  ['7.17', true],
  ['7.17.1', true],
  ['7.17 (stable)', true],
  ['7.23rc1', true],
  ['7.100', true],
  ['8.0', true],
  ['10.1beta2', true],
  ['7.16.2', false],
  ['7.9', false],
  ['7.2', false],
  ['6.49.10 (long-term)', false],
  ['', false],
  ['stable', false],
  ['v7.21', false],
  ['7', false],
])('%s is supported: %s', (version, supported) => {
  expect(isSupported(version)).toBe(supported);
});

it('compares numbers, not texts', () => {
  expect(atLeast('7.9', 7, 21)).toBe(false);
  expect(atLeast('7.21', 7, 21)).toBe(true);
  expect(atLeast('8.1', 7, 21)).toBe(true);
  expect(OLDEST_VERSION).toBe('7.17');
});
