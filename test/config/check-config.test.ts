import { describe, expect, it } from 'vitest';
import { checkConfigText } from '../../src/config/check-config.ts';
import { STARTER_FILE } from '../../src/config/starter-file.ts';

/** Problems as `line key message`. */
function problemsOf(text: string): string[] {
  return checkConfigText(text).problems.map(({ line, key, message }) => `${line ?? '-'} ${key} ${message}`);
}

const SERVER = 'storageServers: { rds1: { host: 10.0.0.1, %s } }';
const NODE = 'nodes: { n1: { %s } }';
const ALL_ONES = 'SHA256:' + '1'.repeat(43);

describe('a configuration file', () => {
  it('may be empty, or say as little as can be', () => {
    expect(problemsOf('')).toEqual([]);
    expect(problemsOf('# nothing\n')).toEqual([]);
    expect(problemsOf('nodes:\nstorageServers:\n')).toEqual([]);
    expect(problemsOf('storageServers: { rds1: { host: 10.0.0.1 } }\nnodes: { node-1: {} }')).toEqual([]);
  });

  it('may be JSON', () => {
    expect(problemsOf('{"storageServers": {"rds1": {"host": "10.0.0.1"}}}')).toEqual([]);
  });

  it('is right as `config init` writes it', () => {
    expect(checkConfigText(STARTER_FILE)).toMatchObject({ problems: [], warnings: [] });
  });

  it('is right in the starter file with every comment taken off', () => {
    const all = STARTER_FILE.split('\n')
      .filter((line) => !/knownHosts|Every key|Durations are|After a change|^# [A-Z]/.test(line))
      .map((line) => line.replace(/^(\s*)# (\w+:)/, '$1$2'))
      .join('\n')
      .replace('SHA256:…', ALL_ONES)
      .replace('uuid:…', 'uuid:11111111-2222-3333-4444-555555555555');
    expect(all).not.toMatch(/^\s*# \w+:/m);
    expect(problemsOf(all)).toEqual([]);
  });

  it('tells everything that is wrong, with lines', () => {
    const text = [
      'apiVersion: rdsctl/v2',
      'storageServers:',
      '  rds1:',
      '    hots: 10.0.0.1',
      '    port: "22"',
      '    user: a+b',
      'nodes:',
      '  "bad name": {}',
      'timeouts:',
      '  lock: 30',
      'colour: red',
    ].join('\n');
    const found = problemsOf(text);
    expect(found.map((problem) => problem.split(' ').slice(0, 2).join(' '))).toEqual([
      '1 apiVersion',
      '3 storageServers.rds1.host',
      '4 storageServers.rds1.hots',
      '5 storageServers.rds1.port',
      '6 storageServers.rds1.user',
      '8 nodes.bad',
      '10 timeouts.lock',
      '11 colour',
    ]);
    expect(found[2]).toContain('did you mean host?');
    expect(found[6]).toContain('write 30s');
    expect(found[7]).toContain('storageServers, nodes');
  });

  it.each([
    ['user: a+b', 'must not have a "+"'],
    ['user: "a b"', 'is not a user name'],
    ['user: "-oProxyCommand=x"', 'is not a user name'],
    ['port: 0', 'port number'],
    ['port: 65536', 'port number'],
    ['hostKey: SHA256:abc', 'is not a fingerprint'],
    ['hostKey: MD5:11:22', 'is not a fingerprint'],
    [`hostKey: ${ALL_ONES}, knownHosts: ./k`, 'can not stand beside hostKey'],
    [`hostKey: ${ALL_ONES}, verifyHostKey: false`, 'is false'],
    ['volumes: []', 'at least one'],
    ['volumes: vol-1', 'must be a list'],
    ['volumes: ["a b"]', 'is not a slot or a glob'],
    ['sharedExport: always', 'must be never or any'],
    ['nvme: { address: rds.example }', 'is not an IP address'],
    ['nvme: { adress: 10.0.0.1 }', 'did you mean address?'],
    ['verifyHostKey: "no"', 'must be true or false'],
  ])('refuses a storage server with %s', (part, message) => {
    expect(problemsOf(SERVER.replace('%s', part)).join('\n')).toContain(message);
  });

  it.each([
    ['transport: tcp', 'must be ssh or local'],
    ['host: "-x"', 'is not a host name'],
    ['host: "a b"', 'is not a host name'],
    ['hostNqn: nqn.bad', 'is not an NQN'],
    ['hostNqn: "nqn.2014-08.org.nvmexpress:uuid:$(x)"', 'is not an NQN'],
    ['addresses: [10.0.0.300]', 'is not an IP address'],
    ['transport: local, host: 10.0.0.1', 'means nothing with transport: local'],
  ])('refuses a node with %s', (part, message) => {
    expect(problemsOf(NODE.replace('%s', part)).join('\n')).toContain(message);
  });

  it.each([
    ['storageServers: { rds1: { host: rds.example } }', 'missing the address that nodes connect to'],
    ['nvme: { ctrlLossTmo: 1500ms }', 'whole seconds'],
    ['nvme: { keepAliveTmo: -1 }', 'must not be negative'],
    ['nvme: { ctrlLossTmo: 5s, fastIoFailTmo: 10s }', 'must not be longer than ctrlLossTmo'],
    ['timeouts: { connect: 0s }', 'longer than 0'],
    ['state: { url: "http://x" }', 'has the scheme "http": there are etcd:// and, with TLS, etcds://'],
    ['state: { url: "etcd://user:secret@x" }', 'holds a password'],
    ['state: { url: "etcd:x" }', 'lacks the two slashes'],
    ['state: { path: "etcd://x" }', 'write it as url'],
    ['state: { url: "etcd://ann@x" }', 'state.url has a user: needs passwordFile'],
    ['state: { url: etcd://x, user: ann }', 'state.user needs passwordFile'],
    ['state: { url: etcd://x, passwordFile: p }', 'state.passwordFile needs user'],
    ['state: { passwordFile: p }', 'state.passwordFile needs user'],
    ['state: { url: "etcd://bob@x", user: ann, passwordFile: p }', 'is ann, but the URL says bob'],
    ['state: { url: etcds://x, certFile: c }', 'state.certFile needs keyFile'],
    ['state: { url: etcds://x, keyFile: k }', 'state.keyFile needs certFile'],
    ['state: { url: etcd://x, caFile: c }', 'state.caFile means nothing with etcd://'],
    ['timeouts: { lease: 1s }', 'must be at least 2s'],
    ['timeouts: { lease: 2500ms }', 'must be whole seconds'],
    ['backups: 0', 'from 1 up'],
    ['backups: 1.5', 'whole number'],
    ['- a\n- b', 'must be a map'],
    ['nodes: [a]', 'must be a map'],
    ['nodes: { n1: null }', 'must be a map'],
  ])('refuses %s', (text, message) => {
    expect(problemsOf(text).join('\n')).toContain(message);
  });

  it.each([
    ['nodes:\n\tn1: {}', '2', 'tab'],
    ['backups: 1\nbackups: 2', '2', 'was there before'],
    ['nodes: {', '1', ''],
    ['backups: !!js/function "x"', '1', ''],
  ])('refuses broken YAML: %s', (text, line, message) => {
    const [first = ''] = problemsOf(text);
    expect(first.split(' ')[0]).toBe(line);
    expect(first).toContain(message);
  });

  it('refuses two nodes with one host NQN', () => {
    const nqn = 'hostNqn: nqn.2014-08.org.nvmexpress:uuid:11111111-2222-3333-4444-555555555555';
    expect(problemsOf(`nodes:\n  a: { ${nqn} }\n  b: { ${nqn} }`)).toEqual([
      expect.stringMatching(/^3 nodes\.b\.hostNqn is that of a too/),
    ]);
  });

  it('takes the fingerprint as ssh-keygen prints it, and -1 for ctrlLossTmo', () => {
    const { parsed } = checkConfigText(
      `nvme: { ctrlLossTmo: -1 }\n${SERVER.replace('%s', `hostKey: ${ALL_ONES}=`)}`,
    );
    expect(parsed?.nvme.ctrlLossTmo).toBe(-1);
    expect(parsed?.storageServers['rds1']?.hostKey).toBe(ALL_ONES);
  });

  it('warns of hosts that are not verified', () => {
    const { problems, warnings } = checkConfigText(SERVER.replace('%s', 'verifyHostKey: false'));
    expect(problems).toEqual([]);
    expect(warnings).toMatchObject([{ line: 1, key: 'storageServers.rds1.verifyHostKey' }]);
  });

  it('takes names that are properties of every object for names', () => {
    expect(checkConfigText('nodes: { constructor: {}, toString: {} }').problems).toEqual([]);
    expect(problemsOf('constructor: 1').join()).toContain('is not a key that is known');
  });
});
