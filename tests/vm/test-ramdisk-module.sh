#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: suite=trixie memory=3G cpus=2 timeout=1800
#
# test-ramdisk-module - test the RAM disk module on its own interfaces, without rapiddisk-apply.
. /src/tests/vm/lib.sh || exit

control=/sys/kernel/rapiddisk
mib=1048576

# Wait for udevd, which opens a disk for a moment after each change of the disk. udevd answers the
# first `udevadm settle` maybe before it sees that a writer closed the disk, and the second one
# before it has read the event that it makes of that.
quiet() {
	udevadm settle && udevadm settle && udevadm settle
}

# mgmt COMMAND - write COMMAND in one write(2); print `ok` or the text of the errno
mgmt() {
	local said
	if said=$( { printf '%s' "$1" >$control/mgmt; } 2>&1); then
		echo ok
	else
		echo "${said##*: }"
	fi
}

used() {
	cat "/sys/block/rd$1/rapiddisk/used_bytes"
}

detach_all() {
	local disk
	for disk in /sys/block/rd*; do
		[ ! -d "$disk" ] || t_detach "${disk##*/rd}"
	done
}

leave() {
	umount /mnt
	dmsetup remove -f rdtest
	detach_all
	rmmod rapiddisk
}
t_atexit leave

# Print the free memory. Freed pages may be in per-CPU lists, and the system starts and ends
# processes meanwhile, which is some tens of MiB. The checks therefore demand half of the
# expected difference.
mem_free_mib() {
	awk '/^MemFree/ { print int($2 / 1024) }' /proc/meminfo
}

t_run "the module loads" modprobe rapiddisk

# --- commands ---------------------------------------------------------------------------

commands() {
	while IFS='|' read -r wanted command; do
		t_is "mgmt answers '$wanted' to '${command:0:70}'" "$(mgmt "$command")" "$wanted"
	done <<-END
		ok|rapiddisk attach 7 1048576
		File exists|rapiddisk attach 7 1048576
		No such device|rapiddisk detach 8
		No such device|rapiddisk resize 8 1048576
		Invalid argument|rapiddisk attach 8
		Invalid argument|rapiddisk attach 8 0
		Invalid argument|rapiddisk attach 8 1000
		Invalid argument|rapiddisk attach 8 -512
		Invalid argument|rapiddisk attach 8 +512
		Invalid argument|rapiddisk attach 8 18446744073709551616
		Invalid argument|rapiddisk attach 8 18446744073709551104
		Invalid argument|rapiddisk attach 8 70368744178176
		Invalid argument|rapiddisk attach 8 1M
		Invalid argument|rapiddisk attach x 1048576
		Invalid argument|rapiddisk attach 1048576 1048576
		Invalid argument|rapiddisk attach 8 1048576 more
		Invalid argument|rapiddisk attach 8 1048576 color=red
		Invalid argument|rapiddisk attach 8 1048576 preallocate
		Invalid argument|rapiddisk attach 8 1048576 preallocate=2
		Invalid argument|rapiddisk attach 8 1048576 preallocate=0 preallocate=0
		Invalid argument|rapiddisk attach 8 1048576 numa_node=63
		Invalid argument|rapiddisk attach 8 1048576 owner=
		Invalid argument|rapiddisk attach 8 1048576 owner=a/b
		Invalid argument|rapiddisk attach 8 1048576 owner=$(printf 'x%.0s' {1..64})
		Invalid argument|rapiddisk resize 7 1048576 numa_node=0
		Invalid argument|rapiddisk detach 7 1048576
		Invalid argument|rapiddisk
		Invalid argument|attach 8 1048576
		Invalid argument|rapiddisk destroy 7
		ok|rapiddisk attach 8 512 numa_node=0 owner=$(printf 'x%.0s' {1..63}) preallocate=1
		ok|rapiddisk attach 9 1048576 numa_node=-1
		ok|rapiddisk resize 9 1048576 owner=A-z0.9_:x
	END
}
commands
t_is "a second command in the same write is refused" \
	"$(mgmt $'rapiddisk attach 10 512\nrapiddisk attach 11 512\n')" "Invalid argument"
