#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie
#
# slow-cache-errors - check that an application sees the errors of the source through the cache.
#
# The same requests fail with and without the cache, and no wrong data is cached.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh || exit

T_ALLOW='error, dev|I/O error'
c_source 16
disk=$source
modprobe dm-flakey

# At 1 MiB, 8 sectors fail. They begin in the middle of a block.
dmsetup create bad <<-END
	0 2052 linear $disk 0
	2052 8 error
	2060 $((sectors - 2060)) linear $disk 2060
END
t_atexit "dmsetup remove --retry bad"
source=/dev/mapper/bad

# pattern DEVICE - print for each read of 512 bytes, 4 KiB and 64 KiB near 1 MiB whether it succeeds
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
t_run "the cache counts the errors of the source" test "$(c_stat source_errors)" -gt 0
c_remove

# The data of a failed write must never be read.
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
	t_fails "a write of $size fails if the source fails the write" \
		dd if=/dev/urandom of=$cache bs=$size seek=5 count=1 oflag=direct
	good
	t_run "the data of the failed write is not read, $size" c_same
	c_sum $cache >/dev/null
	flaky 1 drop_writes
	t_run "a write of $size succeeds if the source drops the data" \
		dd if=/dev/urandom of=$cache bs=$size seek=5 count=1 oflag=direct
	good
	dmsetup message cache 0 drop
	t_run "after drop, the cache equals the source without the dropped write, $size" c_same
done
t_run "cache and source are equal at the end" c_same
c_remove
