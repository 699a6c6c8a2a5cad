#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/bench/cache-scaling.sh [ROUNDS] - measure how the cache scales from one CPU to two.
#
# The gain of a second reader on the cache is compared with the gain on brd, in wall time. The
# machine must be idle, and the median of many pairs counts. Each of ROUNDS (10) measures brd, the
# cache, the cache, brd, each with one reader and with two: 4 KiB randread that hits, psync. Hits
# and misses are printed too, and the content is compared with the source.
#
# Exit: 1 if the cache's ratio is below 0.9 of brd's.
# Context: root in a guest with two CPUs, with the modules brd and rapiddisk-cache.
set -euo pipefail

rounds=${1:-10}
seconds=${SECONDS_EACH:-2}
region=16M
sectors=131072
source=/dev/ram0
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

modprobe brd rd_nr=1 rd_size=$((sectors / 2))
modprobe rapiddisk-cache
dd if=/dev/urandom of=$source bs=1M oflag=direct status=none count=$((sectors / 2048))
dmsetup create ours --table "0 $sectors rapiddisk-cache $source - $sectors"
udevadm settle
systemctl stop systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-udevd \
	2>/dev/null || :
counters=/sys/kernel/rapiddisk_cache/ours

# speed DISK READERS - print the I/Os per second of all readers together
speed() {
	fio --name=scaling --filename="$1" --numjobs="$2" --thread --group_reporting \
		--cpus_allowed=0-1 --cpus_allowed_policy=split --ioengine=psync --rw=randread \
		--bs=4k --size=$region --norandommap --randrepeat=0 --direct=1 --time_based \
		--ramp_time=500ms --runtime="$seconds" --output-format=json --output="$results/fio"
	jq '.jobs[0].read.iops | floor' "$results/fio"
}

# measure KEY DISK - print one line, `KEY one two ratio`
measure() {
	local one two
	one=$(speed "$2" 1)
	two=$(speed "$2" 2)
	awk -v k="$1" -v a="$one" -v b="$two" 'BEGIN { printf "%s %d %d %.3f\n", k, a, b, b / a }' |
		tee -a "$results/all"
}

# median KEY COLUMN - print the median of COLUMN in the lines of KEY
median() {
	awk -v k="$1" -v c="$2" '$1 == k { print $c }' "$results/all" | sort -g |
		awk '{ v[NR] = $1 } END { printf "%.3f", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

fio --name=warm --filename=/dev/mapper/ours --ioengine=psync --rw=read --bs=4k --size=$region \
	--loops=4 --direct=1 --output="$results/warm"
dmsetup message ours 0 stats_reset
echo "Linux $(uname -r), $(nproc) CPUs; reads per second: side, one reader, two, ratio"
for ((round = 0; round < rounds; round++)); do
	measure brd $source
	measure ours /dev/mapper/ours
	measure ours /dev/mapper/ours
	measure brd $source
done
echo "ours: $(cat $counters/hits) hits, $(cat $counters/misses) misses, $(cat $counters/evictions) evictions"
cmp <(dd if=/dev/mapper/ours bs=1M iflag=direct status=none) \
	<(dd if=$source bs=1M iflag=direct status=none)
echo "content: equal to the source"
dmsetup remove --retry ours
brd=$(median brd 4)
ours=$(median ours 4)
printf 'median: brd %s (%s, %s), ours %s (%s, %s)\n' "$brd" "$(median brd 2)" \
	"$(median brd 3)" "$ours" "$(median ours 2)" "$(median ours 3)"
awk -v o="$ours" -v b="$brd" 'BEGIN {
	printf "ours / brd: %.3f, at least 0.9: %s\n", o / b, (o >= 0.9 * b) ? "met" : "NOT MET"
	exit !(o >= 0.9 * b) }'
