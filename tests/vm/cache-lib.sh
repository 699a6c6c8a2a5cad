# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# tests/vm/cache-lib.sh - create and compare a cache, for the tests of the cache; sourced, POSIX sh.
#
# Source lib.sh first.
#	c_source MIB        fill /dev/ram0 and make it the source ($source, $sectors)
#	c_create ARGUMENTS  create /dev/mapper/cache over $source with these table arguments
#	c_same              true if the content through the cache equals the source
#	c_stat NAME         print a counter
#	c_remove            remove the cache, and fail if that is not possible
#	c_virtio LINK       print the virtio device of a disk
#	c_unplug VIRTIO     take a virtio device from its driver: the disk goes
#	c_plug VIRTIO       give the virtio device back to its driver: the disk comes

cache=/dev/mapper/cache
c_driver=/sys/bus/virtio/drivers/virtio_blk

c_source() {
	modprobe brd rd_nr=1 rd_size=$(($1 * 1024))
	modprobe rapiddisk-cache
	source=/dev/ram0
	sectors=$(($1 * 2048))
	dd if=/dev/urandom of=$source bs=1M count="$1" oflag=direct
	t_atexit "dmsetup remove --retry cache; modprobe -r rapiddisk-cache; modprobe -r brd"
}

c_create() {
	dmsetup create cache --table "0 $sectors rapiddisk-cache $source $*" &&
		udevadm settle
}

c_remove() {
	udevadm settle
	dmsetup remove --retry cache
}

# Print the checksum of a device, read past the page cache.
c_sum() {
	dd if="$1" bs=1M iflag=direct 2>/dev/null | md5sum
}

c_same() {
	[ "$(c_sum $cache)" = "$(c_sum "$source")" ]
}

c_stat() {
	cat "/sys/kernel/rapiddisk_cache/cache/$1"
}

c_virtio() {
	basename "$(readlink -f "/sys/class/block/$(basename "$(readlink -f "$1")")/device")"
}

c_unplug() {
	echo "$1" >$c_driver/unbind && udevadm settle
}

c_plug() {
	echo "$1" >$c_driver/bind && udevadm settle
}
