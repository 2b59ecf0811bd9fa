#!/bin/sh
# Installs the Debian packages that the tests need, where some are missing: OpenSSH (client and server), and
# the tools of util-linux, busybox, strace, the shells that have completion, mandoc, Ansible with its collections for
# network devices (17 MB to fetch), what checks files for systemd, sudo and Prometheus, Pacemaker's fencing daemon with
# the schema of its agents, openssl, and etcd with its client, whose service is kept from starting: the tests start
# their own. Quick when everything is there.
set -eu
missing=
for need in ssh:openssh-client /usr/sbin/sshd:openssh-server unshare:util-linux busybox:busybox-static strace:strace \
  zsh:zsh fish:fish mandoc:mandoc promtool:prometheus systemd-analyze:systemd \
  /usr/lib/pacemaker/pacemaker-fenced:pacemaker /usr/sbin/stonith_admin:pacemaker-cli-utils xmllint:libxml2-utils \
  /usr/share/cluster/relaxng/metadata.rng:fence-agents-schema ansible-playbook:ansible /usr/sbin/visudo:sudo \
  /usr/lib/python3/dist-packages/paramiko:python3-paramiko etcd:etcd-server \
  etcdctl:etcd-client openssl:openssl; do
  command -v "${need%%:*}" >/dev/null 2>&1 || [ -e "${need%%:*}" ] || missing="$missing ${need##*:}"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
  echo "The tests need these packages; as root: apt-get install$missing" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null
# Debian 12 has the schema of fence agents in a package with all of them.
schema=fence-agents
apt-cache show fence-agents-common >/dev/null 2>&1 && schema=fence-agents-common
missing=$(printf '%s' "$missing" | sed "s/fence-agents-schema/$schema/")
# A service that is masked is not started when its package is installed.
case $missing in
*etcd-server*)
  mkdir -p /etc/systemd/system
  [ -e /etc/systemd/system/etcd.service ] || ln -sf /dev/null /etc/systemd/system/etcd.service
  ;;
esac
# shellcheck disable=SC2086 # a list of names
apt-get install -y -q --no-install-recommends $missing >/dev/null
