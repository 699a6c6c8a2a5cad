#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/vm/demo.sh - the main job, shown in a booted guest: `make demo` runs it there.
#
# Shows each command and its output, from the example YAML to the teardown, and stops with
# status 1 where one of them does not do what it should.
# Context: root in a guest with the project installed, an empty disk vdb, and no RAM disk yet.

yaml=/etc/rapiddisk.yaml
output=$(mktemp)

title() {
	printf '\n=== %s\n' "$*"
}

# status STATUS COMMAND: shows both, and wants that exit status.
status() {
	wanted=$1
	shift
	printf '\n# %s\n' "$*"
	sh -c "$*" >"$output" 2>&1
	got=$?
	cat "$output"
	[ "$got" -eq "$wanted" ] || wrong "exit status $got, not $wanted"
}

# What the last command printed has a line like this, or none.
says() {
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

title "A YAML file says which RAM disks there are to be"
status 0 "cat $yaml"

title "What would be done, before anything is"
status 0 rapiddisk-apply --dry-run
says '\+ ramdisk rd0'
status 0 lsblk
says_nothing_of '^rd0'

title "Do it"
status 0 rapiddisk-apply
status 0 lsblk
says '^rd0 .* 256M '
says '^rd2 .* 64M '
says '^rd3 .* 16M  *1 '

title "Once more: the kernel is as the file says, so nothing is done"
status 0 rapiddisk-apply
says_nothing_of .
status 0 rapiddisk-apply --dry-run
says '^converged$'

title "They are block devices as any other"
status 0 "mkfs.ext4 -q /dev/rd0 && mount /dev/rd0 /mnt && df -h /mnt"
status 0 rapiddisk-apply --status
says 'rd0'

title "A changed file: rd0 grows while it is mounted, rd2 goes, rd4 is new"
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

title "Teardown leaves alone what is in use"
status 1 rapiddisk-apply --teardown
says 'rd0'
status 0 lsblk
says '^rd0 .*/mnt'

title "Unmounted, it goes too"
status 0 umount /mnt
status 0 rapiddisk-apply --teardown
status 0 lsblk
says_nothing_of '^rd[0-9]'

title "A cache over a disk"
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

title "Without its entry it is switched off, mounted as it is"
echo 'caches: []' | sed '1i version: 1' >"$yaml"
status 0 rapiddisk-apply
says '~ cache data'
status 0 "dmsetup table data"
says ' linear '
status 0 "umount /mnt && rapiddisk-apply"
status 0 "dmsetup ls"
says_nothing_of '^data'

title "Done"