t_is "a newline at the end is accepted" "$(mgmt $'rapiddisk attach 10 512\n')" ok
t_is "attributes have the values of the command" \
	"$(cd /sys/block/rd8/rapiddisk && cat owner preallocate numa_node used_bytes openers | tr '\n' ' ')" \
	"$(printf 'x%.0s' {1..63}) 1 0 4096 0 "
t_is "resize sets the owner" "$(cat /sys/block/rd9/rapiddisk/owner)" "A-z0.9_:x"
t_is "a disk without an owner has an empty line" "$(od -An -c /sys/block/rd7/rapiddisk/owner | tr -d ' ')" '\n'
t_is "only root may write mgmt, and every user may read the attributes" \
	"$(stat -c %a $control/* /sys/block/rd7/rapiddisk/* | tr '\n' ' ')" \
	"444 200 444 444 444 444 444 444 "
t_is "devices prints the table of disks" "$(cat $control/devices)" \
	"$(printf 'Device\tSize\tErrors\tUsed\nrd7\t1048576\t0\t0\nrd8\t512\t0\t4096\nrd9\t1048576\t0\t0\nrd10\t512\t0\t0')"
t_is "progress is idle" "$(cat $control/progress)" "0 0"
t_fails "rmmod is refused while a disk exists" rmmod rapiddisk
t_is "the queue has the documented limits" "$(cd /sys/block/rd7/queue && cat logical_block_size physical_block_size \
	minimum_io_size discard_granularity rotational write_cache | tr '\n' ' ')" \
	"512 4096 4096 4096 0 write through "
detach_all
t_is "all disks are detached" "$(cat $control/devices)" "$(printf 'Device\tSize\tErrors\tUsed')"

# --- memory -----------------------------------------------------------------------------

t_is "a disk of 64 TiB allocates no memory for data" \
	"$(mgmt "rapiddisk attach 0 70368744177664") $(used 0)" "ok 0"
dd if=/dev/rd0 of=/dev/null bs=1M count=8 skip=40000000 iflag=direct
t_is "a read of holes allocates no page" "$(used 0)" 0
printf x | dd of=/dev/rd0 bs=512 seek=137438953471 conv=sync oflag=direct
t_is "the last sector of 64 TiB can be written and read" \
	"$(dd if=/dev/rd0 bs=512 skip=137438953471 iflag=direct | tr -d '\0') $(used 0)" "x 4096"
t_is "the ioctls return the same numbers" "$(rdioctl /dev/rd0 r highest pages | tr '\n' ' ')" "137438953472 1 "
detach_all

mgmt "rapiddisk attach 0 $((256 * mib))"
before=$(mem_free_mib)
dd if=/dev/urandom of=/dev/rd0 bs=1M oflag=direct
t_is "a full disk holds its size" "$(used 0)" $((256 * mib))
full=$(mem_free_mib)
blkdiscard -f /dev/rd0
t_is "DISCARD frees all pages" "$(used 0)" 0
after=$(mem_free_mib)
t_note "MemFree in MiB before, with 256 MiB written, after discard: $before $full $after"
t_run "MemFree grows by the discarded pages" \
	[ "$after" -ge $((before - 128)) -a "$full" -le $((before - 128)) ]

