/** What `rdsctl config init` writes. It passes `rdsctl config check` as it is. */
export const STARTER_FILE = `# Configuration of rdsctl. Every key that is commented out shows its default.
# Durations are written 500ms, 30s, 5m or 1h. Relative paths start at this file's directory, ~ is your home.
# After a change:  rdsctl config check
apiVersion: rdsctl/v1

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

# How nodes treat a connection that breaks. -1 as ctrlLossTmo: never give up.
# nvme: { ctrlLossTmo: 600s, reconnectDelay: 10s, keepAliveTmo: 5s, fastIoFailTmo: 5s }

# How long nothing may be in flight before a fence counts as done.
# fence: { settle: 2s, drainTimeout: 60s, firewall: false }

# timeouts: { connect: 10s, command: 30s, device: 15s, lock: 30s }

# Where the state is kept: /var/lib/rdsctl for root, else ~/.local/state/rdsctl.
# state: { path: /var/lib/rdsctl }

# How many earlier states are kept beside it.
# backups: 10
`;
