#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: debug suite=trixie memory=1G cpus=2 disk=32M timeout=10800
#
# slow-debug-rounds [ROUNDS] - create, change and remove caches and RAM disks many times.
#
# The test runs ROUNDS (1000) rounds of rounds.c, under I/O. No memory is left behind, and the debug
# kernel does not complain.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit

count=${1:-1000}
modprobe rapiddisk
modprobe rapiddisk-cache

# udevd would hold new devices open when they must be removed.
systemctl stop systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udevd.service
t_atexit "systemctl start systemd-udevd.service"
t_atexit "dmsetup remove --retry rounds; echo rapiddisk detach 9 >/sys/kernel/rapiddisk/mgmt
	modprobe -r rapiddisk-cache; modprobe -r rapiddisk"

# Free all unused memory. KASAN keeps freed memory in quarantine to detect uses after free. vmalloc
# unmaps freed ranges later, in bulk. The load of a module makes its code read-only, which unmaps
# all such ranges.
settle() {
	local cache
	sync
	modprobe dm-flakey
	modprobe -r dm-flakey
	for _ in 1 2; do
		sleep 3
		echo 3 >/proc/sys/vm/drop_caches
		for cache in /sys/kernel/slab/*/shrink; do
			echo 1 >"$cache"
		done
	done
}

# Print the KiB that the debug kernel has recorded and never frees. These are the stacks that it
# has seen, in pools of four pages, and the objects that debug_objects and kmemleak track.
notes_kib() {
	{
		sed -n 's/^pools: /pools /p' /sys/kernel/debug/stackdepot/stats
		awk '/^(debug_objects_cache|kmemleak_)/ { print "slabs", $15 * $6 }' /proc/slabinfo
	} | awk '/^pools/ { kib += 16 * $2 } /^slabs/ { kib += 4 * $2 } END { print kib + 0 }'
}

# Print lines of "name number": objects in each slab cache, areas of vmalloc, threads, and the KiB
# of the kernel (see slow-cache-life). The KiB exclude the debugging records.
count_all() {
	settle
	awk 'NR > 2 { print "slab:" $1, $2 }' /proc/slabinfo
	echo "vmalloc-areas $(wc -l </proc/vmallocinfo)"
	echo "threads $(ps -eLo pid= | wc -l)"
	awk '/^MemTotal:/ { taken += $2 }
		/^(MemFree|Cached|Buffers|AnonPages|SwapCached):/ { taken -= $2 }
		/^Percpu:/ { print "percpu-KiB", $2 }
		END { print "kernel-KiB", taken - notes; print "notes-KiB", notes }' \
		notes="$(notes_kib)" /proc/meminfo
}

# Print each count that grew by more than half an object (or 4 KiB) per round. kernel-KiB differs by
# 1.4 MiB between two counts anyway, so less than 2 MiB of it is no growth. The debugging records are
# left out, because they grow with the largest number of objects that ever existed.
grown() {
	awk -v rounds=$((count * 3 / 4)) 'NR == FNR { before[$1] = $2; next }
		/debug_objects_cache|notes-KiB/ { next }
		{ limit = rounds * ($1 ~ /KiB/ ? 4 : 0.5) }
		$1 == "kernel-KiB" && limit < 2048 { limit = 2048 }
		$2 - before[$1] > limit {
			print $1, before[$1] + 0, $2 }' "$t_dir/before" "$t_dir/after"
}

# The first part allocates all permanent memory, and the parts behind it are compared with it.
part_rounds=$(((count + 3) / 4))
for part in 1 2 3 4; do
	t_case "$part of 4: $part_rounds rounds of caches and RAM disks succeed"
	rounds /dev/vdb 32 "$part_rounds" 2>&1 | tee "$t_dir/rounds" | while read -r line; do
		t_note "$line"
	done
	if [ "${PIPESTATUS[0]}" -eq 0 ]; then
		ok
	else
		fail "$(tail -n 1 "$t_dir/rounds")"
	fi
	count_all >"$t_dir/after"
	[ "$part" -gt 1 ] || cp "$t_dir/after" "$t_dir/before"
	t_note "$(grep KiB "$t_dir/after" | xargs)"
done
for what in kernel-KiB notes-KiB percpu-KiB vmalloc-areas threads slab:kmalloc-64 \
	slab:kmalloc-1k; do
	t_note "$what: $(awk -v what=$what '$1 == what { print $2 }' "$t_dir/before" \
		"$t_dir/after" | xargs)"
done
t_is "no count grew with the rounds" "$(grown)" ""
t_is "no counters are left" "$(ls /sys/kernel/rapiddisk_cache)" ""
t_is "no disks are left" "$(wc -l </sys/kernel/rapiddisk/devices)" 1
t_run "the modules unload" modprobe -r rapiddisk-cache rapiddisk
