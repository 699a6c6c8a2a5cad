#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie memory=1G timeout=600
# guest: suite=bookworm memory=1G timeout=600
#
# cache-large-writes - check that large writes and discards in flight concern their blocks only.
#
# The second half of the source is a map that holds requests until the test releases them.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh || exit

# udevd reads a disk that a writer has closed. That would count.
rules=/run/udev/rules.d/99-nowatch.rules
mkdir -p /run/udev/rules.d
echo 'SUBSYSTEM=="block", OPTIONS:="nowatch"' >$rules
udevadm control --reload
t_atexit "rm $rules; udevadm control --reload"

modprobe rapiddisk-cache
modprobe dm-delay
disk=/dev/rd0
half=32768
sectors=$((2 * half))
echo "rapiddisk attach 0 $((sectors * 512))" >/sys/kernel/rapiddisk/mgmt
udevadm settle
t_atexit "t_detach 0; modprobe -r rapiddisk-cache dm-delay rapiddisk"
for part in 0 16; do
	dd if=/dev/urandom of=$disk bs=1M count=16 seek=$part oflag=direct
done
dmsetup create held --table "0 $half linear $disk $half"
t_atexit "dmsetup remove --retry held"
dmsetup create source <<-END
	0 $half linear $disk 0
	$half $half linear /dev/mapper/held 0
END
t_atexit "dmsetup remove --retry source"
source=/dev/mapper/source
udevadm settle
inflight=/sys/block/$(basename "$(readlink -f $source)")/inflight

# create MODE - create an empty cache, and a map above for discards. BLKDISCARD locks the inode of its
# device until the discard ends, and lseek() waits for that lock.
above=/dev/mapper/above
create() {
	c_create - 65536 "$1" && dmsetup create above --table "0 $sectors linear $cache 0" &&
		udevadm settle && dmsetup message cache 0 drop
}
t_atexit "dmsetup remove --retry above"

# table TABLE... - replace the table of the second half, which releases what is held
table() {
	dmsetup load held --table "0 $half $*" && dmsetup suspend held && dmsetup resume held
}

# hold all|writes - hold all requests to the second half, or only those that write
hold() {
	case $1 in
	all) dmsetup suspend --noflush held ;;
	writes) table delay $disk $half 0 $disk $half 600000 ;;
	esac
}

release() {
	table linear $disk $half
}

# begin N COMMAND... - run COMMAND in the background until N writes are in flight
begun=()
begin() {
	local wanted=$1
	shift
	"$@" &
	begun+=($!)
	for ((tries = 0; tries < 600; tries++)); do
		[ "$(awk '{ print $2 }' "$inflight")" -lt "$wanted" ] || return 0
		kill -0 $! || break
		sleep 0.1
	done
	return 1
}

# ended - wait until all commands of begin have ended, and check their status
ended() {
	local pid status=0
	for pid in "${begun[@]}"; do
		wait "$pid" || status=1
	done
	begun=()
	return $status
}

# writes PATTERN - write 8 MiB of new data to the start of the second half, all at once
writes() {
	fio --name=w --filename=$cache --direct=1 --ioengine=libaio --iodepth=8 --rw=write \
		--bs=1M --size=8M --offset=16M --buffer_pattern="$1" --output-format=terse
}

# pass MIB [COUNT] - read COUNT MiB (1) in blocks from MIB on
pass() {
	dd if=$cache of=/dev/null bs=4k skip=$(($1 * 256)) count=$((${2:-1} * 256)) iflag=direct
}

# outside SENTENCE - check that the first half is cached as usual
outside() {
	dmsetup message cache 0 stats_reset
	pass 0
	t_is "blocks outside are filled during $1" "$(c_stat fills)" 256
	pass 0
	t_is "blocks outside are hit during $1" "$(c_stat hits)" 256
}

# inside SENTENCE - check that the start of the second half is not cached
inside() {
	dmsetup message cache 0 stats_reset
	pass 16
	pass 16
	t_is "blocks inside are not filled during $1" "$(c_stat fills) $(c_stat hits)" "0 0"
}

