#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/bench/ramdisk-cost.sh - measure the cost of an I/O on brd and on our RAM disk, in one boot.
#
# tests/bench/run runs this script in a guest whose virtual nanosecond is one instruction. A time is
# therefore a count, and other load of the machine has no effect. Each figure is fio's run time
# divided by the number of I/Os (65536, or 2048 of 1 MiB), including fio's own work on both sides.
# Both disks are filled first, so that no page is allocated during the measurement. All rows are
# measured twice, to show that they repeat. Then the content of our disk is verified.
#
# Exit: 0 if every row meets its target, 1 otherwise.
# Context: root, with the modules brd and rapiddisk.
set -euo pipefail

region=16M
brd=/dev/ram0
ours=/dev/rd0
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

modprobe brd rd_nr=1 rd_size=65536
modprobe rapiddisk
udevadm settle
echo "rapiddisk attach 0 67108864" >/sys/kernel/rapiddisk/mgmt
udevadm settle
systemctl stop systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-udevd \
	2>/dev/null || :
for disk in $brd $ours; do
	dd if=/dev/urandom of="$disk" bs=1M count=16 oflag=direct status=none
done

# cost DISK ENGINE DEPTH RW BLOCK_KIB TOTAL_MIB - print the instructions per I/O
cost() {
	fio --name=cost --filename="$1" --ioengine="$2" --iodepth="$3" --rw="$4" --bs="$5k" \
		--io_size="$6M" --size=$region --direct=1 --thread --norandommap \
		--randrepeat=1 --output-format=json --output="$results/fio"
	jq ".jobs[0] | ((.read.runtime + .write.runtime) * 1000000 /
		(.read.total_ios + .write.total_ios)) | floor" "$results/fio"
}

failed=0
# row NAME TARGET ARGUMENT... - print a row; the ARGUMENTs are those of cost, without DISK
row() {
	local name=$1 target=$2 b o verdict
	shift 2
	b=$(cost $brd "$@")
	o=$(cost $ours "$@")
	verdict=$(awk -v b="$b" -v o="$o" -v t="$target" 'BEGIN {
		printf "%.3f  %.2f  %s", o / b, t, o <= b * t ? "met" : "NOT MET" }')
	printf '%-30s %9d %9d  %s\n' "$name" "$b" "$o" "$verdict"
	case $verdict in *NOT*) failed=1 ;; esac
}

table() {
	printf '%-30s %9s %9s  %s\n' "ns per I/O, $1" brd ours 'ratio  at most'
	row '4 KiB randread, psync' 1.00 psync 1 randread 4 256
	row '4 KiB randwrite, psync' 1.00 psync 1 randwrite 4 256
	row '4 KiB randread, io_uring 32' 1.00 io_uring 32 randread 4 256
	row '4 KiB randwrite, io_uring 32' 1.00 io_uring 32 randwrite 4 256
	row '1 MiB read, psync' 0.85 psync 1 read 1024 2048
	row '1 MiB write, psync' 0.85 psync 1 write 1024 2048
}

echo "Linux $(uname -r), brd beside rapiddisk $(cat /sys/module/rapiddisk/version)"
table 'first'
table 'again'

fio --name=verify --filename=$ours --ioengine=psync --rw=randwrite --bsrange=512-1M \
	--bs_unaligned=0 --size=$region --direct=1 --thread --verify=crc32c \
	--output-format=terse --output="$results/verify"
echo "verify: $region written in pieces of 512 bytes to 1 MiB and read back, crc32c right"
echo "held: $(cat /sys/block/rd0/rapiddisk/used_bytes) bytes for $region"
exit $failed
