#!/bin/sh
# Installs the Debian packages that the tests of rdsctl's own packages need, where some are missing. As root.
set -eu
missing=
for need in debootstrap:debootstrap lintian:lintian unshare:util-linux xz:xz-utils dpkg-deb:dpkg runuser:util-linux; do
  command -v "${need%%:*}" >/dev/null 2>&1 || missing="$missing ${need##*:}"
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
