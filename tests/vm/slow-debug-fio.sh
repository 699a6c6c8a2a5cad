#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: debug suite=trixie memory=1G cpus=2 disk=128M timeout=6000
#
# slow-debug-fio [MINUTES] - verify mixed I/O through the cache on the debug kernel.
#
# The test runs MINUTES (8) in each mode, a quarter of an hour together. Every written byte is read
# back correctly, and the kernel does not complain.
#
# fio can verify only a range that one job alone writes. Four jobs each write, trim and verify a
# quarter of the first 96 MiB, buffered or direct. Two jobs read everywhere without verification.
# In the last 32 MiB, writers, a trimmer and the readers overlap freely. Only the source has the
# right content of that range, so cache and source must be equal at the end.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh || exit

minutes=${1:-8}
mgmt=/sys/kernel/rapiddisk/mgmt
source=/dev/vdb
sectors=$((128 * 2048))
modprobe rapiddisk-cache
echo "rapiddisk attach 5 $((32 << 20))" >$mgmt
t_atexit "dmsetup remove --retry cache; t_detach 5
	modprobe -r rapiddisk-cache"
dd if=/dev/urandom of=$source bs=1M count=128 oflag=direct
udevadm settle

# Run one pass. All jobs start together. At its end, a verifying job reads back all that it wrote
# while the other jobs continue.
pass() {
	fio --output="$t_dir/fio" --filename=$cache --thread --randrepeat=0 --ioengine=libaio \
		--iodepth=8 --bssplit=512/15:4k/40:28k/15:64k/15:256k/10:1M/5 --io_size=12M \
		--verify_fatal=1 --serialize_overlap=1 \
		--name=direct --rw=randrw --direct=1 --size=24M --verify=crc32c \
		--name=buffered --rw=randrw --direct=0 --offset=24M --size=24M --verify=crc32c \
		--name=trim --rw=randtrimwrite --direct=1 --offset=48M --size=24M --verify=crc32c \
		--name=uring --rw=randwrite --direct=1 --offset=72M --size=24M --verify=crc32c \
		--ioengine=io_uring --verify_backlog=32 \
		--name=reader --rw=randread --direct=1 --size=128M --io_size=24M \
		--name=preader --rw=randread --direct=0 --size=128M --io_size=24M \
		--name=lap --rw=randrw --direct=1 --offset=96M --size=32M --numjobs=2 \
		--name=laptrim --rw=randtrim --direct=1 --offset=96M --size=32M
	local status=$?
	cat "$t_dir/fio"
	[ $status -eq 0 ] && ! grep -q 'got signal' "$t_dir/fio"
}

# Verify a cache of MODE in MEMORY for $minutes.
run() { # MODE MEMORY
	local begin=$SECONDS end=$((SECONDS + minutes * 60)) passes=0 failed=0
	t_run "the cache is created, mode $1" c_create "$2" 32768 "$1"
	t_case "fio verifies for $minutes minutes, mode $1"
	while [ $failed = 0 ] && [ $SECONDS -lt $end ]; do
		pass || failed=1
		passes=$((passes + 1))
	done
	if [ $failed = 0 ]; then ok; else fail "in pass $passes"; fi
	t_note "mode $1: $passes passes in $((SECONDS - begin)) s; $(
		cd /sys/kernel/rapiddisk_cache/cache &&
			grep -H . reads writes hits partial_hits fills evictions read_invalidates \
				write_invalidates | xargs
	)"
	sync
	blockdev --flushbufs $cache
	t_run "cache and source are equal, mode $1" c_same
	t_run "the cache has content, mode $1" test "$(c_stat cached_bytes)" -gt 0
	t_is "no request failed in the source, mode $1" "$(c_stat source_errors)" 0
	dmsetup message cache 0 drop
	t_run "cache and source are equal after drop, mode $1" c_same
	t_run "the cache is removed, mode $1" c_remove
}
run 0 -
run 1 /dev/rd5
