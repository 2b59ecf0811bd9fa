import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { root, timed } from './measure.js';

/**
 * Prepares an inventory for the hosts of a simulation, as an operator would have one.
 * @returns what runs the play for a volume and a node, and gives its milliseconds
 */
export function ansible({ dir, hosts }) {
  const home = path.join(dir, 'ansible');
  mkdirSync(path.join(home, '.ssh'), { recursive: true, mode: 0o700 });
  copyFileSync(path.join(dir, 'known_hosts'), path.join(home, '.ssh/known_hosts'));
  const login = ({ host, port, user, identityFile, knownHosts }) => ({
    ansible_host: host,
    ansible_port: port,
    ansible_user: user,
    ansible_ssh_private_key_file: identityFile,
    ansible_ssh_common_args: `-o UserKnownHostsFile=${knownHosts} -o IdentitiesOnly=yes`,
    ansible_python_interpreter: '{{ ansible_playbook_python }}',
  });
  const routerOs = (host) => ({
    ...login(host),
    // Console options: a wide terminal, which is not asked what it can do.
    ansible_user: `${host.user}+cet1024w`,
    ansible_connection: 'ansible.netcommon.network_cli',
    ansible_network_os: 'community.routeros.routeros',
    ansible_network_cli_ssh_type: 'paramiko',
  });
  const map = (all, change) =>
    Object.fromEntries(Object.entries(all).map(([name, host]) => [name, change(host)]));
  const inventory = {
    all: { hosts: { ...map(hosts.storageServers, routerOs), ...map(hosts.nodes, login) } },
  };
  writeFileSync(path.join(home, 'inventory.yml'), stringify(inventory));
  const env = {
    HOME: home,
    LANG: 'C.UTF-8',
    // Short: it holds sockets.
    ANSIBLE_PERSISTENT_CONTROL_PATH_DIR: path.join(home, 'pc'),
    ANSIBLE_PERSISTENT_CONNECT_TIMEOUT: '200',
    ANSIBLE_PERSISTENT_COMMAND_TIMEOUT: '180',
    ANSIBLE_SSH_CONTROL_PATH_DIR: path.join(home, 'cp'),
  };
  const play = path.join(root, 'bench/ansible/attach.yml');
  return (volume, node) =>
    timed(
      'ansible-playbook',
      ['-i', path.join(home, 'inventory.yml'), '-e', `volume=${volume}`, '-e', `node=${node}`, play],
      env,
    );
}
