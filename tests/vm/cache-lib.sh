# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# tests/vm/cache-lib.sh - sourced by the tests of the cache, after lib.sh.
#
#	c_source MIB        /dev/ram0, filled, as the source ($source, $sectors)
#	c_create ARGUMENTS  the cache /dev/mapper/cache over $source, with these arguments
#	c_same              content through the cache as it is now equals the source
#	c_stat NAME         a counter
#	c_remove            the cache goes; it is an error if it cannot

cache=/dev/mapper/cache

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

# Reads of the device behind the cache, and through it, that no page cache answers.
c_sum() {
	dd if="$1" bs=1M iflag=direct 2>/dev/null | md5sum
}

c_same() {
	[ "$(c_sum $cache)" = "$(c_sum "$source")" ]
}

c_stat() {
	cat "/sys/kernel/rapiddisk_cache/cache/$1"
}

