#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/bench/cache-cost.sh [PEER-DIR] - measure the cost of an I/O through our cache, in one boot.
#
# The cache is compared with dm-linear, dm-cache (writethrough, smq) and the peer's cache.
# tests/bench/run runs this script in a guest whose virtual nanosecond is one instruction. A time is
# therefore a count, and other load of the machine has no effect. Each figure is fio's run time
# divided by the number of I/Os, including fio's own work on all sides. The source is a filled brd.
# Besides the times, the counted hits and flushes and the result of a verify are printed. PEER-DIR
# has rapiddisk.ko and rapiddisk-cache.ko of version 9.2.0 for this kernel. Without PEER-DIR the
# column of the peer is empty.
#
# Exit: 0 if every row meets its target, 1 otherwise.
# Context: root, with the modules brd, dm-cache, dm-cache-smq, rapiddisk and rapiddisk-cache.
set -euo pipefail

peer=${1:-}
region=16M
sectors=131072
source=/dev/ram0
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

modprobe brd rd_nr=2 rd_size=65536
modprobe dm-cache-smq
for disk in /dev/ram0 /dev/ram1; do
	dd if=/dev/urandom of=$disk bs=1M count=64 oflag=direct status=none
done
udevadm settle
systemctl stop systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-udevd \
	2>/dev/null || :

create() { # NAME TABLE
	dmsetup create --noudevsync "$1" --table "$2"
	dmsetup mknodes "$1"
}

# cost DISK ENGINE DEPTH RW BLOCK_KIB TOTAL_MIB [FIO-OPTION]... - print the instructions per I/O
cost() {
	fio --name=cost --filename="$1" --ioengine="$2" --iodepth="$3" --rw="$4" --bs="$5k" \
		--io_size="$6M" --size=$region --direct=1 --thread --norandommap \
		--randrepeat=1 --output-format=json --output="$results/fio" "${@:7}"
	jq ".jobs[0] | ((.read.runtime + .write.runtime) * 1000000 /
		(.read.total_ios + .write.total_ios)) | floor" "$results/fio"
}

# Read the whole region, so that the region is cached.
warm() {
	fio --name=warm --filename="$1" --ioengine=psync --rw=read --bs=4k --size=$region \
		--loops=3 --direct=1 --thread --output="$results/warm"
}

# Each row has a name and arguments of cost. The row "miss" is separate (measure_miss).
rows=(
	'4 KiB randread hit, psync;psync 1 randread 4 128'
	'4 KiB randread hit, io_uring 32;io_uring 32 randread 4 128'
	'1 MiB read hit, psync;psync 1 read 1024 4096'
	'4 KiB randwrite, psync;psync 1 randwrite 4 64'
	'4 KiB randwrite, io_uring 32;io_uring 32 randwrite 4 64'
)

# measure KEY DISK - measure all rows on DISK
measure() {
	local row
	warm "$2"
	for row in "${rows[@]}"; do
		# shellcheck disable=SC2086 # the words of a row
		echo "$1;${row%%;*};$(cost "$2" ${row#*;})" >>"$results/cells"
	done
}

# measure_miss KEY DISK - measure the first read of blocks, in order
measure_miss() {
	echo "$1;4 KiB read miss;$(cost "$2" psync 1 read 4 16 --offset=16M)" >>"$results/cells"
}

counters=/sys/kernel/rapiddisk_cache
verify() {
	fio --name=verify --filename="$1" --ioengine=psync --rw=randwrite --bsrange=512-1M \
		--bs_unaligned=0 --size=$region --direct=1 --thread --verify=crc32c \
		--output="$results/verify"
	cmp <(dd if="$1" bs=1M iflag=direct status=none) \
		<(dd if=$source bs=1M iflag=direct status=none)
	echo "verify: $1: crc32c right, equal to the source"
}

echo "Linux $(uname -r)"
create linear "0 $sectors linear $source 0"
measure linear /dev/mapper/linear
measure_miss linear /dev/mapper/linear
dmsetup remove linear

