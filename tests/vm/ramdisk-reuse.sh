#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie memory=1G
# guest: suite=bookworm memory=1G
#
# ramdisk-reuse - write to a thin RAM disk right after a discard made the room for it.
#
# The machine is at its reserve of memory. The memory of a discard is free only after a grace
# period, which a write must wait for instead of failing.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit

mgmt=/sys/kernel/rapiddisk/mgmt
modprobe rapiddisk
t_atexit "modprobe -r rapiddisk"
echo "rapiddisk attach 0 $((2 << 30))" >$mgmt
t_atexit "t_detach 0"
udevadm settle

# Fill the disk up to the reserve. Then take 40 times 64 MiB from one place, and write as much to
# another place. Far less than that is left free.
cat >"$t_dir/reuse.py" <<'END'
import errno, fcntl, mmap, os, struct, sys

MIB = 1 << 20
fd = os.open("/dev/rd0", os.O_RDWR | os.O_DIRECT)
data = mmap.mmap(-1, 4 * MIB)
data[:] = b"rapiddisk " * (4 * MIB // 10) + b"      "[:4 * MIB % 10]

def discard(at, length):
    fcntl.ioctl(fd, 0x1277, struct.pack("QQ", at * MIB, length * MIB))

def write(at):
    left = 4 * MIB
    while left:
        left -= os.pwrite(fd, memoryview(data)[4 * MIB - left:], at * MIB + 4 * MIB - left)

end = 0
try:
    while True:
        write(end)
        end += 4
except OSError as error:
    assert error.errno == errno.ENOSPC, error
assert end >= 256, end
print("full at", end, "MiB")
discard(end - 16, 20)
places = [0, 1024 + 512]
for _ in range(40):
    discard(places[0], 64)
    for at in range(0, 64, 4):
        write(places[1] + at)
    places.reverse()
END
t_run "40 writes of 64 MiB succeed right after discards that made room" python3 "$t_dir/reuse.py"
