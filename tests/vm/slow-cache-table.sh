#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie timeout=900
#
# slow-cache-table - test the cache as a device-mapper target, with dmsetup alone.
#
# The test covers the table, messages and counters, and suspend, reload and resize.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh || exit

mgmt=/sys/kernel/rapiddisk/mgmt
c_source 64
echo "rapiddisk attach 3 $((16 << 20))" >$mgmt
echo "rapiddisk attach 4 $((16 << 20)) preallocate=1" >$mgmt
t_atexit "t_detach 3; t_detach 4"
udevadm settle

params() {
	dmsetup table cache | cut -d ' ' -f 4-
}

dev() {
	echo "$(($(stat -c 0x%t "$1"))):$(($(stat -c 0x%T "$1")))"
}

# The printed table equals the loaded one, and can be loaded again.
for arguments in "$(dev /dev/rd3)" "$(dev /dev/rd3) 32768" "$(dev /dev/rd3) 16384 1" \
	"- 32768" "- 32768 0" "- 32768 1 0" "- 8192 0 2 stream_limit 8192"; do
	t_run "table '$arguments' is accepted" c_create "$arguments"
	t_is "table '$arguments' is printed as loaded" "$(params)" "$(dev $source) $arguments"
	t_run "table '$arguments' can be loaded again" sh -c 'dmsetup table cache | dmsetup reload cache &&
		dmsetup suspend cache && dmsetup resume cache'
	t_is "table '$arguments' is the same after that" "$(params)" "$(dev $source) $arguments"
	t_run "cache and source are equal with table '$arguments'" c_same
	c_remove
done

# The kernel log names each error of a table.
refused() { # TEXT ARGUMENTS
	t_case "'$2' is refused: $1"
	t_listen
	if c_create "$2"; then
		c_remove
		fail "the table was accepted"
	elif t_said | grep -qF "$1"; then
		ok
	else
		t_said
		fail "the kernel log has another reason"
	fi
}
refused "Needs a source and a cache device" ""
refused "Cache device cannot be opened" "/dev/rd77"
refused "Source and cache are the same device" "$source"
refused "A cache without a RAM disk needs a size" "-"
refused "Cache size is not a number of sectors" "- 12x"
refused "Cache size is not a number of sectors" "- -8192"
refused "Cache size is too small" "- 64"
refused "larger than the RAM disk" "/dev/rd3 32776"
refused "Mode is neither 0 (write-through) nor 1 (write-around)" "- 8192 2"
refused "Optional argument without a value" "- 8192 0 1 stream_limit"
refused "Unknown optional argument" "- 8192 0 2 something 1"
refused "stream_limit is not a number" "- 8192 0 2 stream_limit x"
refused "Number of optional arguments is wrong" "- 8192 0 9"
truncate -s 16M "$t_dir/file"
loop=$(losetup -f --show "$t_dir/file")
refused "Cache device is not a RAM disk of the rapiddisk module" "$loop"
losetup -d "$loop"
dd if=/dev/urandom of=/dev/rd3 bs=1M count=16 oflag=direct
udevadm settle
sum=$(c_sum /dev/rd3)
sleep 1000 4</dev/rd3 &
opener=$!
refused "Cache device is in use" "/dev/rd3"
kill $opener
dmsetup create other --table "0 32768 linear /dev/rd3 0"
udevadm settle
refused "Cache device is in use" "/dev/rd3"
t_is "the refused RAM disk keeps its content" "$(c_sum /dev/rd3)" "$sum"
udevadm settle
dmsetup remove --retry other
sleep 0.5 4</dev/rd3 &
t_run "a cache waits until a short reader has closed the RAM disk" c_create /dev/rd3
c_remove
blockdev --setro /dev/rd3
refused "Cache device is read-only" "/dev/rd3"
blockdev --setrw /dev/rd3
c_create /dev/rd3
t_fails "a RAM disk serves one cache at a time" dmsetup create other --table \
	"0 32768 rapiddisk-cache /dev/rd4 /dev/rd3"
t_fails "a RAM disk of a cache cannot be detached" sh -c "echo rapiddisk detach 3 >$mgmt"
t_fails "a RAM disk of a cache cannot shrink" sh -c "echo rapiddisk resize 3 $((8 << 20)) >$mgmt"
t_run "a RAM disk of a cache can change its owner" sh -c "echo rapiddisk resize 3 $((16 << 20)) owner=me >$mgmt"

# Status and counters.
t_is "status has 13 numbers" "$(dmsetup status cache | cut -d ' ' -f 4- | wc -w)" 13
t_run "every user may read the counters" setpriv --reuid=65534 --clear-groups \
	cat /sys/kernel/rapiddisk_cache/cache/hits
dmsetup message cache 0 drop
dmsetup message cache 0 stats_reset
dd if=$cache of=/dev/null bs=64k count=16 iflag=direct
dd if=$cache of=/dev/null bs=64k count=16 iflag=direct
t_is "the first pass misses and fills" "$(c_stat misses) $(c_stat fills)" "16 256"
t_is "the second pass hits" "$(c_stat hits)" 16
dd if=$cache of=/dev/null bs=512 count=64 iflag=direct
t_is "small reads of cached blocks hit" "$(c_stat hits)" 80
dd if=$cache of=/dev/null bs=512 skip=4096 count=8 iflag=direct
t_is "small reads of uncached blocks fill whole blocks" "$(c_stat hits) $(c_stat fills)" "87 257"
dd if=$cache of=/dev/null bs=96k skip=10 count=1 iflag=direct
t_is "a read beyond the cached range is split at its end" \
	"$(c_stat partial_hits) $(c_stat misses) $(c_stat fills)" "1 18 265"
