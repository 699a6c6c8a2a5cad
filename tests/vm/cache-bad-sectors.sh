#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie
# guest: suite=bookworm
#
# Bad sectors under small direct reads of neighbouring blocks. The cache reads whole blocks,
# which the block layer merges into one request. The request fails, and the cache sends each
# read again as it came: a good sector is then read, a bad one is an error, and the cache works
# as before.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh

T_ALLOW='error, dev|I/O error'
mib=$((1 << 20))
modprobe rapiddisk-cache
t_atexit "modprobe -r rapiddisk-cache"
modprobe null_blk nr_devices=0
t_atexit "modprobe -r null_blk"
nullb=/sys/kernel/config/nullb/n0
t_atexit "echo 0 >$nullb/power; rmdir $nullb"

# ATTRIBUTE=VALUE... - create a disk of 8 MiB with a queue of requests, as the source.
disk() {
	local word
	mkdir $nullb
	for word in size=8 queue_mode=2 memory_backed=1 "$@" power=1; do
		echo "${word#*=}" >"$nullb/${word%%=*}"
	done
	udevadm settle
	# The disk is named after its directory, or by number on older kernels.
	source=/dev/n0
	[ -b $source ] || source=/dev/nullb$(cat $nullb/index)
	sectors=16384
}

remove_disk() {
	echo 0 >$nullb/power
	rmdir $nullb
}

# +|- - make the first MiB bad, or good again. Linux 6.1 sorts pieces of more than 512 sectors
# wrongly, and then finds none of them.
range() {
	local at
	for ((at = 0; at < 2048; at += 512)); do
		echo "$1$at-$((at + 511))" >$nullb/badblocks
	done
}

# +|- - the same with the last sector of each $unit bytes.
last_sectors() {
	local at
	for ((at = unit / 512 - 1; at < 2048; at += unit / 512)); do
		echo "$1$at-$at" >$nullb/badblocks
	done
}

# DEVICE read|write ENGINE [OPTION]... - fio on the first MiB, 32 requests at a time: all but the
# last sector of each $unit bytes, with headers by which fio knows what belongs there.
requests() {
	local device=$1 what=$2 engine=$3
	shift 3
	fio --name=requests --filename="$device" --direct=1 --rw="$what:512" \
		--bs=$((unit - 512)) --size=$mib --io_size=$((count * (unit - 512))) \
		--iodepth=32 --iodepth_batch=32 --continue_on_error="$what" --verify=crc32c \
		--output-format=json --output="$t_dir/fio" --ioengine="$engine" "$@"
}

# How many of them failed, and with what errno.
failed() {
	jq -r '.jobs[0] | "\(.total_err) \(.error)"' "$t_dir/fio"
}

# SENTENCE - the block at the end of each $unit bytes is not cached. udev, which looks at a device
# that was open for writing, may have read others.
uncached() {
	dmsetup message cache 0 stats_reset
	fio --name=last --filename=$cache --direct=1 --rw=read:$((unit - 4096)) --bs=4096 \
		--offset=$((unit - 4096)) --size=$((mib - unit + 4096)) --ioengine=psync
	t_is "$1" "$(c_stat hits) $(c_stat fills)" "0 $count"
}

# LABEL ENGINE... - a cache over the source, and each of these engines of fio, with options.
try() {
	local label=$1 engine
	shift
	dd if=/dev/urandom of="$source" bs=1M count=8 oflag=direct
	requests "$source" write libaio --do_verify=0
	c_create - 32768
	# udev has read the places where file systems have their superblocks.
	dmsetup message cache 0 drop

	range +
	for engine; do
		# shellcheck disable=SC2086 # words
		requests $cache read $engine
		t_is "$label, $engine: each read of a bad range fails" "$(failed)" \
			"$count 5"
	done
	requests $cache write libaio --do_verify=0
	t_is "$label: so does each write" "$(failed)" "$count 5"
	t_is "$label: all beyond it is right" \
		"$(dd if=$cache bs=1M skip=1 iflag=direct | md5sum)" \
		"$(dd if="$source" bs=1M skip=1 iflag=direct | md5sum)"
	udevadm settle
	range -
	uncached "$label: nothing of the range was cached"

	dmsetup message cache 0 drop
	last_sectors +
	for engine; do
		# shellcheck disable=SC2086 # words
		requests $cache read $engine
		t_is "$label, $engine: good sectors beside bad ones are read, and right" \
			"$(failed)" "0 0"
	done
	t_is "$label: after each had failed once" "$(c_stat source_errors)" $(($# * count))
	udevadm settle
	last_sectors -
	uncached "$label: their blocks were not cached"

	t_run "$label: afterwards all is right" c_same
	t_is "$label: and cached" "$(c_stat cached_bytes)" $((8 * mib))
	c_remove
}

unit=4096 count=256 # of units in the first MiB
disk
try "a disk" libaio "io_uring --nowait=1"

dmsetup create linear --table "0 $sectors linear $source 0"
t_atexit "dmsetup remove --retry linear"
udevadm settle
source=/dev/mapper/linear
try "a map of it" libaio
udevadm settle
dmsetup remove --retry linear
remove_disk

disk poll_queues=1
try "a disk that is polled" "io_uring --hipri"
remove_disk

# Reads that are cut for the disk, so that a part of each can fail.
unit=32768 count=32
disk max_sectors=16
try "a disk that takes 8 KiB at once" libaio
