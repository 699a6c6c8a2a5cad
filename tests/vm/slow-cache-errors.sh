#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie
#
# Errors are the source's: what an application sees through the cache is what it sees without,
# and nothing bad is cached.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh

T_ALLOW='error, dev|I/O error'
c_source 16
disk=$source
modprobe dm-flakey

# 1 MiB in, 8 sectors that begin in the middle of a block fail.
dmsetup create bad <<-END
	0 2052 linear $disk 0
	2052 8 error
	2060 $((sectors - 2060)) linear $disk 2060
END
t_atexit "dmsetup remove --retry bad"
source=/dev/mapper/bad

# DEVICE: which reads of 512 bytes, 4 KiB and 64 KiB around there succeed
pattern() {
	local size at
	for size in 512 4096 65536; do
		for ((at = 1048576 - 65536; at < 1048576 + 65536; at += size)); do
			if dd if="$1" of=/dev/null bs=$size skip=$((at / size)) count=1 \
				iflag=direct 2>/dev/null; then
				printf 1
			else
				printf 0
			fi
		done
		echo
	done
}
pattern $source >"$t_dir/without"
t_note "$(grep -o 0 "$t_dir/without" | wc -l) of the reads fail without the cache"
for pass in cold warm; do
	[ $pass = warm ] || c_create - 8192
	pattern $cache >"$t_dir/with"
	t_run "the same reads fail, $pass" cmp "$t_dir/without" "$t_dir/with"
done
t_run "the errors were counted" test "$(c_stat source_errors)" -gt 0
c_remove

# Writes fail: nothing of them is seen later.
flaky() { # FEATURES...
	dmsetup suspend --nolockfs flaky 2>/dev/null
	dmsetup load flaky --table "0 $sectors flakey $disk 0 0 60 $*"
	dmsetup resume flaky
}
good() {
	dmsetup suspend flaky
	dmsetup load flaky --table "0 $sectors linear $disk 0"
	dmsetup resume flaky
}
dmsetup create flaky --table "0 $sectors linear $disk 0"
t_atexit "dmsetup remove --retry flaky"
source=/dev/mapper/flaky
c_create - 16384
for size in 4k 512 64k; do
	c_sum $cache >/dev/null
	flaky 1 error_writes
	t_fails "a write of $size that the source fails fails" \
		dd if=/dev/urandom of=$cache bs=$size seek=5 count=1 oflag=direct
	good
	t_run "and is not seen, $size" c_same
	c_sum $cache >/dev/null
	flaky 1 drop_writes
	t_run "a write of $size that the source loses" \
		dd if=/dev/urandom of=$cache bs=$size seek=5 count=1 oflag=direct
	good
	dmsetup message cache 0 drop
	t_run "is lost after drop, and nothing else is wrong, $size" c_same
done
t_run "everything is right at the end" c_same
c_remove
