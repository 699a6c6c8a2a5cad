#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: debug suite=trixie memory=1G cpus=2 disk=64M timeout=5400 allow=kmemleak:.Cannot.allocate.a.scan.area
#
# slow-debug-faults - refuse memory to both modules, on the debug kernel.
#
# The debug kernel refuses a share of the allocations whose call chain has a function of the module.
# A RAM disk returns ENOSPC and loses no data that it accepted. The cache never fails an I/O. If
# kmemleak is refused memory for a note on an object, it says so and scans the whole object.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh || exit

mgmt=/sys/kernel/rapiddisk/mgmt
debug=/sys/kernel/debug
many=1000000000
modprobe rapiddisk
modprobe rapiddisk-cache
detach_all() {
	local disk
	for disk in /sys/block/rd*; do
		echo "rapiddisk detach ${disk##*/rd}" >$mgmt
	done
}
t_atexit "faults none 0; dmsetup remove --retry cache; udevadm settle; detach_all
	modprobe -r rapiddisk-cache; modprobe -r rapiddisk"

# faults MODULE PERCENT - fail PERCENT of the module's allocations. The addresses of the first and
# the last function of the module bound the callers.
faults() {
	local kind functions
	for kind in failslab fail_page_alloc; do
		echo 0 >$debug/$kind/probability
	done
	[ "$2" -gt 0 ] || return 0
	mapfile -t functions < <(awk -v module="[$1]" \
		'$4 == module && tolower($2) == "t" { print $1 }' /proc/kallsyms | sort)
	for kind in failslab fail_page_alloc; do
		echo "0x${functions[0]}" >$debug/$kind/require-start
		echo "0x${functions[-1]}" >$debug/$kind/require-end
		echo N >$debug/$kind/ignore-gfp-wait
		echo 0 >$debug/$kind/verbose
		echo $many >$debug/$kind/times
	done
	echo 0 >$debug/fail_page_alloc/min-order
	for kind in failslab fail_page_alloc; do
		echo "$2" >$debug/$kind/probability
	done
}

# Print the number of allocations that were refused since faults.
refused() {
	echo $((2 * many - $(cat $debug/failslab/times) - $(cat $debug/fail_page_alloc/times)))
}

# mgmt COMMAND - write COMMAND to mgmt; print "ok" or the text of the errno
mgmt() {
	local said
	if said=$( { printf '%s' "$1" >$mgmt; } 2>&1); then
		echo ok
	else
		echo "${said##*: }"
	fi
}

used() {
	cat "/sys/block/rd$1/rapiddisk/used_bytes"
}

# --- RAM disks --------------------------------------------------------------------------

mgmt "rapiddisk attach 1 $((64 << 20))"
udevadm settle
# A write of 1 MiB allocates larger pages, and smaller ones if that fails, so more has to fail.
for percent in 4k:10 64k:10 1M:60; do
	size=${percent%:*}
	blkdiscard -f /dev/rd1
	faults rapiddisk "${percent#*:}"
	t_run "the disk keeps accepted data and returns ENOSPC for the rest, $size" \
		fio --name=w --filename=/dev/rd1 --output="$t_dir/fio" --rw=randwrite --bs="$size" \
		--size=64M --io_size=16M --direct=1 --ioengine=psync --verify=crc32c --verify_fatal=1 \
		--ignore_error=,ENOSPC
	t_note "$size: $(refused) allocations refused; $(grep -o 'errors *:.*' "$t_dir/fio" | xargs)"
	faults none 0
	t_run "some writes get ENOSPC, $size" grep -q 'first_error=28' "$t_dir/fio"
done
t_run "without faults the whole disk can be written" dd if=/dev/urandom of=/dev/rd1 bs=1M count=64 \
	oflag=direct
t_is "the disk holds all of it" "$(used 1)" $((64 << 20))
sum=$(c_sum /dev/rd1)
faults rapiddisk 100
t_is "the disk can be read without any memory" "$(c_sum /dev/rd1)" "$sum"
t_run "existing pages can be written without any memory" dd if=/dev/zero of=/dev/rd1 bs=64k count=16 oflag=direct
t_run "a discard without any memory succeeds" blkdiscard -f -o $((1 << 20)) -l $((5 << 20)) /dev/rd1
faults none 0
t_is "the discarded range reads as zeroes" "$(dd if=/dev/rd1 bs=1M count=6 iflag=direct | tr -d '\0' | wc -c)" 0
blkdiscard -f /dev/rd1
t_is "a discard without faults frees all pages" "$(udevadm settle; sleep 1; used 1)" 0
faults rapiddisk 100
t_fails "holes cannot be written without memory" \
	dd if=/dev/zero of=/dev/rd1 bs=64k count=1 oflag=direct
t_is "a failed write leaves the holes as they are" "$(used 1)" 0
for _ in 1 2 3 4 5 6 7 8 9 10; do
	mgmt "rapiddisk resize 1 $((64 << 20)) preallocate=1"
	mgmt "rapiddisk resize 1 $((64 << 30))"
	mgmt "rapiddisk attach 2 $((64 << 20))"