dd if=/dev/urandom of=/dev/rd0 bs=1M count=8 oflag=direct
dd if=/dev/rd0 of=/tmp/shadow bs=1M count=8 iflag=direct
check_shadow() { # SENTENCE - check that the first 8 MiB of the disk equal /tmp/shadow
	t_run "$1" cmp -n $((8 * mib)) /dev/rd0 /tmp/shadow
}
zero_shadow() { # OFFSET LENGTH
	dd if=/dev/zero of=/tmp/shadow bs=512 seek=$(($1 / 512)) count=$(($2 / 512)) conv=notrunc
}
held=$((8 * mib))
for range in 4096:4096 1048576:2097152 5242880:8192 512:512 6291968:1024 7340544:12288 \
	2097152:4194304; do
	offset=${range%:*} length=${range#*:}
	blkdiscard -f -o "$offset" -l "$length" /dev/rd0
	zero_shadow "$offset" "$length"
done
check_shadow "DISCARD zeroes exactly its range, to the sector"
pages=$(od -An -v -tx8 -w4096 /tmp/shadow | grep -c '[1-9a-f]')
t_is "DISCARD frees exactly the whole pages" "$(used 0)" $((pages * 4096))
held=$(used 0)
fallocate -z -o 0 -l 65536 /dev/rd0
zero_shadow 0 65536
check_shadow "WRITE_ZEROES without unmap zeroes the range"
t_is "WRITE_ZEROES without unmap keeps the pages" "$(used 0)" "$held"
fallocate -p -o 512 -l 65536 /dev/rd0
zero_shadow 512 65536
check_shadow "WRITE_ZEROES with unmap zeroes the range, to the sector"
t_run "WRITE_ZEROES with unmap frees pages" [ "$(used 0)" -lt "$held" ]
detach_all

# --- preallocation ----------------------------------------------------------------------

before=$(mem_free_mib)
t_is "preallocate allocates all memory at once" \
	"$(mgmt "rapiddisk attach 0 $((300 * mib)) preallocate=1") $(used 0)" "ok $((300 * mib))"
t_run "MemFree shrinks by the preallocated pages" [ "$(mem_free_mib)" -le $((before - 150)) ]
blkdiscard -f /dev/rd0
t_is "a discard keeps the pages of a preallocated disk" "$(used 0)" $((300 * mib))
t_is "a preallocated disk grows with all its memory" \
	"$(quiet; mgmt "rapiddisk resize 0 $((310 * mib))") $(used 0)" "ok $((310 * mib))"
t_is "preallocation can be switched off" \
	"$(mgmt "rapiddisk resize 0 $((310 * mib)) preallocate=0")$(blkdiscard -f /dev/rd0) $(used 0)" "ok 0"
dd if=/dev/urandom of=/dev/rd0 bs=1M count=3 seek=1 oflag=direct
sum=$(md5sum </dev/rd0)
t_is "preallocation can be switched on again, and keeps the data" \
	"$(mgmt "rapiddisk resize 0 $((310 * mib)) preallocate=1") $(used 0) $(md5sum </dev/rd0)" \
	"ok $((310 * mib)) $sum"
t_is "a preallocated disk larger than memory is refused" \
	"$(mgmt "rapiddisk attach 1 $((64 * 1024 * mib)) preallocate=1")" "Cannot allocate memory"
t_is "growth of a preallocated disk beyond memory is refused, and changes nothing" \
	"$(mgmt "rapiddisk resize 0 $((64 * 1024 * mib))") $(cat /sys/block/rd0/size) $(used 0)" \
	"Cannot allocate memory $((310 * 2048)) $((310 * mib))"
detach_all
t_run "detach frees all memory before its return" [ "$(mem_free_mib)" -ge $((before - 150)) ]

# Kill the writer during the preallocation. Repeat, with an earlier kill each time, until the kill
# comes in time.
caught=
for delay in 0.4 0.2 0.1 0.05 0.4 0.2 0.1 0.05; do
	before=$(mem_free_mib)
	dd of=$control/mgmt bs=4096 <<<"rapiddisk attach 0 $((1200 * mib)) preallocate=1" &
	writer=$!
	sleep $delay
	said=$(cat $control/progress)
	kill -KILL $writer
	wait $writer
	if [ ! -e /sys/block/rd0 ] && [ "${said% *}" -gt 0 ]; then
		caught="$said"
		break
	fi
	detach_all
done
t_case "a kill stops the preallocation, and frees its memory"
t_note "killed with progress at '$caught'; MemFree $before MiB before, $(mem_free_mib) MiB after"
if [ -n "$caught" ] && [ "$(mem_free_mib)" -ge $((before - 100)) ] && [ ! -e /sys/block/rd0 ] &&
	[ "$(cat $control/progress)" = "0 0" ]; then
	ok
else
	fail "progress '$caught', MemFree $before to $(mem_free_mib)"
fi
detach_all

# --- size -------------------------------------------------------------------------------

mgmt "rapiddisk attach 0 $((64 * mib))"
mkfs.ext4 -q /dev/rd0 && mount /dev/rd0 /mnt
dd if=/dev/urandom of=/mnt/file bs=1M count=30
sum=$(md5sum </mnt/file)
t_is "shrinking a mounted disk is EBUSY" \
	"$(mgmt "rapiddisk resize 0 $((32 * mib))")" "Device or resource busy"
t_is "detaching a mounted disk is EBUSY" "$(mgmt "rapiddisk detach 0")" "Device or resource busy"
t_is "growing a mounted disk succeeds" "$(mgmt "rapiddisk resize 0 $((128 * mib))")" ok
t_run "resize2fs grows the file system" resize2fs /dev/rd0
t_run "the grown file system has the space" dd if=/dev/urandom of=/mnt/more bs=1M count=60
t_is "the grown file system has its data" "$(md5sum </mnt/file)" "$sum"
umount /mnt
t_run "fsck finds no error" fsck.ext4 -fn /dev/rd0
quiet
exec 8</dev/rd0
t_is "shrinking an open disk is EBUSY" \
	"$(mgmt "rapiddisk resize 0 $((32 * mib))")" "Device or resource busy"
t_is "openers counts the open descriptors" "$(cat /sys/block/rd0/rapiddisk/openers)" 1
exec 8<&-
printf '\1%.0s' {1..8192} | dd of=/dev/rd0 bs=512 count=16 seek=$((32 * 2048 - 8)) oflag=direct
quiet
t_is "shrinking a closed disk succeeds, to the sector" \
	"$(mgmt "rapiddisk resize 0 $((32 * mib - 1536))") $(blockdev --getsize64 /dev/rd0)" \
	"ok $((32 * mib - 1536))"
quiet
t_is "a disk that grows again has zeroes beyond the old end" \
	"$(mgmt "rapiddisk resize 0 $((64 * mib))") $(dd if=/dev/rd0 bs=512 count=16 \
		skip=$((32 * 2048 - 8)) iflag=direct | tr -d '\0' | wc -c)" "ok 2560"
quiet
dmsetup create rdtest --table "0 65536 linear /dev/rd0 0"
t_is "detaching a mapped disk is EBUSY" "$(mgmt "rapiddisk detach 0")" "Device or resource busy"
udevadm settle
dmsetup remove --retry rdtest

# --- read-only, wipe --------------------------------------------------------------------

dd if=/dev/urandom of=/dev/rd0 bs=1M count=1 oflag=direct
sum=$(md5sum </dev/rd0)
exec 8<>/dev/rd0
blockdev --setro /dev/rd0
write_through_8() {
	dd if=/dev/zero bs=4096 count=1 conv=fsync >&8
}
t_fails "a write through an earlier descriptor is refused on a read-only disk" write_through_8
exec 8>&-
t_fails "a direct write is refused on a read-only disk" dd if=/dev/zero of=/dev/rd0 bs=4096 count=1 oflag=direct
t_fails "a discard is refused on a read-only disk" blkdiscard -f /dev/rd0
t_is "the wipe is refused on a read-only disk" "$(rdioctl /dev/rd0 w wipe)" EROFS
quiet
t_is "shrinking is refused on a read-only disk" "$(mgmt "rapiddisk resize 0 $mib")" "Read-only file system"
dmsetup create rdtest --table "0 65536 linear /dev/rd0 0" ||
	dmsetup create rdtest -r --table "0 65536 linear /dev/rd0 0"
dd if=/dev/zero of=/dev/mapper/rdtest bs=4096 count=1 oflag=direct
quiet
dmsetup remove --retry rdtest
t_is "the read-only disk keeps its content" "$(md5sum </dev/rd0)" "$sum"
blockdev --setrw /dev/rd0

# Make a disk read-only below a map that was created while the disk was writable.
quiet
dmsetup create rdtest --table "0 65536 linear /dev/rd0 0"
blockdev --setro /dev/rd0
t_fails "a write through an earlier map is refused on a read-only disk" \
	dd if=/dev/zero of=/dev/mapper/rdtest bs=4096 count=1 oflag=direct
quiet
dmsetup remove --retry rdtest
t_is "the read-only disk below the map keeps its content" "$(md5sum </dev/rd0)" "$sum"
errors=$(awk '$1 == "rd0" { print $3 }' $control/devices)
t_run "devices counts the refused writes as errors" [ "$errors" -ge 1 ]
blockdev --setrw /dev/rd0
quiet
printf cached | dd of=/dev/rd0 bs=512 conv=notrunc
exec 8<>/dev/rd0
printf dirty >&8
blockdev --setro /dev/rd0
exec 8>&-
t_is "dirty pages are written to a disk that becomes read-only" \
	"$(dd if=/dev/rd0 bs=512 count=1 iflag=direct | head -c 5)" dirty
blockdev --setrw /dev/rd0
quiet

chmod o+rw /dev/rd0
t_is "the wipe needs CAP_SYS_ADMIN" \
	"$(setpriv --reuid=65534 --regid=65534 --clear-groups rdioctl /dev/rd0 w wipe)" EPERM
t_is "the wipe needs a writable descriptor" "$(rdioctl /dev/rd0 r wipe)" EACCES
quiet
exec 8</dev/rd0
t_is "the wipe of a disk that is open elsewhere is EBUSY" "$(rdioctl /dev/rd0 w wipe)" EBUSY
exec 8<&-
quiet
t_is "the wipe frees all pages" "$(rdioctl /dev/rd0 w wipe pages highest | tr '\n' ' ')" "ok 0 0 "
t_is "the wiped disk reads as zeroes" "$(tr -d '\0' </dev/rd0 | wc -c)" 0
quiet
t_is "pages that were dirty at the wipe do not come back" \
	"$(rdwipe-dirty /dev/rd0; sync; quiet; tr -d '\0' </dev/rd0 | wc -c)" "ok
0"
t_is "ioctls of CD drives, terminals and SCSI are EINVAL, unknown ones ENOTTY" \
	"$(rdioctl /dev/rd0 r 0x5331 0x5395 0x5401 0x2285 0x4711 | tr '\n' ' ')" \
	"EINVAL EINVAL EINVAL EINVAL ENOTTY "
detach_all

# --- data under load --------------------------------------------------------------------

mgmt "rapiddisk attach 0 $((256 * mib))"
# run_fio ARGUMENT... - run fio, and fail too if a job crashed
run_fio() {
	fio --filename=/dev/rd0 --direct=1 --blockalign=512 "$@" --output=/tmp/fio
	local status=$?
	cat /tmp/fio
	[ $status -eq 0 ] && ! grep -q 'got signal' /tmp/fio
}
for engine in psync libaio io_uring; do
	t_run "fio verifies random pieces of 512 bytes to 1 MiB, $engine" \
		run_fio --name=mix --ioengine=$engine --iodepth=16 --rw=randwrite \
		--bsrange=512-1M --size=256M --io_size=192M --verify=crc32c --verify_fatal=1
	# Without serialize_overlap, fio would send the write of a block before its trim has ended.
	t_run "fio verifies blocks that are trimmed before the write, $engine" \
		run_fio --name=trim --ioengine=$engine --iodepth=16 --rw=randtrimwrite \
		--serialize_overlap=1 \
		--bs=28k --size=256M --io_size=128M --verify=crc32c --verify_fatal=1
done
t_run "four jobs verify side by side, with borders inside pages" \
	run_fio --name=side --ioengine=libaio --iodepth=8 --numjobs=4 --size=63M \
	--offset_increment=67106304 --rw=randrw --bsrange=512-256k --verify=crc32c \
	--verify_fatal=1
t_run "four jobs that overlap get no error: reads, writes, trims of any size" \
	run_fio --size=256M --bsrange=512-1M \
	--name=lap --ioengine=libaio --iodepth=8 --numjobs=2 --io_size=96M --rw=randrw \
	--name=laptrim --ioengine=psync --numjobs=2 --io_size=256M --rw=randtrim
t_is "the disk holds at most its size" "$([ "$(used 0)" -le $((256 * mib)) ] && echo yes)" yes
blkdiscard -f /dev/rd0
udevadm settle
t_is "a discard frees all pages after the load" "$(sleep 1; used 0)" 0
t_is "devices counts no error" "$(awk '$1 == "rd0" { print $3 }' $control/devices)" 0
read -r reads _ _ _ writes _ </sys/block/rd0/stat
dd if=/dev/zero of=/dev/rd0 bs=64k count=10 oflag=direct
dd if=/dev/rd0 of=/dev/null bs=64k count=7 iflag=direct
quiet
read -r more_reads _ _ _ more_writes _ </sys/block/rd0/stat
t_is "iostat's counters count writes" $((more_writes - writes)) 10
t_run "iostat's counters count reads" [ $((more_reads - reads)) -ge 7 ]
detach_all

stress() { # SEED - attach, resize, detach and use three disks at random for 20 s
	local end=$((SECONDS + 20)) n
	RANDOM=$1
	while [ $SECONDS -lt $end ]; do
		n=$((RANDOM % 3))
		case $((RANDOM % 6)) in
		0 | 1) mgmt "rapiddisk attach $n $((RANDOM % 64 * 65536 + 65536))" ;;
		2) mgmt "rapiddisk detach $n" ;;
		3) mgmt "rapiddisk resize $n $((RANDOM % 64 * 98304 + 512)) preallocate=$((RANDOM % 2))" ;;
		# With nocreat, dd does not create a plain file in /dev for a detached disk.
		4) dd if=/dev/urandom of=/dev/rd$n bs=64k oflag=direct conv=nocreat ;;
		5) [ -b /dev/rd$n ] && { blkdiscard -f /dev/rd$n || dd if=/dev/rd$n of=/dev/null bs=32k; } ;;
		esac
		cat $control/devices $control/progress /sys/block/rd$n/rapiddisk/*
	done
}
for seed in 1 2 3 4; do
	stress $seed >/tmp/stress$seed 2>&1 &
done
wait
t_note "stress, commands that succeeded: $(cat /tmp/stress? | grep -cx ok)"
t_run "four shells attach, resize, detach and use the same disks for 20 s" \
	[ "$(cat /tmp/stress? | grep -cx ok)" -ge 10 ]
detach_all
t_is "no disk is left after the stress" "$(cat $control/devices)" "$(printf 'Device\tSize\tErrors\tUsed')"

before=$(mem_free_mib)
mgmt "rapiddisk attach 0 $((1300 * mib))"
dd if=/dev/zero of=/dev/rd0 bs=1M oflag=direct
t_is "most of memory can be filled" "$(used 0)" $((1300 * mib))
quiet
t_is "the full disk is detached" "$(mgmt "rapiddisk detach 0")" ok
t_run "the memory of the full disk is free when detach returns" [ "$(mem_free_mib)" -ge $((before - 650)) ]

mgmt "rapiddisk attach 0 $((8192 * mib))"
t_is "a disk larger than memory returns ENOSPC when memory ends" \
	"$( { dd if=/dev/zero of=/dev/rd0 bs=1M oflag=direct; } 2>&1 | grep -o 'No space left on device')" \
	"No space left on device"
# Free pages on the lists of the CPUs are not in MemAvailable. The kernel takes them back when memory
# ends.
available=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
listed=$(awk '$1 == "count:" { pages += $2 } END { print int(pages / 256) }' /proc/zoneinfo)
t_note "MemAvailable $available MiB, on the lists of the CPUs $listed MiB"
t_run "the full disk leaves 40 MiB to the rest of the system" [ $((available + listed)) -ge 40 ]
t_note "held then: $(used 0) bytes"
t_is "preallocation is refused while memory is full" \
	"$(mgmt "rapiddisk attach 1 $((64 * mib)) preallocate=1")" "Cannot allocate memory"
quiet
t_is "the disk larger than memory is detached" "$(mgmt "rapiddisk detach 0")" ok

# --- many disks, parameters -------------------------------------------------------------

for n in {0..999}; do
	echo "rapiddisk attach $n $mib owner=many" >$control/mgmt || echo "attach $n failed"
done
udevadm settle --timeout=300
t_is "devices lists 1000 disks" "$(cat $control/devices | wc -l)" 1001
t_is "devices lists each disk once, in order" "$(awk 'NR > 1 { print $1 }' $control/devices | md5sum)" \
	"$(printf 'rd%s\n' {0..999} | md5sum)"
t_is "devices reads the same in pieces of 100 bytes" \
	"$(dd if=$control/devices bs=100 | md5sum)" "$(cat $control/devices | md5sum)"
for n in {0..999}; do
	echo "rapiddisk detach $n" >$control/mgmt || mgmt "rapiddisk detach $n"
done
detach_all
t_is "all 1000 disks are detached" "$(cat $control/devices | wc -l)" 1

t_run "rmmod succeeds without disks" rmmod rapiddisk
t_run "the module loads with rd_nr disks of rd_size MiB" \
	modprobe rapiddisk rd_nr=2 rd_size=5 rd_max_nr=3 max_sectors=64 nr_requests=128
t_is "the disks of the parameters have rd_size MiB" "$(cat /sys/block/rd0/size /sys/block/rd1/size | tr '\n' ' ')" "10240 10240 "
t_is "max_sectors is the limit of a request" "$(cat /sys/block/rd0/queue/max_hw_sectors_kb)" 64
quiet
read -r _ _ _ _ writes _ </sys/block/rd0/stat
dd if=/dev/urandom of=/tmp/one bs=1M count=1
dd if=/tmp/one of=/dev/rd0 bs=1M oflag=direct
quiet
read -r _ _ _ _ more_writes _ </sys/block/rd0/stat
t_is "max_sectors splits 1 MiB into 16 requests" $((more_writes - writes)) 16
t_run "the disk holds the split write" cmp -n $mib /tmp/one /dev/rd0
t_is "rd_max_nr is the limit of disks" \
	"$(mgmt "rapiddisk attach 2 $mib") $(mgmt "rapiddisk attach 3 $mib")" \
	"ok No space left on device"
detach_all
rmmod rapiddisk
t_fails "the module does not load with disks without a size" modprobe rapiddisk rd_nr=2
t_fails "the module does not load with more disks than rd_max_nr" modprobe rapiddisk rd_nr=3 rd_max_nr=2 rd_size=1
t_fails "the module does not load with disks whose tables do not fit" modprobe rapiddisk rd_nr=40 rd_size=67108864
t_is "a module that did not load leaves nothing behind" \
	"$(ls -d /sys/module/rapiddisk /sys/kernel/rapiddisk /sys/block/rd* 2>/dev/null)$(grep rapiddisk /proc/devices)" ""
t_run "the module loads after the failures" modprobe rapiddisk
