#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie timeout=600
# guest: suite=bookworm timeout=600
# guest: suite=sid timeout=600
#
# slow-cache-sectors - cache sources with sectors of 4096 bytes, and of 512 bytes emulated on 4096.
#
# The cache has the limits of its source, and refuses the same requests. Data through the cache is
# right.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh || exit

modprobe rapiddisk-cache
t_atexit "modprobe -r rapiddisk-cache"

# Print all limits of a queue, except those of device-mapper itself and of request queues.
limits() {
	local queue
	queue=/sys/block/$(basename "$(readlink -f "$1")")/queue
	(cd "$queue" && grep -s . logical_block_size physical_block_size minimum_io_size \
		optimal_io_size rotational write_cache fua stable_writes dma_alignment \
		discard_granularity discard_max_bytes discard_max_hw_bytes \
		write_zeroes_max_bytes hw_sector_size zoned virt_boundary_mask)
	blockdev --getalignoff "$1"
}

# pattern DEVICE - print the result of reads and writes of several sizes at several offsets
pattern() {
	python3 - "$1" <<-'END'
		import mmap, os, sys
		for flags, call in ((os.O_RDONLY, os.preadv), (os.O_WRONLY, os.pwritev)):
		    fd = os.open(sys.argv[1], flags | os.O_DIRECT)
		    for size in 512, 1024, 2048, 4096, 6144, 8192:
		        data = mmap.mmap(-1, size)
		        for at in 0, 512, 2048, 4096, 7168:
		            try:
		                print(size, at, call(fd, [data], at))
		            except OSError as error:
		                print(size, at, os.strerror(error.errno))
	END
	udevadm settle
}

# verify MIN - let fio verify its own writes, in pieces of MIN bytes or more. The disk's scheduler
# may reorder overlapping writes that are in flight together, so fio serialises them. No job uses
# randrw, because fio 3.33 sometimes verifies randrw wrongly, even without a cache.
verify() {
	fio --name=global --filename=$cache --direct=1 --ioengine=libaio --iodepth=8 \
		--bs_unaligned=0 --blockalign="$1" --thread --output-format=terse \
		--randrepeat=0 --verify=crc32c --serialize_overlap=1 --io_size=12M \
		--name=w0 --rw=randwrite --offset=0 --size=8M --bssplit="$1/30:4k/30:64k/30:512k/10" \
		--name=w1 --rw=randwrite --offset=8M --size=8M --bssplit="$1/30:4k/30:64k/30:512k/10" \
		--name=t0 --rw=randtrimwrite --offset=16M --size=8M --bs=64k --verify=0 \
		--name=r0 --rw=randread --offset=0 --size=32M --bsrange="$1-128k" --verify=0
}

# try NAME PARAMETERS LOGICAL PHYSICAL - test a source of scsi_debug with these module PARAMETERS
try() {
	local name=$1 logical=$3 physical=$4 mode
	# shellcheck disable=SC2086 # words
	modprobe scsi_debug dev_size_mb=32 delay=0 lbpu=1 lbpws=1 $2
	udevadm settle
	source=/dev/$(ls /sys/bus/pseudo/drivers/scsi_debug/adapter*/host*/target*/*:*/block)
	sectors=$(blockdev --getsz "$source")
	dd if=/dev/urandom of="$source" bs=1M count=32 oflag=direct
	t_is "$name: the source has these sectors" \
		"$(blockdev --getss --getpbsz "$source" | xargs)" "$logical $physical"
	dmsetup create linear --table "0 $sectors linear $source 0"
	udevadm settle
	limits /dev/mapper/linear >"$t_dir/linear"
	pattern /dev/mapper/linear >"$t_dir/without"
	t_note "$name: $(grep -c '[0-9]$' "$t_dir/without") of $(wc -l <"$t_dir/without") requests are accepted"
	udevadm settle
	dmsetup remove --retry linear
	for mode in 0 1; do
		c_create - 16384 $mode
		t_is "$name, mode $mode: the cache has the sectors of the source" \
			"$(blockdev --getss --getpbsz $cache | xargs)" "$logical $physical"
		limits $cache >"$t_dir/limits"
		t_run "$name, mode $mode: the cache has the limits of dm-linear" \
			diff "$t_dir/linear" "$t_dir/limits"
		for pass in cold warm; do
			pattern $cache >"$t_dir/with"
			t_run "$name, mode $mode: the cache accepts the requests that dm-linear accepts, $pass" \
				cmp "$t_dir/without" "$t_dir/with"
			c_sum $cache >/dev/null
		done
		t_run "$name, mode $mode: cache and source are equal after the requests" c_same
		dmsetup message cache 0 drop
		dmsetup message cache 0 stats_reset
		dd if=$cache of=/dev/null bs=64k skip=64 count=8 iflag=direct
		dd if=$cache of=/dev/null bs="$logical" skip=$((4194304 / logical)) count=16 iflag=direct
		dd if=$cache of=/dev/null bs=160k skip=28 count=1 iflag=direct
		t_is "$name, mode $mode: fills, hits and partial hits" \
			"$(c_stat fills) $(c_stat hits) $(c_stat partial_hits)" "136 16 1"
		dd if=/dev/urandom of=$cache bs="$logical" seek=$((4194304 / logical)) count=16 \
			oflag=direct
		t_run "$name, mode $mode: cache and source are equal after a write to cached blocks" c_same
		t_run "$name, mode $mode: fio verifies" verify "$logical"
		t_run "$name, mode $mode: cache and source are equal after fio" c_same
		dmsetup message cache 0 drop
		t_run "$name, mode $mode: cache and source are equal after fio and drop" c_same
		t_is "$name, mode $mode: the source has no error" "$(c_stat source_errors)" 0
		c_remove
	done
	modprobe -r scsi_debug
}

try "4Kn" "sector_size=4096" 4096 4096
try "512e" "sector_size=512 physblk_exp=3" 512 4096
try "512e, shifted" "sector_size=512 physblk_exp=3 lowest_aligned=7" 512 4096

# The cache handles whole pages, so a sector cannot be larger than a page.
truncate -s 32M "$t_dir/file"
t_case "sectors larger than a page are refused"
if loop=$(losetup --sector-size 16384 --find --show "$t_dir/file"); then
	udevadm settle
	source=$loop
	sectors=65536
	t_listen
	if c_create - 16384; then
		c_remove
		fail "the table was accepted"
	elif t_said | grep -qF "sectors larger than a page"; then
		ok
	else
		t_said
		fail "the kernel log has another reason"
	fi
	losetup -d "$loop"
else
	skip "this kernel creates no such device"
fi
