#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie memory=1G
# guest: suite=bookworm memory=1G
#
# cache-available - check that the memory of a full cache counts as available, and can be had.
#
# The kernel counts the memory that a shrinker can free in MemAvailable. A RAM disk looks there
# before it allocates, so it gets the memory of a cache. MemAvailable also moves by the free pages
# that each CPU keeps for itself, here by up to 70 MiB.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh || exit

mgmt=/sys/kernel/rapiddisk/mgmt
limit=700
modprobe rapiddisk-cache
t_atexit "modprobe -r rapiddisk-cache rapiddisk"
# Reads of zeroes need no memory.
sectors=$((1024 * 2048))
dmsetup create zeroes --table "0 $sectors zero"
t_atexit "dmsetup remove --retry zeroes"
source=/dev/mapper/zeroes
t_atexit "dmsetup remove --retry cache"
t_atexit "t_detach 0; t_detach 1"

# Print a value of /proc/meminfo in MiB.
meminfo() {
	awk -v name="$1:" '$1 == name { print int($2 / 1024) }' /proc/meminfo
}

# distance A B - print how far two numbers are apart
distance() {
	echo $(($1 > $2 ? $1 - $2 : $2 - $1))
}

held() {
	echo $(($(c_stat memory_bytes) >> 20))
}

fill() {
	dd if=$cache of=/dev/null bs=1M count=$limit iflag=direct
}

# refill - read until the cache is nearly full again; one that was shrunk takes no memory for a second
refill() {
	local try
	for ((try = 0; try < 20; try++)); do
		fill
		[ "$(held)" -lt 550 ] || return 0
	done
	return 1
}

# Print how many blocks of pages the kernel has given to a type of memory.
pageblocks() { # TYPE
	awk -v type="$1" '/^Number of blocks type/ { for (i = 5; i <= NF; i++) if ($i == type) at = i }
		/^Node/ && at && $3 == "zone" { sum += $at } END { print sum }' /proc/pagetypeinfo
}

echo 3 >/proc/sys/vm/drop_caches
claimed=$(meminfo KReclaimable)
t_run "the cache is created" c_create - $((limit * 2048))
available=$(meminfo MemAvailable) unmovable=$(pageblocks Unmovable)
fill
full=$(held)
t_note "the cache holds $full MiB; MemAvailable $available MiB before, $(meminfo MemAvailable) MiB after"
t_run "the cache is nearly full" test "$full" -ge 550
t_run "MemAvailable moves by less than a quarter of it while the cache fills" \
	test "$(distance "$available" "$(meminfo MemAvailable)")" -lt $((full / 4))
t_run "KReclaimable has the pages of the cache" \
	test "$(distance $((claimed + full)) "$(meminfo KReclaimable)")" -lt 32
t_note "unmovable blocks of pages: $unmovable before, $(pageblocks Unmovable) after"
t_run "the pages of the cache are not among unmovable ones" \
	test "$(pageblocks Unmovable)" -lt $((unmovable + full / 4))

echo "rapiddisk attach 0 $((400 << 20))" >$mgmt
udevadm settle
t_run "a thin RAM disk gets 400 MiB beside a full cache" \
	dd if=/dev/zero of=/dev/rd0 bs=1M count=400 oflag=direct
t_is "the RAM disk has them" "$(cat /sys/block/rd0/rapiddisk/used_bytes)" $((400 << 20))
t_note "the cache holds $(held) MiB"
t_run "the cache gave the memory" test "$(held)" -lt $((full - 200))
t_detach 0

t_run "the cache fills again" refill
full=$(held)
# The index of this cache needs 960 MiB.
dmsetup create more --table "0 $sectors zero"
t_atexit "dmsetup remove --retry huge; dmsetup remove --retry more"
t_fails "a cache whose index needs more memory than is available is refused" dmsetup create huge \
	--table "0 $sectors rapiddisk-cache /dev/mapper/more - $((24 * 1024 * 1024 * 8))"
t_run "the attempt takes no memory from the full cache" test "$(held)" -ge $((full - 32))
t_run "a RAM disk can be preallocated beside a full cache" \
	sh -c "echo rapiddisk attach 0 $((200 << 20)) preallocate=1 >$mgmt"
fill
t_run "a preallocated RAM disk can grow beside a full cache" \
	sh -c "echo rapiddisk resize 0 $((400 << 20)) >$mgmt"
c_remove
t_run "KReclaimable is as before once the cache is gone" \
	test "$(distance "$claimed" "$(meminfo KReclaimable)")" -lt 32

# Preallocated pages that a cache borrows were promised to the disk.
t_run "a cache borrows a preallocated disk" c_create /dev/rd0
available=$(meminfo MemAvailable)
fill
t_is "the cache on the disk is full" "$(held)" 400
t_run "its pages do not count as available" \
	test "$(distance "$available" "$(meminfo MemAvailable)")" -lt 32
t_run "its pages do not count as reclaimable" \
	test "$(distance "$claimed" "$(meminfo KReclaimable)")" -lt 32
c_remove
t_detach 0

# A thin RAM disk lends only the right to allocate pages.
echo "rapiddisk attach 1 $((300 << 20))" >$mgmt
udevadm settle
t_run "a cache borrows a thin disk" c_create /dev/rd1
available=$(meminfo MemAvailable)
fill
t_is "the cache on the thin disk is full" "$(held)" 300
t_note "MemAvailable $available MiB before, $(meminfo MemAvailable) MiB after"
t_run "its pages count as available" \
	test "$(distance "$available" "$(meminfo MemAvailable)")" -lt $((300 / 2))
c_remove
t_run "its pages are reclaimable no more once the cache is gone" \
	test "$(distance "$claimed" "$(meminfo KReclaimable)")" -lt 32
