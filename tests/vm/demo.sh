#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/vm/demo.sh - show the main job in a booted guest, for `make demo`.
#
# Prints each command and its output, from the example YAML to the teardown, then a
# cache, an export with a connected initiator, and the status. Stops with status 1
# if a command has an unexpected status or output.
# Context: root in a guest with the project installed, an empty disk vdb, and no RAM disk.

yaml=/etc/rapiddisk.yaml
output=$(mktemp)
nqn=nqn.2026-11.org.example:scratch
get="runuser -u nobody -- curl -sS http://127.0.0.1:9118"

title() {
	printf '\n=== %s\n' "$*"
}

# status STATUS COMMAND - print COMMAND and its output, and demand exit status STATUS
status() {
	wanted=$1
	shift
	printf '\n# %s\n' "$*"
	sh -c "$*" >"$output" 2>&1
	got=$?
	cat "$output"
	[ "$got" -eq "$wanted" ] || wrong "exit status $got, not $wanted"
}

# Demand that a line of the last output matches REGEX; says_nothing_of demands the opposite.
says() { # REGEX
	grep -qE -e "$1" "$output" || wrong "no '$1' in the output"
}

says_nothing_of() {
	! grep -qE -e "$1" "$output" || wrong "'$1' in the output"
}

wrong() {
	echo "demo: $*" >&2
	exit 1
}

uname -sr
cp /src/examples/ramdisks.yaml "$yaml"

title "A YAML file declares the RAM disks"
status 0 "cat $yaml"

title "The plan, before any change"
status 0 rapiddisk-apply --dry-run
says '\+ ramdisk rd0'
status 0 lsblk
says_nothing_of '^rd0'

title "Apply the file"
status 0 rapiddisk-apply
status 0 lsblk
says '^rd0 .* 256M '
says '^rd2 .* 64M '
says '^rd3 .* 16M  *1 '

title "Apply again: the kernel matches the file, so nothing changes"
status 0 rapiddisk-apply
says_nothing_of .
status 0 rapiddisk-apply --dry-run
says '^converged$'

title "The RAM disks are ordinary block devices"
status 0 "mkfs.ext4 -q /dev/rd0 && mount /dev/rd0 /mnt && df -h /mnt"
status 0 rapiddisk-apply --status
says 'rd0'

title "A changed file: grow the mounted rd0, remove rd2, create rd4"
sed -i -e '/name: rd0/{n;s/256MiB/384MiB/}' -e '/name: rd2/,/preallocate/d' "$yaml"
printf '\n  - name: rd4\n    size: 32MiB\n' >>"$yaml"
status 0 "diff -u /src/examples/ramdisks.yaml $yaml || true"
status 2 rapiddisk-apply --dry-run --detailed-exitcode
says '~ ramdisk rd0'
says '- ramdisk rd2'
says '\+ ramdisk rd4'

title "Apply the change"
status 0 rapiddisk-apply
status 0 lsblk
says '^rd0 .* 384M .*/mnt'
says '^rd4 .* 32M '
says_nothing_of '^rd2'

title "Teardown keeps a disk in use"
status 1 rapiddisk-apply --teardown
says 'rd0'
status 0 lsblk
says '^rd0 .*/mnt'

title "Teardown removes the unmounted disk"
status 0 umount /mnt
status 0 rapiddisk-apply --teardown
status 0 lsblk
says_nothing_of '^rd[0-9]'

title "Cache a disk"
mkfs.ext4 -q -L data /dev/vdb
udevadm settle
cat >"$yaml" <<END
version: 1
caches:
  - name: data
    source: LABEL=data
    size: 64MiB
END
status 0 "cat $yaml"
status 0 rapiddisk-apply
status 0 "mount /dev/mapper/data /mnt && head -c 8M /dev/urandom >/mnt/file && sync"
status 0 "echo 1 >/proc/sys/vm/drop_caches; cksum /mnt/file"
status 0 rapiddisk-apply --status
says '^data +/dev/vdb .* [1-9][0-9.]*% '

title "Export a RAM disk, and connect an initiator on the same machine"
cat >>"$yaml" <<END
ramdisks:
  - {name: rd0, size: 64MiB}
ports:
  - {id: 1, transport: tcp, address: 127.0.0.1}
exports:
  - nqn: $nqn
    namespaces: [ {id: 1, device: rd0} ]
    ports: [1]
    allow_any_host: true
END
status 0 "cat $yaml"
status 0 rapiddisk-apply
status 0 "modprobe nvme_tcp && nvme connect -t tcp -a 127.0.0.1 -n $nqn && udevadm settle"
status 0 nvme list
says '^/dev/nvme0n1 '
status 0 "echo written by the initiator | dd of=/dev/nvme0n1 conv=sync oflag=direct status=none"
status 0 "dd if=/dev/rd0 bs=512 count=1 iflag=direct status=none | head -n 1"
says '^written by the initiator$'

title "The disk grows below the connected initiator"
sed -i 's/64MiB}/96MiB}/' "$yaml"
status 0 rapiddisk-apply
status 0 "udevadm settle; lsblk /dev/nvme0n1"
says '^nvme0n1 .* 96M '

title "The status page, as text: its data over HTTP, for a user without privilege"
status 0 systemctl start rapiddisk-statusd.socket
status 0 "$get/v1/status | jq -r '.result, (.objects[] | [.kind, .name, .result] | @tsv)'"
says '^(converged|changed)$'
says "^export.*$nqn"
status 0 "$get/v1/live | jq -r '.caches[] | .name, .source, .hit_ratio, .in_use'"
says '^[1-9][0-9.]*%$'
says "^mounted on '/mnt'$"
status 0 "$get/metrics | grep -E '^rapiddisk_(converged|cache_(hits|misses|memory)|export)'"
says '^rapiddisk_converged 1$'
says '^rapiddisk_cache_hits_total.* [1-9]'
says '^rapiddisk_export_namespaces.* 1$'
status 0 "$get/healthz"
says '"pass"'

title "Without their entries, the export and its disk stay until the initiator has disconnected"
sed -i -e '/^ramdisks:/,$d' "$yaml"
printf '%s: []\n' ramdisks ports exports >>"$yaml"
status 1 rapiddisk-apply
says "$nqn"
status 0 nvme list
says '^/dev/nvme0n1 '
status 0 nvme disconnect -n "$nqn"
status 0 rapiddisk-apply
status 0 rapiddisk-apply --dry-run
says '^converged$'
status 0 lsblk
says_nothing_of '^(rd|nvme)[0-9]'

title "Without its entry, the mounted cache is switched off"
echo 'caches: []' | sed '1i version: 1' >"$yaml"
status 0 rapiddisk-apply
says '~ cache data'
status 0 "dmsetup table data"
says ' linear '
status 0 "umount /mnt && rapiddisk-apply"
status 0 "dmsetup ls"
says_nothing_of '^data'

title "Done"
