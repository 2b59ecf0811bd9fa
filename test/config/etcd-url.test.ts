import { describe, expect, it } from 'vitest';
import { isUrl, parseEtcdUrl, UrlProblem, withoutUser } from '../../src/config/etcd-url.ts';

describe('a URL of a state in etcd', () => {
  it.each([
    ['etcd://h1', ['http://h1:2379'], '/rdsctl', 'etcd://h1:2379/rdsctl'],
    ['etcd://h1/', ['http://h1:2379'], '/rdsctl', 'etcd://h1:2379/rdsctl'],
    ['ETCDS://H1:1/a', ['https://h1:1'], '/a', 'etcds://h1:1/a'],
    [
      'etcd://h1:2379,h2,10.0.0.3:65535/site-a/rdsctl/',
      ['http://h1:2379', 'http://h2:2379', 'http://10.0.0.3:65535'],
      '/site-a/rdsctl',
      'etcd://h1:2379,h2:2379,10.0.0.3:65535/site-a/rdsctl',
    ],
    [
      'etcds://[2001:db8::1],[::1]:7/x',
      ['https://[2001:db8::1]:2379', 'https://[::1]:7'],
      '/x',
      'etcds://[2001:db8::1]:2379,[::1]:7/x',
    ],
  ])('%s', (url, endpoints, prefix, location) => {
    expect(parseEtcdUrl(url)).toEqual({
      endpoints,
      prefix,
      location,
      secure: url.toLowerCase().startsWith('etcds'),
      user: null,
    });
  });

  it('may name a user, who is not told again', () => {
    const { user, location } = parseEtcdUrl('etcds://rds@admins@h1,h2/p');
    expect([user, location]).toEqual(['rds@admins', 'etcds://h1:2379,h2:2379/p']);
  });

  it.each([
    ['http://h1', 'the scheme "http": there are etcd:// and, with TLS, etcds://'],
    ['consul://h1', 'there are etcd://'],
    ['etcd:h1', 'two slashes'],
    ['etcd:/h1', 'two slashes'],
    ['etcd://', 'lacks the name of a server'],
    ['etcd:///rdsctl', 'lacks the name of a server'],
    ['etcd://h1,,h2', 'lacks the name of a server'],
    ['etcd://h1,', 'lacks the name of a server'],
    ['etcd://ann:hunter2@h1', 'holds a password'],
    ['etcd://:hunter2@h1', 'holds a password'],
    ['etcd://@h1', 'has a user that is none'],
    ['etcd://a b@h1', 'has a user that is none'],
    ['etcd://h1:0', '1 to 65535'],
    ['etcd://h1:65536', '1 to 65535'],
    ['etcd://h1:x', '1 to 65535'],
    ['etcd://h1:', '1 to 65535'],
    ['etcd://h 1', 'no host name'],
    ['etcd://-h', 'no host name'],
    ['etcd://2001:db8::1', 'stands in brackets'],
    ['etcd://[2001:db8::1', 'stands in brackets'],
    ['etcd://[h1]', 'no IPv6 address'],
    ['etcd://[fe80::1%eth0]', 'no IPv6 address'],
    ['etcd://h1,h1:2379', 'names h1:2379 twice'],
    ['etcd://h1//a', 'has the prefix'],
    ['etcd://h1/a//b', 'has the prefix'],
    ['etcd://h1/../b', 'has the prefix'],
    ['etcd://h1/a%2fb', 'has the prefix'],
    ['etcd://h1/a?x=1', 'has the prefix'],
    ['etcd://h1/a#b', 'has the prefix'],
    ['etcd://h1/a\nb', 'has the prefix'],
  ])('%s is refused, without what may be secret', (url, message) => {
    let problem: unknown;
    try {
      parseEtcdUrl(url);
    } catch (error) {
      problem = error;
    }
    expect(problem).toBeInstanceOf(UrlProblem);
    expect(String(problem)).toContain(message);
    expect(String(problem)).not.toContain('hunter2');
  });

  it('is told from a path', () => {
    for (const url of ['etcd://a', 'ETCDS://a', 'etcd:a', 'http://a']) expect(isUrl(url), url).toBe(true);
    for (const path of ['a', '/a', './etcd:/a', 'etcd', 'C:/x', '//a']) expect(isUrl(path), path).toBe(false);
  });

  it('loses its user and password, however many signs are in them', () => {
    expect(withoutUser('etcd://ann:a@b/c@h1/p')).toBe('etcd://h1/p');
    expect(withoutUser('etcd://h1/p')).toBe('etcd://h1/p');
  });
});
