import { HEAD, REST_OF_CONFIG } from './written-config.ts';

/** What `rdsctl config init` writes. It passes `rdsctl config check` as it is. */
export const STARTER_FILE = `${HEAD}
# MikroTik ROSE Data Servers, by a name of your choice.
storageServers:
  rds1:
    host: 192.0.2.10                # management address, for SSH
    # port: 22
    user: rdsctl                    # a RouterOS user without "+" in its name
    # identityFile: ~/.ssh/rdsctl   # else the SSH agent, else ~/.ssh/config
    # hostKey: SHA256:…             # fingerprint of its host key, from: ssh-keygen -lf FILE
    # knownHosts: ./known_hosts     # or a known_hosts file; else ~/.ssh/known_hosts
    # verifyHostKey: true           # false lets anybody pose as this server
    nvme:
      address: 192.0.2.20           # where nodes reach its NVMe/TCP target
      # port: 4420
    # volumes: ["*"]                # slots (globs) that rdsctl may touch
    # sharedExport: never           # never, or any: allows attach --shared

# The Linux hosts that volumes are attached to, by name.
nodes:
  node-1:
    # transport: ssh                # ssh, or local: this very host
    host: 192.0.2.31
    # port: 22
    user: root
    # sudo: false                   # true when the user needs sudo -n
    # identityFile: ~/.ssh/rdsctl
    # hostNqn: nqn.2014-08.org.nvmexpress:uuid:…   # else read from the node and remembered
    # addresses: []                 # storage-side addresses, for the firewall fence

${REST_OF_CONFIG}`;