done >"$t_dir/said"
faults none 0
t_is "preallocation, growth and attach fail without memory" "$(sort -u "$t_dir/said")" \
	"Cannot allocate memory"
t_is "the failed commands leave the disk unchanged" "$(used 1) $(cat /sys/block/rd1/size)" "0 $((64 * 2048))"
faults rapiddisk 3
for ((i = 0; i < 60; i++)); do
	mgmt "rapiddisk attach $((10 + i)) $((1 << 20)) preallocate=$((i % 2))"
	mgmt "rapiddisk resize $((10 + i)) $((2 << 20)) preallocate=$((i / 2 % 2))"
done >"$t_dir/said"
t_note "of 120 commands with $(refused) allocations refused: $(sort "$t_dir/said" | uniq -c | xargs)"
faults none 0
t_is "commands succeed or fail with ENOMEM" \
	"$(sort -u "$t_dir/said" | grep -vxE 'ok|Cannot allocate memory|No such device')" ""
udevadm settle
faults rapiddisk 30
detach_all
faults none 0
t_is "detach needs no memory" "$(wc -l </sys/kernel/rapiddisk/devices)" 1

# --- caches -----------------------------------------------------------------------------

source=/dev/vdb
sectors=$((64 * 2048))
dd if=/dev/urandom of=$source bs=1M count=64 oflag=direct
mgmt "rapiddisk attach 5 $((16 << 20))"
udevadm settle
# verify PERCENT MODE MEMORY - verify I/O through a cache while PERCENT of the allocations fail. The
# kernel unwinds the stack of each of these, so that 1,000 requests take half a minute under emulation.
verify() {
	c_create "$3" 16384 "$2" || return
	faults rapiddisk_cache "$1"
	fio --filename=$cache --thread --direct=1 --ioengine=libaio --iodepth=8 \
		--bssplit=512/15:4k/50:64k/25:1M/10 --serialize_overlap=1 --verify_fatal=1 \
		--io_size=4M --output="$t_dir/fio" \
		--name=w --rw=randrw --size=24M --verify=crc32c \
		--name=t --rw=randtrimwrite --offset=24M --size=24M --verify=crc32c \
		--name=r --rw=randread --size=64M --io_size=12M
	local status=$?
	cat "$t_dir/fio"
	[ $status -eq 0 ] && ! grep -q 'got signal' "$t_dir/fio"
}
for percent in 10 50 100; do
	for mode in 0 1; do
		memory=-
		[ $mode = 0 ] || memory=/dev/rd5
		t_run "no I/O fails, mode $mode, $percent %" verify $percent $mode $memory
		t_note "mode $mode, $percent %: $(refused) allocations refused; $(
			cd /sys/kernel/rapiddisk_cache/cache &&
				grep -H . hits fills uncached_reads uncached_writes memory_bytes | xargs
		)"
		faults none 0
		t_run "cache and source are equal, mode $mode, $percent %" c_same
		t_is "no request failed in the source" "$(c_stat source_errors)" 0
		dmsetup message cache 0 drop
		t_run "cache and source are equal after drop, mode $mode, $percent %" c_same
		c_remove
	done
done

# A change of a cache in use either succeeds or has no effect.
c_create - 16384
fio --name=l --filename=$cache --rw=randrw --bsrange=512-128k --bs_unaligned=0 --size=64M \
	--direct=1 --ioengine=libaio --iodepth=8 --time_based=1 --runtime=60 --thread \
	>"$t_dir/load" 2>&1 &
load=$!
faults rapiddisk_cache 30
failed=0 changed=0
while kill -0 $load; do
	dmsetup message cache 0 bypass on || t_note "bypass on failed"
	until dmsetup message cache 0 bypass off; do failed=$((failed + 1)); done
	if dmsetup message cache 0 resize $((8192 + changed % 2 * 8192)); then
		changed=$((changed + 1))
	else
		failed=$((failed + 1))
	fi
done
t_note "$changed changes, $failed refused; $(refused) allocations refused"
faults none 0
t_run "the load sees no error" wait $load
t_run "cache and source are equal after the changes" c_same
c_remove

# The creation of a cache either succeeds or leaves nothing.
made=0
faults rapiddisk_cache 8
for ((i = 0; i < 40; i++)); do
	if dmsetup create cache --table "0 $sectors rapiddisk-cache $source /dev/rd5"; then
		made=$((made + 1))
		udevadm settle
		dmsetup remove --retry cache
	fi
done
t_note "$made of 40 caches created; $(refused) allocations refused"
faults none 0
t_run "some caches are created" test $made -gt 0
t_run "some creations fail" test $made -lt 40
t_run "a cache is created without faults" c_create /dev/rd5
t_run "cache and source are equal without faults" c_same
t_run "the cache is removed" c_remove
