import type { AgentAuthMethod, PublicKeyAuthMethod } from 'ssh2';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import { listAgentKeys, type AgentKey, type Ssh2 } from './agent.ts';
import { fingerprintOf } from './host-keys.ts';
import type { Hop } from './hop.ts';
import { readKeyFile, type KeyFile } from './key-file.ts';
import { quoteForShell } from './quote.ts';

/** One key that is offered to a server. */
export interface KeyOffer {
  /** For messages: the file, or the agent's key by fingerprint and comment. */
  readonly label: string;
  readonly method: AgentAuthMethod | PublicKeyAuthMethod;
}

/** The keys to offer, in order, each once. */
export interface LoginPlan {
  readonly offers: readonly KeyOffer[];
  /** Why keys that one might expect are not among them. */
  readonly remarks: readonly string[];
}

/**
 * Chooses the keys to offer to a server.
 *
 * With a configured key file: that one (from the agent, if the file is encrypted and the agent holds it).
 * Otherwise, as `ssh` does: keys of the agent that ssh_config names, the agent's others, then key files.
 *
 * @throws RdsctlError BAD_KEY_FILE when the configured key file can't be used
 */
export async function planLogin(ssh2: Ssh2, hop: Hop): Promise<LoginPlan> {
  const { configuredFile, agentSocket, files, onlyThese } = hop.identities;
  const remarks: string[] = [];
  const { parseKey } = ssh2.utils;
  if (configuredFile !== null) {
    const file = await readKeyFile(configuredFile, parseKey);
    if (file.kind === 'private') return { offers: [offerOfFile(file)], remarks };
    const agentMayHold = file.kind === 'encrypted' || file.kind === 'public';
    const held = agentMayHold ? heldBy(await agentKeys(), file) : undefined;
    if (held !== undefined) return { offers: [offerOfAgent(held)], remarks };
    throw badKeyFile(file, hop);
  }
  const [held, read] = await Promise.all([
    agentKeys(),
    Promise.all(files.map((file) => readKeyFile(file, parseKey))),
  ]);
  const named = read.map((file) => heldBy(held, file)).filter((key) => key !== undefined);
  const fromAgent = new Set(onlyThese ? named : [...named, ...held]);
  const offers = [...fromAgent].map(offerOfAgent);
  for (const file of read) {
    if (file.kind === 'bad') remarks.push(`${file.path} ${file.why}`);
    if (file.kind === 'encrypted' && heldBy(held, file) === undefined) {
      remarks.push(`${file.path} is encrypted and the agent doesn't hold it`);
    }
    if (file.kind === 'private' && heldBy(held, file) === undefined) offers.push(offerOfFile(file));
  }
  return { offers, remarks };

  async function agentKeys(): Promise<readonly AgentKey[]> {
    if (agentSocket === null) {
      remarks.push('no ssh-agent runs ($SSH_AUTH_SOCK is not set)');
      return [];
    }
    try {
      const keys = await listAgentKeys(ssh2, agentSocket);
      if (keys.length === 0) remarks.push(`the ssh-agent at ${agentSocket} holds no keys`);
      return keys;
    } catch {
      remarks.push(`no ssh-agent answers at ${agentSocket}`);
      return [];
    }
  }

  function offerOfFile(file: Extract<KeyFile, { kind: 'private' }>): KeyOffer {
    return { label: file.path, method: { type: 'publickey', username: hop.user, key: file.key } };
  }

  function offerOfAgent(key: AgentKey): KeyOffer {
    const comment = key.comment === '' ? '' : ` (${key.comment})`;
    return {
      label: `agent key ${fingerprintOf(key.publicKey)}${comment}`,
      method: { type: 'agent', username: hop.user, agent: key.agent },
    };
  }
}

/** The agent's key that is the file's, if the file's public key is known. */
function heldBy(keys: readonly AgentKey[], file: KeyFile): AgentKey | undefined {
  const publicKey =
    file.kind === 'private'
      ? file.key.getPublicSSH()
      : file.kind === 'encrypted' || file.kind === 'public'
        ? file.publicKey
        : null;
  return publicKey === null ? undefined : keys.find((key) => key.publicKey.equals(publicKey));
}

function badKeyFile(file: Exclude<KeyFile, { kind: 'private' }>, hop: Hop): RdsctlError {
  const { why, fix, when } = faultOf(file);
  return new RdsctlError('BAD_KEY_FILE', {
    message: `the key file ${file.path} for ${hop.name} ${why}`,
    now: 'No login was tried.',
    hints: fix === null ? [] : [{ when, run: quoteForShell(fix) }],
    details: { file: file.path },
  });
}

function faultOf(file: Exclude<KeyFile, { kind: 'private' }>): {
  why: string;
  fix: string[] | null;
  when: string;
} {
  const when = 'To mend it';
  switch (file.kind) {
    case 'missing':
      return {
        why: 'is not there',
        fix: ['ssh-keygen', '-t', 'ed25519', '-f', file.path],
        when: 'To make one',
      };
    case 'public':
      return { why: 'is a public key; the private key is needed', fix: null, when };
    case 'encrypted':
      return {
        why: 'is encrypted, and no ssh-agent holds the key',
        fix: ['ssh-add', file.path],
        when: 'To give it to the agent',
      };
    case 'bad':
      return { why: file.why, fix: file.fix, when };
  }
}
