#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie
#
# The command of the RAM disk package before this one maps, shows and unmaps our caches.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh

modprobe brd rd_nr=1 rd_size=65536
modprobe rapiddisk-cache
t_atexit "dmsetup remove --retry rc-wt_ram0; modprobe -r rapiddisk-cache; modprobe -r brd"
dd if=/dev/urandom of=/dev/ram0 bs=1M count=64 oflag=direct
t_run "it attaches a RAM disk" rapiddisk -a 16
udevadm settle
for mode in wt wa; do
	map=rc-${mode}_ram0
	t_run "it maps a cache, $mode" rapiddisk -m rd0 -b /dev/ram0 -p $mode
	udevadm settle
	t_is "the target is ours, $mode" "$(dmsetup status $map | cut -d ' ' -f 3)" rapiddisk-cache
	dmsetup message $map 0 stats_reset
	dmsetup message $map 0 drop
	dd if=/dev/mapper/$map of=/dev/null bs=4k count=100 iflag=direct
	dd if=/dev/mapper/$map of=/dev/null bs=4k count=70 iflag=direct
	dd if=/dev/zero of=/dev/mapper/$map bs=4k count=30 oflag=direct
	t_case "its statistics read right, $mode"
	rapiddisk -s $map >"$t_dir/stats"
	cat "$t_dir/stats"
	dmsetup status $map
	# "Reads: 170" or the like: the name, then the number.
	if grep -qiE 'reads[^0-9]+170' "$t_dir/stats" &&
		grep -qiE 'writes[^0-9]+30' "$t_dir/stats" &&
		grep -qiE 'hits[^0-9]+70' "$t_dir/stats"; then
		ok
	else
		fail
	fi
	t_run "it unmaps it, $mode" rapiddisk -u $map
	udevadm settle
done
t_run "it detaches the RAM disk" rapiddisk -d rd0