if [ -n "$peer" ]; then
	insmod "$peer/rapiddisk.ko"
	insmod "$peer/rapiddisk-cache.ko"
	echo "rapiddisk attach 0 $((32 << 20))" >/sys/kernel/rapiddisk/mgmt
	sleep 1
	[ -b /dev/rd0 ] || mknod /dev/rd0 b "$(tr : ' ' </sys/block/rd0/dev | cut -d ' ' -f 1)" 0
	for mode in 0 1; do
		create peer "0 $sectors rapiddisk-cache $source /dev/rd0 65536 $mode"
		measure "peer$mode" /dev/mapper/peer
		measure_miss "peer$mode" /dev/mapper/peer
		echo "peer, mode $mode: $(dmsetup status peer | tr -s '\n\t ' ' ')"
		dmsetup remove peer
	done
	echo "rapiddisk detach 0" >/sys/kernel/rapiddisk/mgmt
	rmmod rapiddisk-cache rapiddisk
fi

create meta "0 8192 linear /dev/ram1 0"
create fast "0 65536 linear /dev/ram1 16384"
dd if=/dev/zero of=/dev/mapper/meta bs=4k count=1 oflag=direct status=none
create dmcache "0 $sectors cache /dev/mapper/meta /dev/mapper/fast $source 64 1 writethrough smq 0"
measure dmcache /dev/mapper/dmcache
measure_miss dmcache /dev/mapper/dmcache
echo "dm-cache: $(dmsetup status dmcache)"
dmsetup remove dmcache
dmsetup remove fast
dmsetup remove meta

modprobe rapiddisk-cache
echo "rapiddisk attach 0 $((32 << 20))" >/sys/kernel/rapiddisk/mgmt
sleep 1
[ -b /dev/rd0 ] || mknod /dev/rd0 b "$(cut -d : -f 1 /sys/block/rd0/dev)" 0
for mode in 0 1; do
	create ours "0 $sectors rapiddisk-cache $source /dev/rd0 65536 $mode"
	measure "ours$mode" /dev/mapper/ours
	measure_miss "ours$mode" /dev/mapper/ours
	echo "ours, mode $mode: $(dmsetup status ours)"
	(cd $counters/ours && grep . hits misses partial_hits fills evictions flushes \
		source_errors cached_bytes metadata_bytes | xargs)
	verify /dev/mapper/ours
	dmsetup remove ours
done
create ours "0 $sectors rapiddisk-cache $source - 65536"
measure "private" /dev/mapper/ours
dmsetup remove ours

cell() {
	sed -n "s/^$1;$2;//p" "$results/cells" | tail -n 1
}

failed=0
# line NAME KEY TARGET - print a row of the table, and compare our cache with TARGET
line() {
	local l o verdict
	l=$(cell linear "$1")
	o=$(cell "$2" "$1")
	verdict=$(awk -v l="$l" -v o="$o" -v t="$3" 'BEGIN {
		printf "%.3f  %.2f  %s", o / l, t, o <= l * t ? "met" : "NOT MET" }')
	printf '%-34s %9s %9s %9s %9s  %s\n' "$1, $2" "$l" "$o" "$(cell dmcache "$1")" \
		"$(cell "peer${2#ours}" "$1")" "$verdict"
	case $verdict in *NOT*) failed=1 ;; esac
}

printf '%-34s %9s %9s %9s %9s  %s\n' 'ns per I/O' dm-linear ours dm-cache peer 'ratio  at most'
line '4 KiB randread hit, psync' ours0 0.95
line '4 KiB randread hit, io_uring 32' ours0 0.95
line '4 KiB randread hit, psync' private 0.95
line '1 MiB read hit, psync' ours0 1.00
line '4 KiB randwrite, psync' ours0 1.40
line '4 KiB randwrite, io_uring 32' ours0 1.40
line '4 KiB randwrite, psync' ours1 1.15
line '4 KiB randwrite, io_uring 32' ours1 1.15
line '4 KiB read miss' ours0 2.00
exit $failed
