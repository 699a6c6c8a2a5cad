#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: suite=trixie memory=2G cpus=2 disk=64M disk=64M timeout=900
#
# test-capture - capture a machine, and plan from the capture as on the machine.
#
# The machine has a RAM disk with an export, a cache, and an encrypted map of another program. The
# secrets that the test plants are not in the capture.
. /src/tests/vm/lib.sh || exit

yaml=/etc/rapiddisk.yaml
keys=/etc/rapiddisk/keys
host=nqn.2014-08.org.nvmexpress:uuid:11111111-2222-3333-4444-555555555555
dir=$(mktemp -d)
capture=$dir/capture
root=$dir/root
crypt_key=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff

leave() {
	umount /mnt
	dmsetup remove planted
	rapiddisk-apply --teardown
	rm -rf $yaml /etc/rapiddisk "$dir"
	udevadm settle
	rmmod nvme_loop nvmet rapiddisk_cache rapiddisk
}
t_atexit leave

# Write the configuration with RAM disks of SIZE and a cache of SIZE.
config() { # RAMDISK-SIZE CACHE-SIZE
	cat >$yaml <<-END
		version: 1
		# the password is planted-in-a-comment
		ramdisks: [{name: rd0, size: $1}]
		caches: [{name: data, source: UUID=$uuid, size: $2}]
		ports: [{id: 1, transport: tcp, address: 127.0.0.1}]
		hosts: [{nqn: "$host", dhchap_key_file: $keys/host}]
		exports:
		  - nqn: nqn.2026-11.org.example:scratch
		    namespaces: [{id: 1, device: rd0}]
		    ports: [1]
		    hosts: ["$host"]
		status:
		  push: [{url: "https://collector.example/in", token_file: $keys/planted-name}]
	END
}

# Compare the plan on the machine with the plan from a capture of it.
captured_plan_is_the_same() { # SENTENCE
	rapiddisk-apply --dry-run >"$dir/here" 2>&1
	status=$?
	t_run "$1: the capture is written" rapiddisk-apply --capture="$capture"
	cat "$capture"
	rm -rf "$root"
	t_run "$1: the capture can be unpacked" tree unpack "$capture" "$root"
	rapiddisk-apply --dry-run --sysroot="$root" -c "$root/etc/rapiddisk.yaml" >"$dir/there" 2>&1
	t_is "$1: the exit code is the same" $? $status
	t_is "$1: the plan is the same" "$(cat "$dir/there")" "$(cat "$dir/here")"
	rapiddisk-apply --dry-run --json 2>&1 | jq .objects >"$dir/here"
	rapiddisk-apply --dry-run --json --sysroot="$root" -c "$root/etc/rapiddisk.yaml" 2>&1 |
		jq .objects >"$dir/there"
	t_is "$1: the plan as JSON is the same" "$(cat "$dir/there")" "$(cat "$dir/here")"
}

lacks() { # SENTENCE TEXT
	t_fails "$1" grep -iF -e "$2" "$capture"
}

# --- the machine -------------------------------------------------------------------------

mkfs.ext4 -q /dev/vdb
udevadm settle
uuid=$(blkid -s UUID -o value /dev/vdb)
mkdir -p $keys
chmod 700 $keys
nvme gen-dhchap-key --nqn=$host >$keys/host
chmod 600 $keys/host
key=$(cut -d: -f3 $keys/host)
t_run "dm-crypt maps a disk with a planted key" \
	dmsetup create planted --table "0 65536 crypt aes-xts-plain64 $crypt_key 0 /dev/vdc 0"
config 64MiB 16MiB
t_run "the configuration applies" rapiddisk-apply
mount /dev/mapper/data /mnt
t_is "the kernel has the planted key of the host" \
	"$(cut -d: -f3 /sys/kernel/config/nvmet/hosts/$host/dhchap_key)" "$key"

# --- the captures ------------------------------------------------------------------------

captured_plan_is_the_same "in sync"
t_is "the plan in sync is 'converged'" "$(rapiddisk-apply --dry-run)" converged
lacks "the key of the host is not in the capture" "$key"
lacks "the key of dm-crypt is not in the capture" "$crypt_key"
lacks "the comment of the configuration is not in the capture" planted-in-a-comment
lacks "the section 'status' is not in the capture" collector.example
t_run "the map of dm-crypt is in the capture" grep -F "/dm/name = planted" "$capture"
t_fails "the table of dm-crypt is not in the capture" \
	grep -E "/dm/table = .*crypt" "$capture"
t_is "only root can read the capture" "$(stat -c %a "$capture")" 600

config 128MiB 32MiB
captured_plan_is_the_same "with changes"
t_fails "changes are pending" rapiddisk-apply --dry-run --detailed-exitcode
nvme gen-dhchap-key --nqn=$host >$keys/host
captured_plan_is_the_same "with another key"
lacks "the old key is not in the capture" "$key"
lacks "the new key is not in the capture" "$(cut -d: -f3 $keys/host)"
sed -i '/^exports/,$d' $yaml
echo 'exports: []' >>$yaml
captured_plan_is_the_same "with an export to remove"

t_fails "a user who is not root cannot capture" \
	setpriv --reuid=65534 --clear-groups rapiddisk-apply --capture=/tmp/capture
t_fails "and leaves no file" test -e /tmp/capture
