#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie memory=1G
# guest: suite=bookworm memory=1G
#
# cache-policy - check what a cache takes in, and what it keeps: swap, and reads of parts of blocks.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh || exit

c_source 128

# Swap out 32 MiB, and read them again (MADV_PAGEOUT).
cat >"$t_dir/swap.py" <<'END'
import mmap

data = mmap.mmap(-1, 32 << 20)
for at in range(0, len(data), 4096):
    data[at : at + 8] = at.to_bytes(8, "little")
data.madvise(21)
with open("/proc/self/status") as status:
    print([line for line in status if line.startswith("VmSwap")])
for at in range(0, len(data), 4096):
    assert int.from_bytes(data[at : at + 8], "little") == at
END
vmstat() {
	awk -v name="$1" '$1 == name { print $2 }' /proc/vmstat
}
c_create - 32768
mkswap $cache
udevadm settle
dmsetup message cache 0 drop
swapon $cache
t_atexit "swapoff $cache"
dmsetup message cache 0 stats_reset
before=$(vmstat pswpout)
t_run "a process swaps out and in again" python3 "$t_dir/swap.py"
t_note "$(($(vmstat pswpout) - before)) pages were swapped out, $(c_stat cache_writes) cached"
t_run "pages were swapped out" test $(($(vmstat pswpout) - before)) -ge 8000
t_run "what is swapped out takes no memory of the cache" test "$(c_stat cache_writes)" -lt 100
swapoff $cache
t_run "cache and source are equal after the swapping" c_same
c_remove

# 6 MiB are hot in a cache of 16 MiB. A scan in parts of blocks reads each part once.
for unit in 4096 512; do
	c_create - 32768
	udevadm settle
	dmsetup message cache 0 drop
	for _ in 1 2; do
		dd if=$cache of=/dev/null bs=64k count=96 iflag=direct
	done
	dd if=$cache of=/dev/null bs=$unit skip=$(((32 << 20) / unit)) \
		count=$(((24 << 20) / unit)) iflag=direct
	dmsetup message cache 0 stats_reset
	dd if=$cache of=/dev/null bs=4k count=1536 iflag=direct
	t_note "after a scan in units of $unit, $(c_stat hits) of 1536 hot blocks are cached"
	t_run "a scan of 24 MiB in units of $unit leaves the hot blocks in the cache" \
		test "$(c_stat hits)" -ge 1400
	c_remove
done