t_is "cached blocks count as used memory of the RAM disk" \
	"$(cat /sys/block/rd3/rapiddisk/used_bytes)" "$(c_stat memory_bytes)"
dmsetup rename cache renamed
t_is "a renamed map has a status" "$(dmsetup status renamed | cut -d ' ' -f 3)" rapiddisk-cache

# If names of caches move, each directory of counters must have the current name of its cache.
limits() {
	(cd /sys/kernel/rapiddisk_cache && grep -H . -- */limit_bytes | sed 's,/limit_bytes,,' | xargs)
}
udevadm settle
t_listen
# The source of the first cache cannot have another one.
for zeroes in zeroes1 zeroes2; do
	dmsetup create $zeroes --table "0 $sectors zero"
done
t_atexit "dmsetup remove --retry zeroes1; dmsetup remove --retry zeroes2"
udevadm settle
t_run "another cache takes the old name" dmsetup create cache --table \
	"0 $sectors rapiddisk-cache /dev/mapper/zeroes1 - 8192"
t_is "each cache has its counters under its current name" "$(limits)" "cache:4194304 renamed:16777216"
dmsetup rename renamed third
dmsetup rename cache renamed
udevadm settle
t_run "a third cache takes the old name after two renames" dmsetup create cache --table \
	"0 $sectors rapiddisk-cache /dev/mapper/zeroes2 - 16384"
udevadm settle
t_is "each of three caches has its counters under its current name" "$(limits)" "cache:8388608 renamed:4194304 third:16777216"
t_is "the kernel does not complain about the names" "$(t_said | grep -cE 'duplicate filename|no counters')" 0
c_remove
dmsetup remove --retry renamed
dmsetup rename third cache
udevadm settle
dmsetup suspend cache
dmsetup resume cache
t_is "the counters follow the map back to its first name" "$(limits)" cache:16777216

# Messages.
t_run "drop is accepted" dmsetup message cache 0 drop
t_is "drop frees the memory" "$(c_stat cached_bytes) $(c_stat memory_bytes)" "0 0"
c_sum $cache
t_run "bypass on is accepted" dmsetup message cache 0 bypass on
t_is "bypass on frees the memory" "$(cat /sys/block/rd3/rapiddisk/used_bytes)" 0
t_is "the counters show the bypass" "$(c_stat bypass) $(c_stat metadata_bytes)" "1 0"
t_run "reads pass the bypassed cache" c_same
dd if=/dev/urandom of=$cache bs=1M count=4 oflag=direct
t_run "writes pass the bypassed cache" c_same
t_run "bypass off is accepted" dmsetup message cache 0 bypass off
t_run "cache and source are equal after bypass off" c_same
t_run "resize is accepted" dmsetup message cache 0 resize 16384
t_is "counters and table have the new size" "$(c_stat limit_bytes) $(params)" "8388608 $(dev $source) $(dev /dev/rd3) 16384"
t_fails "a size beyond the RAM disk is refused" dmsetup message cache 0 resize 65536
t_fails "an unknown message is refused" dmsetup message cache 0 explode
t_run "cache and source are equal after the messages" c_same

# The source may change while the cache is suspended.
c_sum $cache
dmsetup suspend cache
dd if=/dev/urandom of=$source bs=1M count=64 oflag=direct
dmsetup resume cache
t_run "reads after the resume return the changed data of the source" c_same

# Write zeroes over a part of the device, then over the whole device.
c_sum $cache
blkdiscard -z -o 4096 -l 1048576 $cache
t_run "written zeroes are read" c_same
blkdiscard -z $cache
t_run "zeroes over the whole device are read" c_same
c_remove

# Read the blocks whose numbers are on stdin.
read_blocks() {
	python3 -c '
import mmap, os, sys
fd, data = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECT), mmap.mmap(-1, 4096)
for block in sys.stdin.read().split():
    os.preadv(fd, [data], int(block) * 4096)' $cache
}

# The cache detects a stream among other reads, and a stream of which some blocks are cached.
c_create "- 65536 0 2 stream_limit 1024"
# Drop the blocks that udevd has read.
dmsetup message cache 0 drop
dmsetup message cache 0 stats_reset
seq 0 511 | awk '{ print $1; print 8192 + $1 * 67 % 8192 }' | read_blocks
t_is "a stream among other reads is cached up to its limit" "$(c_stat fills)" $((128 + 512))
dmsetup message cache 0 drop
dmsetup message cache 0 stats_reset
seq 0 10 511 | shuf | read_blocks
before=$(c_stat fills)
seq 0 511 | read_blocks
t_is "a stream with some cached blocks is cached up to its limit" "$before $(c_stat fills)" "52 $((128 + 52))"
t_run "cache and source are equal after the streams" c_same
c_remove

# A preallocated disk lends its pages to a cache, and gets them back.
t_is "a preallocated disk has its memory" "$(cat /sys/block/rd4/rapiddisk/used_bytes)" 16777216
c_create /dev/rd4
c_sum $cache
t_is "a preallocated disk counts its memory while a cache uses it" "$(cat /sys/block/rd4/rapiddisk/used_bytes)" 16777216
t_run "a preallocated disk can change its owner while a cache uses it, as --adopt does" \
	sh -c "echo rapiddisk resize 4 $((16 << 20)) owner=me >$mgmt"
t_is "the change of the owner allocates no memory" \
	"$(cat /sys/block/rd4/rapiddisk/owner /sys/block/rd4/rapiddisk/used_bytes | xargs)" "me 16777216"
t_run "cache and source are equal on the preallocated disk" c_same
c_remove
t_is "a preallocated disk has its memory after the cache" "$(cat /sys/block/rd4/rapiddisk/used_bytes)" 16777216
t_is "the returned pages are zero" "$(dd if=/dev/rd4 bs=1M iflag=direct | tr -d '\0' | wc -c)" 0
