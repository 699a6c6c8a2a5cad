#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie
# guest: suite=bookworm
#
# cache-bad-sectors - read bad sectors and their neighbours through the cache, in small direct reads.
#
# The cache reads whole blocks, which the block layer merges into one request. If the request fails,
# the cache sends each read again with its original range. A good sector is then read, a bad sector
# is an error, and the cache works as before.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh || exit

T_ALLOW='error, dev|I/O error'
mib=$((1 << 20))
modprobe rapiddisk-cache
t_atexit "modprobe -r rapiddisk-cache"
modprobe null_blk nr_devices=0
t_atexit "modprobe -r null_blk"
nullb=/sys/kernel/config/nullb/n0
t_atexit "echo 0 >$nullb/power; rmdir $nullb"

# disk ATTRIBUTE=VALUE... - create a disk of 8 MiB with a request queue, as the source
disk() {
	local word
	mkdir $nullb
	for word in size=8 queue_mode=2 memory_backed=1 "$@" power=1; do
		echo "${word#*=}" >"$nullb/${word%%=*}"
	done
	udevadm settle
	# The disk has the name of its configfs directory, or a number on older kernels.
	source=/dev/n0
	[ -b $source ] || source=/dev/nullb$(cat $nullb/index)
	sectors=16384
}

remove_disk() {
	echo 0 >$nullb/power
	rmdir $nullb
}

# range +|- - make the first MiB bad, or good again. Linux 6.1 sorts bad ranges of more than 512
# sectors wrongly, and then finds no bad sector.
range() {
	local at
	for ((at = 0; at < 2048; at += 512)); do
		echo "$1$at-$((at + 511))" >$nullb/badblocks
	done
}

# last_sectors +|- - make the last sector of each $unit bytes of the first MiB bad, or good again
last_sectors() {
	local at
	for ((at = unit / 512 - 1; at < 2048; at += unit / 512)); do
		echo "$1$at-$at" >$nullb/badblocks
	done
}

# requests DEVICE read|write ENGINE [OPTION]... - run fio on the first MiB, 32 requests at a time.
# The requests leave out the last sector of each $unit bytes. Headers in the data let fio verify.
requests() {
	local device=$1 what=$2 engine=$3
	shift 3
	fio --name=requests --filename="$device" --direct=1 --rw="$what:512" \
		--bs=$((unit - 512)) --size=$mib --io_size=$((count * (unit - 512))) \
		--iodepth=32 --iodepth_batch=32 --continue_on_error="$what" --verify=crc32c \
		--output-format=json --output="$t_dir/fio" --ioengine="$engine" "$@"
}

# Print the number of failed requests, and their errno.
failed() {
	jq -r '.jobs[0] | "\(.total_err) \(.error)"' "$t_dir/fio"
}

# uncached SENTENCE - check that the last block of each $unit bytes is not cached. udevd probes a
# device that was open for writing, and may have read other blocks.
uncached() {
	dmsetup message cache 0 stats_reset
	fio --name=last --filename=$cache --direct=1 --rw=read:$((unit - 4096)) --bs=4096 \
		--offset=$((unit - 4096)) --size=$((mib - unit + 4096)) --ioengine=psync
	t_is "$1" "$(c_stat hits) $(c_stat fills)" "0 $count"
}

# try LABEL ENGINE... - test a cache over the source with each ENGINE of fio and its options
try() {
	local label=$1 engine
	shift
	dd if=/dev/urandom of="$source" bs=1M count=8 oflag=direct
	requests "$source" write libaio --do_verify=0
	c_create - 32768
	# Drop the places of superblocks, which udevd has read.
	dmsetup message cache 0 drop

	range +
	for engine; do
		# shellcheck disable=SC2086 # words
		requests $cache read $engine
		t_is "$label, $engine: each read of a bad range fails" "$(failed)" \
			"$count 5"
	done
	requests $cache write libaio --do_verify=0
	t_is "$label: each write to a bad range fails" "$(failed)" "$count 5"
	t_is "$label: cache and source are equal beyond the bad range" \
		"$(dd if=$cache bs=1M skip=1 iflag=direct | md5sum)" \
		"$(dd if="$source" bs=1M skip=1 iflag=direct | md5sum)"
	udevadm settle
	range -
	uncached "$label: no block of the bad range is cached"

	dmsetup message cache 0 drop
	last_sectors +
	for engine; do
		# shellcheck disable=SC2086 # words
		requests $cache read $engine
		t_is "$label, $engine: good sectors beside bad ones are read correctly" \
			"$(failed)" "0 0"
	done
	t_is "$label: each of these reads failed once in the source" "$(c_stat source_errors)" $(($# * count))
	udevadm settle
	last_sectors -
	uncached "$label: no block with a bad sector is cached"

	t_run "$label: cache and source are equal without bad sectors" c_same
	t_is "$label: all blocks are cached after that" "$(c_stat cached_bytes)" $((8 * mib))
	c_remove
}

unit=4096 count=256 # of units in the first MiB
disk
try "a disk" libaio "io_uring --nowait=1"

dmsetup create linear --table "0 $sectors linear $source 0"
t_atexit "dmsetup remove --retry linear"
udevadm settle
source=/dev/mapper/linear
try "a linear map of the disk" libaio
udevadm settle
dmsetup remove --retry linear
remove_disk

disk poll_queues=1
try "a polled disk" "io_uring --hipri"
remove_disk

# The disk's limit splits the reads, so that a part of a read can fail.
unit=32768 count=32
disk max_sectors=16
try "a disk with requests of at most 8 KiB" libaio
