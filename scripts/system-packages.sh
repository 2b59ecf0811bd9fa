#!/bin/sh
# Installs the Debian packages that the tests need, where some are missing: OpenSSH (client and server), and
# the tools of util-linux, busybox, strace, the shells that have completion, mandoc, Ansible with its collections for
# network devices (17 MB to fetch), and what checks files for systemd and Prometheus. Quick when everything is there.
set -eu
missing=
for need in ssh:openssh-client /usr/sbin/sshd:openssh-server unshare:util-linux busybox:busybox-static strace:strace \
  zsh:zsh fish:fish mandoc:mandoc promtool:prometheus systemd-analyze:systemd \
  ansible-playbook:ansible /usr/lib/python3/dist-packages/paramiko:python3-paramiko; do
  command -v "${need%%:*}" >/dev/null 2>&1 || [ -e "${need%%:*}" ] || missing="$missing ${need##*:}"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
  echo "The tests need these packages; as root: apt-get install$missing" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null
# shellcheck disable=SC2086 # a list of names
apt-get install -y -q --no-install-recommends $missing >/dev/null
