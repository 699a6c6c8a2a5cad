#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie
#
# slow-cache-peer - map, show and unmap caches with the command of rapiddisk 9.2.0.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit

modprobe brd rd_nr=1 rd_size=65536
modprobe rapiddisk-cache
t_atexit "dmsetup remove --retry rc-wt_ram0; modprobe -r rapiddisk-cache; modprobe -r brd"
dd if=/dev/urandom of=/dev/ram0 bs=1M count=64 oflag=direct
t_run "the command attaches a RAM disk" rapiddisk -a 16
udevadm settle
for mode in wt wa; do
	map=rc-${mode}_ram0
	t_run "the command maps a cache, $mode" rapiddisk -m rd0 -b /dev/ram0 -p $mode
	udevadm settle
	t_is "the map has the target rapiddisk-cache, $mode" "$(dmsetup status $map | cut -d ' ' -f 3)" rapiddisk-cache
	dmsetup message $map 0 stats_reset
	dmsetup message $map 0 drop
	dd if=/dev/mapper/$map of=/dev/null bs=4k count=100 iflag=direct
	dd if=/dev/mapper/$map of=/dev/null bs=4k count=70 iflag=direct
	dd if=/dev/zero of=/dev/mapper/$map bs=4k count=30 oflag=direct
	# The close of the writer made udevd probe the device.
	udevadm settle
	rapiddisk -s $map >"$t_dir/stats"
	t_is "the command prints the numbers of the status line, $mode" \
		"$(tail -n 1 "$t_dir/stats" | xargs | cut -d ' ' -f -13)" \
		"$(dmsetup status $map | cut -d ' ' -f 4-16)"
	t_run "the status line counts the writes, $mode" test \
		"$(dmsetup status $map | cut -d ' ' -f 5)" -eq 30
	t_run "the command unmaps the cache, $mode" rapiddisk -u $map
	udevadm settle
done
t_run "the command detaches the RAM disk" rapiddisk -d rd0
