import { describe, expect, it } from 'vitest';

import {
  hostIdentity,
  isHostNqn,
  isSubsystemNqn,
  NOBODY,
  type IdentitySources,
} from '../../src/attachment/host-nqn.ts';
import { failure } from '../fakes/outcome.ts';

const UUID = '6b1d4a3e-5c5e-4d9e-8f43-0a5b3c7d9e11';
const OTHER = '00000000-0000-4000-8000-000000000002';
const NQN = `nqn.2014-08.org.nvmexpress:uuid:${UUID}`;

const sources = (over: Partial<IdentitySources> = {}): IdentitySources => ({
  node: 'node-1',
  configured: null,
  hostNqnFile: null,
  hostIdFile: null,
  ...over,
});

describe('isHostNqn', () => {
  it.each([
    NQN,
    'nqn.2014-08.com.example:host',
    'nqn.2014-08.com.example',
    `nqn.2014-08.com.example:${'x'.repeat(199)}`,
  ])('takes %s', (nqn) => {
    expect(isHostNqn(nqn)).toBe(true);
  });

  it.each([
    '',
    'nqn',
    'iqn.2014-08.com.example:host',
    'nqn.14-08.com.example:host',
    'nqn.2014-08.com.example:',
    'nqn.2014-08.com.example:a b',
    'nqn.2014-08.com.example:a"b',
    'nqn.2014-08.com.example:a,b',
    `${NQN}\n`,
    ` ${NQN}`,
    `nqn.2014-08.com.example:${'x'.repeat(200)}`,
  ])('refuses %j', (nqn) => {
    expect(isHostNqn(nqn)).toBe(false);
  });

  it('never takes the NQN that stands for nobody: a node of that name would be let into every closed export', () => {
    expect(isHostNqn(NOBODY)).toBe(false);
    expect(isSubsystemNqn(NOBODY)).toBe(true);
  });
});

describe('isSubsystemNqn', () => {
  it('takes a bare slot name, as RouterOS before 7.21 uses it', () => {
    expect(isSubsystemNqn('vol-1')).toBe(true);
    expect(isSubsystemNqn('nqn.2000-02.com.mikrotik:vol-1')).toBe(true);
  });

  it.each(['', 'a b', '-vol', 'vol"', 'x'.repeat(64), `nqn.2000-02.com.mikrotik:${'x'.repeat(220)}`])(
    'refuses %j',
    (nqn) => {
      expect(isSubsystemNqn(nqn)).toBe(false);
    },
  );
});

describe('hostIdentity', () => {
  it('takes the configured host NQN before that of the node', () => {
    const mine = `nqn.2014-08.org.nvmexpress:uuid:${OTHER}`;
    expect(hostIdentity(sources({ configured: mine, hostNqnFile: NQN, hostIdFile: UUID }))).toEqual({
      hostNqn: mine,
      hostId: UUID,
    });
  });

  it('takes the host ID of the file before the one in the NQN', () => {
    expect(hostIdentity(sources({ hostNqnFile: NQN, hostIdFile: OTHER }))).toEqual({
      hostNqn: NQN,
      hostId: OTHER,
    });
  });

  it('takes the host ID out of an NQN of the uuid form', () => {
    expect(hostIdentity(sources({ hostNqnFile: NQN })).hostId).toBe(UUID);
  });

  it('makes up neither: without a host NQN, with a malformed one, without a host ID it refuses with the fix', async () => {
    const without = await failure(() => hostIdentity(sources()));
    expect(without).toMatchObject({ reason: 'NODE_NOT_READY', exitCode: 10, now: 'Nothing was changed.' });
    expect(without.hints[0]?.run).toBe('nvme gen-hostnqn > /etc/nvme/hostnqn');

    const malformed = await failure(() => hostIdentity(sources({ hostNqnFile: 'my host\u001b[2J' })));
    expect(malformed.reason).toBe('NODE_NOT_READY');
    expect(malformed.message).toContain('"my host\\u001b[2J"');

    const noId = await failure(() => hostIdentity(sources({ hostNqnFile: 'nqn.2014-08.com.example:host' })));
    expect(noId.reason).toBe('NODE_NOT_READY');
    expect(noId.message).toContain('/etc/nvme/hostid');
  });

  it.each(['not-a-uuid', `${UUID}0`, `${UUID} `, ''])('refuses the host ID %j', async (hostIdFile) => {
    expect((await failure(() => hostIdentity(sources({ hostNqnFile: NQN, hostIdFile })))).reason).toBe(
      'NODE_NOT_READY',
    );
  });

  it('refuses the NQN of nobody, configured or read', async () => {
    for (const from of [{ configured: NOBODY }, { hostNqnFile: NOBODY }]) {
      expect((await failure(() => hostIdentity(sources({ ...from, hostIdFile: UUID })))).reason).toBe(
        'NODE_NOT_READY',
      );
    }
  });
});
