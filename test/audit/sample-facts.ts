import type { AuditFacts } from '../../src/audit/entry.ts';

/** What an attach tells. */
export function sampleFacts(more: Partial<AuditFacts> = {}): AuditFacts {
  return {
    event: 'attach',
    result: 'ok',
    exitCode: 0,
    reason: null,
    volume: 'rds1/vol-1',
    node: 'node-1',
    rds: 'rds1',
    who: { user: 'root', uid: 0, sudoUser: 'ops', sshOrigin: '192.0.2.7' },
    host: 'admin1',
    pid: 4711,
    command: 'rdsctl attach vol-1 node-1',
    operatorReason: 'ticket 12: "moved"',
    token: 3,
    durationMs: 1234,
    changes: [{ at: 'rds1', what: 'grant to node-1' }],
    message: 'line\u2028separators and\nline feeds are kept',
    ...more,
  };
}
