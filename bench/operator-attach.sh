#!/bin/sh
# What an operator would write with OpenSSH: look, set and read back on the storage server; connect and wait on
# the node. It has no lock, no state, no check of who else has the volume, and can't be undone half-way.
# Arguments: ssh_config volume node
set -eu
config=$1 volume=$2 node=$3
nqn=nqn.2000-02.com.mikrotik:$volume
rds() { ssh -F "$config" rds1 "$1" | tr -d '\r'; }

hostnqn=$(ssh -F "$config" "$node" 'cat "${RDSCTL_ROOT-}/etc/nvme/hostnqn"; [ -d "${RDSCTL_ROOT-}/sys/module/nvme_tcp" ] || modprobe nvme-tcp')
[ "$(rds ":put [/disk get [find where slot=\"$volume\"] nvme-tcp-export]")" = false ]
rds "/disk set [find where slot=\"$volume\"] nvme-tcp-server-allow-host-name=\"$hostnqn\" nvme-tcp-export=yes"
[ "$(rds ":put [/disk get [find where slot=\"$volume\"] nvme-tcp-export]")" = true ]
ssh -F "$config" "$node" "nvme connect -t tcp -n $nqn -a 10.77.0.1 -s 4420 --hostnqn=$hostnqn"
ssh -F "$config" "$node" "for i in 1 2 3 4 5 6 7 8 9 10; do grep -qx $nqn \"\${RDSCTL_ROOT-}\"/sys/class/nvme-subsystem/*/subsysnqn && exit 0; sleep 0.1; done; exit 1"
