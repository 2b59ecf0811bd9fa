import { describe, expect, it } from 'vitest';
import { RdsctlError } from '../../../src/errors/rdsctl-error.ts';
import { checkStateDirectory } from '../../../src/operations/doctor/state-directory.ts';
import { checkStateServers } from '../../../src/operations/doctor/state-servers.ts';
import type { HereFacts, KeptByServers } from '../../../src/operations/ports/here.ts';

const LOCATION = 'etcds://h1:2379,h2:2379,h3:2379/rdsctl';

function kept(failures: readonly (string | null)[], more: Partial<KeptByServers> = {}): KeptByServers {
  return {
    location: LOCATION,
    servers: failures.map((failure, index) => ({ endpoint: `https://h${index + 1}:2379`, failure })),
    certificates: [],
    ...more,
  };
}

describe('the servers that keep the state', () => {
  it('all answer: in order', () => {
    expect(checkStateServers(kept([null, null, null]))).toMatchObject([
      {
        id: 'state.servers',
        severity: 'ok',
        subject: LOCATION,
        found: 'all 3 servers that are named answer',
      },
    ]);
  });

  it('fewer answer than are named: each that does not is a warning', () => {
    const checks = checkStateServers(kept([null, 'nothing listens there', null]));
    expect(checks).toMatchObject([
      {
        severity: 'warning',
        subject: 'https://h2:2379',
        found: 'does not serve the state (2 of 3 do): nothing listens there',
        fix: { on: 'here', run: 'etcdctl endpoint health --cluster' },
      },
    ]);
    expect(checks[0]?.why).toContain('majority');
  });

  it('none answers: an error for each', () => {
    const checks = checkStateServers(kept(['a', 'b']));
    expect(checks.map(({ severity, found }) => `${severity} ${found}`)).toEqual([
      'error does not serve the state (0 of 2 do): a',
      'error does not serve the state (0 of 2 do): b',
    ]);
  });

  it('only one is named: good to know', () => {
    expect(checkStateServers(kept([null]))).toMatchObject([
      { severity: 'info', found: 'answers, and is the only server that is named' },
    ]);
  });

  it.each([
    [-1.5, 'error', 'ran out 1 day ago'],
    [0.2, 'warning', 'runs out in 0 days'],
    [13.9, 'warning', 'runs out in 13 days'],
    [14.1, 'ok', 'good for 14 days'],
  ])('a certificate with %d days left: %s', (daysLeft, severity, found) => {
    const checks = checkStateServers(kept([null, null], { certificates: [{ file: '/c.pem', daysLeft }] }));
    expect(checks).toContainEqual(
      expect.objectContaining({ id: 'state.certificate', subject: '/c.pem', severity, found }),
    );
  });
});

describe('beside them, the directory of this host', () => {
  const here = (exists: boolean): HereFacts => ({
    configFile: null,
    configWarnings: [],
    keyFiles: [],
    servers: kept([null, null, null]),
    directory: {
      value: {
        path: '/var/lib/rdsctl',
        exists,
        uid: 0,
        fileSystem: 'nfs',
        network: true,
        writable: false,
        locksWritable: true,
        files: [],
      },
    },
    audit: { failed: 'unreadable' },
  });

  it('must be writable; where it lies matters to nobody but the audit log', () => {
    const checks = checkStateDirectory(here(true), null);
    const ids = checks.map(({ id, severity }) => `${id} ${severity}`);
    expect(ids).toEqual([
      'state.readable ok',
      'state.servers ok',
      'state.writable error',
      'state.modes ok',
      'audit.chain unknown',
    ]);
    expect(checks[0]?.subject).toBe(LOCATION);
    expect(checkStateDirectory(here(false), null).map(({ id }) => id)).toEqual([
      'state.readable',
      'state.servers',
    ]);
  });

  it('why the state can not be read is told of its URL', () => {
    const failure = new RdsctlError('STATE_DAMAGED', { message: 'it is damaged' });
    expect(checkStateDirectory(here(true), failure)[0]).toMatchObject({
      severity: 'error',
      subject: LOCATION,
      found: 'it is damaged',
    });
  });
});
