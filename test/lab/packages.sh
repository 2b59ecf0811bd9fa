#!/bin/sh
# Gets what the lab of virtual machines needs, on Debian 12 or 13 (amd64), as root:
# the programs (QEMU, and everything that is copied into the guests) from the distribution's
# packages, and a guest kernel, which is downloaded and unpacked but not installed.
# Run it again at any time: what is there already is left alone.
#
#   RDSCTL_LAB_KERNEL=6.12   another kernel series than the release's own (Debian 12: 6.1)
#   RDSCTL_LAB_PROGRAMS=trixie  the guests' programs from another Debian release than this machine's: downloaded
#                            and unpacked, not installed
#   RDSCTL_LAB_CACHE=DIR     where kernels and images are kept (default ~/.cache/rdsctl-lab)
set -eu

cache=${RDSCTL_LAB_CACHE:-$HOME/.cache/rdsctl-lab}
host_packages='qemu-system-x86 cpio xz-utils lz4 zstd kmod e2fsprogs openssh-client util-linux'
guest_packages='busybox-static bash coreutils util-linux mount e2fsprogs findutils grep sed
    procps psmisc iproute2 kmod dmsetup nvme-cli openssh-server'

[ "$(dpkg --print-architecture)" = amd64 ] || {
    echo 'packages.sh: the lab runs on amd64 only' >&2
    exit 1
}

updated=
update_once() {
    [ -n "$updated" ] || apt-get update -q
    updated=yes
}

# Already there: nothing is asked of the network.
missing=
for package in $host_packages $guest_packages; do
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [ "$status" = 'install ok installed' ] || missing="$missing $package"
done
if [ -n "$missing" ]; then
    update_once
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
fi

# The release's own kernel goes by the name "default".
series=${RDSCTL_LAB_KERNEL:-default}
case $series in
default) meta=linux-image-cloud-amd64 ;;
*) meta=linux-image-$series-cloud-amd64 ;;
esac

concrete_package() {
    apt-cache depends "$1" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1
}

kernel=$cache/kernels/$series
if [ ! -e "$kernel/release" ]; then
    update_once
    package=$(concrete_package "$meta")
    # A release's own series may be asked for by its number, too.
    if [ -z "$package" ]; then
        package=$(concrete_package linux-image-cloud-amd64)
        case $package in
        linux-image-"$series".*) ;;
        *)
            echo "packages.sh: this release has no kernel $series" >&2
            exit 1
            ;;
        esac
    fi
    mkdir -p "$cache/kernels"
    chmod 700 "$cache"
    work=$(mktemp -d "$cache/kernels/.new-XXXXXX")
    trap 'rm -rf "$work"' EXIT
    (cd "$work" && apt-get download -q -o APT::Sandbox::User=root "$package")
    dpkg-deb --extract "$work"/*.deb "$work/tree"
    release=${package#linux-image-}
    # Debian 13 keeps the modules below /usr.
    modules=$work/tree/lib/modules/$release
    [ -d "$modules" ] || modules=$work/tree/usr/lib/modules/$release
    mkdir -p "$work/kernel/lib/modules"
    mv "$modules" "$work/kernel/lib/modules/"
    mv "$work/tree/boot/vmlinuz-$release" "$work/kernel/vmlinuz"
    depmod -b "$work/kernel" "$release"
    echo "$release" >"$work/kernel/release"
    chmod 755 "$work/kernel"
    rm -rf "$kernel"
    mv "$work/kernel" "$kernel"
fi
# Of another release nothing is installed: its package lists, too, are kept apart.
programs=${RDSCTL_LAB_PROGRAMS:-}
if [ -n "$programs" ] && [ ! -e "$cache/programs/$programs/versions" ]; then
    mkdir -p "$cache/programs"
    work=$(mktemp -d "$cache/programs/.new-XXXXXX")
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$work/apt/lists/partial" "$work/packages" "$work/programs/root"
    keys=/usr/share/keyrings/debian-archive-keyring.gpg
    echo "deb [signed-by=$keys] http://deb.debian.org/debian $programs main" >"$work/apt/sources.list"
    cat >"$work/apt/apt.conf" <<EOF
Dir::Etc::sourcelist "$work/apt/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$work/apt/lists";
Dir::State::status "/dev/null";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
APT::Sandbox::User "root";
EOF
    APT_CONFIG=$work/apt/apt.conf apt-get update -q
    # With all that they depend on, as on a machine that has nothing yet.
    # shellcheck disable=SC2086 # a list of words
    needed=$(APT_CONFIG=$work/apt/apt.conf apt-get install --simulate --no-install-recommends $guest_packages |
        sed -n 's/^Inst \([^ ]*\).*/\1/p')
    # shellcheck disable=SC2086
    (cd "$work/packages" && APT_CONFIG=$work/apt/apt.conf apt-get download -q $needed)
    for package in "$work/packages"/*.deb; do
        dpkg-deb --extract "$package" "$work/programs/root"
        name=$(dpkg-deb --field "$package" Package)
        dpkg-deb --fsys-tarfile "$package" | tar --list >"$work/programs/$name.files"
        dpkg-deb --show --showformat '${Package} ${Version}\n' "$package" >>"$work/versions"
    done
    mv "$work/versions" "$work/programs/versions"
    rm -rf "${cache:?}/programs/$programs"
    mv "$work/programs" "$cache/programs/$programs"
fi

echo "lab: kernel $(cat "$kernel/release") and all packages are there"
