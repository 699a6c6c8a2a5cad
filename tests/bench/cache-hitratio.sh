#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/bench/cache-hitratio.sh [PEER-FOLDER] - what share of the reads each cache hits.
#
# Reads the same traces through our cache, dm-cache (smq) and, where PEER-FOLDER has its
# modules, the peer's, each with 16 MiB over a source of 128 MiB, cold. tests/bench/hitratio
# works out what LRU and the best possible cache would hit of the same trace.
#
# Exit: 1 where ours is below LRU, or less than 10 points above it on loop and scan.
# Context: root, in a guest; brd, dm-cache, rapiddisk-cache to be had.

# Functions are named as arguments.
# shellcheck disable=SC2317
set -euo pipefail

peer=${1:-}
blocks=32768
cache_blocks=4096
reads=200000
source=/dev/ram0
sectors=$((blocks * 8))
traces=(zipf0.9 zipf1.2 loop scan)
modprobe brd rd_nr=2 rd_size=$((blocks * 4))
modprobe dm-cache-smq
dd if=/dev/urandom of=$source bs=1M count=128 oflag=direct status=none
declare -A hits

# KEY TRACE DEVICE COUNT-COMMAND: reads the trace, keeps the share of hits
measure() {
	local before after
	before=$($4)
	hitratio "$2" $blocks $cache_blocks $reads "/dev/mapper/$3" >/dev/null
	after=$($4)
	hits["$1 $2"]=$(awk -v h=$((after - before)) -v n=$reads \
		'BEGIN { printf "%.1f", 100 * h / n }')
}

ours_hits() {
	cat /sys/kernel/rapiddisk_cache/ours/hits
}
dmcache_hits() {
	dmsetup status dmcache | cut -d ' ' -f 8
}
peer_hits() {
	dmsetup status peer | sed -n 's/.*cache hits(\([0-9]*\)).*/\1/p'
}

if [ -n "$peer" ]; then
	insmod "$peer/rapiddisk.ko"
	insmod "$peer/rapiddisk-cache.ko"
	echo "rapiddisk attach 0 $((cache_blocks * 4096))" >/sys/kernel/rapiddisk/mgmt
	udevadm settle
	for trace in "${traces[@]}"; do
		dmsetup create peer --table "0 $sectors rapiddisk-cache $source /dev/rd0"
		udevadm settle
		measure peer "$trace" peer peer_hits
		dmsetup remove --retry peer
	done
	echo "rapiddisk detach 0" >/sys/kernel/rapiddisk/mgmt
	rmmod rapiddisk-cache rapiddisk
fi

dmsetup create meta --table "0 8192 linear /dev/ram1 0"
dmsetup create fast --table "0 $((cache_blocks * 8)) linear /dev/ram1 16384"
for trace in "${traces[@]}"; do
	dd if=/dev/zero of=/dev/mapper/meta bs=4k count=1 oflag=direct status=none
	dmsetup create dmcache --table "0 $sectors cache /dev/mapper/meta /dev/mapper/fast \
		$source 64 1 writethrough smq 0"
	udevadm settle
	measure dmcache "$trace" dmcache dmcache_hits
	dmsetup remove --retry dmcache
done
dmsetup remove --retry fast
dmsetup remove --retry meta

modprobe rapiddisk-cache
for trace in "${traces[@]}"; do
	dmsetup create ours --table "0 $sectors rapiddisk-cache $source - $((cache_blocks * 8))"
	udevadm settle
	measure ours "$trace" ours ours_hits
	dmsetup remove --retry ours
done

failed=0
printf '%-10s %6s %6s %6s %9s %6s\n' 'hits, %' LRU best ours dm-cache peer
for trace in "${traces[@]}"; do
	read -r lru best < <(hitratio "$trace" $blocks $cache_blocks $reads)
	case $trace in loop | scan) margin=10 ;; *) margin=0 ;; esac
	printf '%-10s %6s %6s %6s %9s %6s' "$trace" "$lru" "$best" "${hits["ours $trace"]}" \
		"${hits["dmcache $trace"]}" "${hits["peer $trace"]:-}"
	if awk -v o="${hits["ours $trace"]}" -v l="$lru" -v m=$margin 'BEGIN { exit !(o >= l + m) }'; then
		echo "  met"
	else
		echo "  NOT MET"
		failed=1
	fi
done
exit $failed
