#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/bench/cache-hitratio.sh [PEER-DIR] - measure the hit ratio of each cache.
#
# Reads the same traces (tests/bench/hitratio.c) through our cache, dm-cache (smq, whose smallest
# block is 32 KiB) and the peer's cache, if PEER-DIR has its modules. Each cache has 64 MiB over
# 512 MiB of blocks, and starts cold. The hit ratios of LRU and of the best possible cache for the
# same trace are printed beside them. The output is the table of docs/cache.md.
#
# Exit: 1 if ours is below LRU, or less than 10 points above LRU on loop and scan.
# Context: root in a guest, with the modules brd, dm-cache and rapiddisk-cache.

# shellcheck disable=SC2317 # arguments name the functions
set -euo pipefail

peer=${1:-}
blocks=131072
cache_blocks=16384
reads=800000
stream_limit=8192
source=/dev/ram0
sectors=$(((blocks + reads) * 8))
traces=(zipf0.9 zipf1.2 loop scan rescan)
# brd allocates no memory for blocks that were never written.
modprobe brd rd_nr=2 rd_size=$((sectors / 2))
modprobe dm-cache-smq
dd if=/dev/urandom of=$source bs=1M count=$((blocks / 256)) oflag=direct status=none
declare -A hits

say() {
	echo "$SECONDS s: $*" >&2
}

# measure KEY TRACE DEVICE COUNT-COMMAND - read the trace, and keep the share of hits
measure() {
	local before after counted
	before=$($4)
	counted=$(hitratio "$2" $blocks $cache_blocks $reads "/dev/mapper/$3" | cut -d ' ' -f 1)
	after=$($4)
	hits["$1 $2"]=$(awk -v h=$((after - before)) -v n="$counted" \
		'BEGIN { printf "%.1f", 100 * h / n }')
	say "$1 $2: ${hits["$1 $2"]}"
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

modprobe rapiddisk-cache
for key in ours stream; do
	table="0 $sectors rapiddisk-cache $source - $((cache_blocks * 8))"
	[ $key = ours ] || table+=" 0 2 stream_limit $stream_limit"
	for trace in "${traces[@]}"; do
		dmsetup create ours --table "$table"
		udevadm settle
		measure $key "$trace" ours ours_hits
		dmsetup remove --retry ours
	done
done
# The peer's modules have the same names, so ours must be unloaded.
modprobe -r rapiddisk-cache rapiddisk

dmsetup create meta --table "0 16384 linear /dev/ram1 0"
dmsetup create fast --table "0 $((cache_blocks * 8)) linear /dev/ram1 16384"
udevadm settle
for trace in "${traces[@]}"; do
	dd if=/dev/zero of=/dev/mapper/meta bs=4k count=1 oflag=direct status=none
	udevadm settle
	dmsetup create dmcache --table "0 $sectors cache /dev/mapper/meta /dev/mapper/fast \
		$source 64 1 writethrough smq 0"
	udevadm settle
	measure dmcache "$trace" dmcache dmcache_hits
	dmsetup remove --retry dmcache
done
dmsetup remove --retry fast
dmsetup remove --retry meta

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

failed=0
echo "| hits, % | LRU | best possible | ours | ours, stream_limit | dm-cache smq | rapiddisk 9.2.0 |"
echo "|---|---|---|---|---|---|---|"
for trace in "${traces[@]}"; do
	read -r _ lru best < <(hitratio "$trace" $blocks $cache_blocks $reads)
	echo "| $trace | $lru | $best | ${hits["ours $trace"]} | ${hits["stream $trace"]} |" \
		"${hits["dmcache $trace"]} | ${hits["peer $trace"]:-} |"
	case $trace in loop | scan) margin=10 ;; *) margin=0 ;; esac
	if ! awk -v o="${hits["ours $trace"]}" -v l="$lru" -v m=$margin \
		'BEGIN { exit !(o >= l + m) }'; then
		say "$trace: ours is not $margin points above LRU: NOT MET"
		failed=1
	fi
done
exit $failed