# after SENTENCE - check content and counters once nothing is held
after() {
	t_run "what was held ends well after $1" ended
	t_run "cache and source are equal once $1 ended" c_same
	dmsetup message cache 0 drop
	dmsetup message cache 0 stats_reset
	pass 16 16
	t_is "all blocks are filled after $1" "$(c_stat fills)" 4096
	t_run "cache and source are equal after $1 and a fill" c_same
	dmsetup remove --retry above
	c_remove
}

# --- large writes that the cache does not take in ---

for what in all writes; do
	create 1
	pass 16 4
	hold $what
	t_run "8 MiB of writes are in flight, $what held" begin 8 writes 0x5a
	outside "large writes, $what held"
	[ $what = all ] || inside "large writes"
	release
	after "large writes, $what held"
done

# While large writes are in flight, a small one begins and ends inside of their blocks.
create 1
hold writes
t_run "8 MiB of writes are in flight below a small one" begin 8 writes 0xa5
t_run "a small write inside is in flight, too" begin 9 \
	dd if=/dev/urandom of=$cache bs=4k count=1 seek=4112 oflag=direct
inside "large writes and a small one"
release
after "large writes and a small one"

# --- discards and write-zeroes ---

for option in --force --zeroout; do
	create 0
	hold all
	t_run "16 MiB are in flight, blkdiscard $option" \
		begin 1 blkdiscard --force $option --offset 16M --length 16M $above
	outside "blkdiscard $option"
	t_run "cached blocks outside are written during blkdiscard $option" \
		dd if=/dev/urandom of=$cache bs=4k count=256 oflag=direct
	dmsetup message cache 0 stats_reset
	pass 0
	t_is "the written blocks are hit during blkdiscard $option" "$(c_stat hits)" 256
	release
	after "blkdiscard $option"
done

create 0
pass 16 4
hold writes
t_run "a discard is in flight below a small write" \
	begin 1 blkdiscard --force --offset 16M --length 16M $above
outside "a discard of which only the end is held"
t_run "a small write inside is in flight, too" begin 2 \
	dd if=/dev/urandom of=$cache bs=4k count=1 seek=4112 oflag=direct
inside "a discard and a small write"
release
after "a discard and a small write"

# --- the content under load ---

# load - write, discard and read overlapping ranges of the second half; verify those of one writer
load() {
	fio --name=global --filename=$cache --direct=1 --ioengine=libaio --iodepth=8 --thread \
		--bssplit=4k/40:16k/20:64k/20:1M/15:2M/5 --randrepeat=0 --output-format=terse \
		--name=v --rw=randwrite --offset=16M --size=4M --io_size=8M --verify=crc32c \
		--name=w --rw=randwrite --offset=20M --size=8M --io_size=8M --numjobs=2 \
		--name=t --rw=randtrim --offset=24M --size=8M --io_size=8M \
		--name=r --rw=randread --offset=16M --size=16M --io_size=16M
}
change() {
	while [ ! -e "$t_dir/enough" ]; do
		dmsetup message cache 0 drop &&
			dmsetup message cache 0 bypass on &&
			dmsetup message cache 0 bypass off &&
			dmsetup message cache 0 resize 16384 &&
			dmsetup suspend cache &&
			dmsetup resume cache &&
			dmsetup message cache 0 resize 65536 || return
	done
}
for mode in 0 1; do
	create $mode
	table delay $disk $half 0 $disk $half 3
	t_run "large writes and discards verify, mode $mode" load
	t_run "cache and source are equal after the load, mode $mode" c_same
	rm -f "$t_dir/enough"
	change &
	t_run "large writes and discards verify while the cache changes, mode $mode" load
	touch "$t_dir/enough"
	t_run "the cache changed under load, mode $mode" wait $!
	t_run "cache and source are equal after the changes, mode $mode" c_same
	release
	after "the load, mode $mode"
done
