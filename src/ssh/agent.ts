import type ssh2Package from 'ssh2';
import type { BaseAgent, OpenSSHAgent, ParsedKey } from 'ssh2';

/** ssh2 as it is loaded when the first connection is made. */
export type Ssh2 = typeof ssh2Package;

/** A key that an ssh-agent holds. */
export interface AgentKey {
  readonly publicKey: Buffer;
  readonly comment: string;
  /** An agent with this key only: each key is offered by itself, so that messages can name it. */
  readonly agent: BaseAgent;
}

/**
 * The keys of the ssh-agent at a socket.
 *
 * @throws Error when no agent answers there
 */
export async function listAgentKeys(ssh2: Ssh2, socketPath: string): Promise<AgentKey[]> {
  const agent = new ssh2.OpenSSHAgent(socketPath);
  const keys = await new Promise<ParsedKey[]>((resolve, reject) => {
    agent.getIdentities((error, found) => {
      if (error) reject(error);
      else resolve((found ?? []) as ParsedKey[]);
    });
  });
  return keys.map((key) => ({
    publicKey: key.getPublicSSH(),
    comment: key.comment,
    agent: singleKeyAgent(ssh2, agent, key),
  }));
}

function singleKeyAgent(ssh2: Ssh2, agent: OpenSSHAgent, key: ParsedKey): BaseAgent {
  class SingleKeyAgent extends ssh2.BaseAgent<ParsedKey> {
    override getIdentities: BaseAgent<ParsedKey>['getIdentities'] = (callback) => {
      callback(undefined, [key]);
    };
    override sign: BaseAgent<ParsedKey>['sign'] = agent.sign.bind(agent);
  }
  return new SingleKeyAgent();
}
