#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# host: timeout=900
#
# test-ramdisk-cli - use the command of Debian's package rapiddisk with the RAM disk module.
#
# The command starts only if /sys/module/rapiddisk_cache exists. If the tree has no such module, an
# empty module of that name is built and loaded. The build is done on the host, because the guest
# has no compiler.
here=$(cd "$(dirname "$0")" && pwd)

# build_stand_in DIRECTORY - build an empty rapiddisk-cache.ko for the guest's kernel
build_stand_in() {
	local tree release inside
	tree=$("$here/../../scripts/tree" trixie) || return
	release=$(basename "$tree"/lib/modules/*)
	inside=$(mktemp -d "$tree/tmp/stand-in.XXXXXX") || return
	cat >"$inside/rapiddisk-cache.c" <<-END
		#include <linux/module.h>
		MODULE_DESCRIPTION("Stand-in of a test: an empty module");
		MODULE_LICENSE("GPL");
	END
	echo "obj-m := rapiddisk-cache.o" >"$inside/Makefile"
	"$here/../../scripts/in-tree" "$tree" make -C "/lib/modules/$release/build" \
		M="${inside#"$tree"}" modules >&2 && cp "$inside/rapiddisk-cache.ko" "$1"
	local status=$?
	rm -rf "$inside"
	return $status
}

if [ ! -d /run/guest ]; then
	share=$(mktemp -d)
	trap 'rm -rf "$share"' EXIT
	if [ ! -d "$here/../../modules/rapiddisk-cache" ]; then
		build_stand_in "$share" || exit 1
	fi
	"$here/guest" --suite=trixie --memory=1G --share="$share" "$0" \
		"${T_NAME:-test-ramdisk-cli}"
	exit
fi

T_NAME=$1
. /src/tests/vm/lib.sh || exit

leave() {
	rmmod rapiddisk rapiddisk_cache
}
t_atexit leave

# says SENTENCE EXTENDED-REGEX COMMAND... - check that COMMAND succeeds and its output matches
says() {
	local sentence=$1 wanted=$2
	shift 2
	udevadm settle
	t_case "$sentence"
	"$@" >/tmp/out 2>&1
	local status=$?
	cat /tmp/out
	if [ $status -eq 0 ] && grep -qE -- "$wanted" /tmp/out; then
		ok
	else
		fail "status $status of $*, which printed: $(tail -n 3 /tmp/out)"
	fi
}

size() {
	cat /sys/block/rd0/size
}

modprobe rapiddisk
modprobe rapiddisk-cache || insmod /share/rapiddisk-cache.ko
t_run "both modules of the command exist" \
	[ -d /sys/module/rapiddisk_cache -a -e /sys/kernel/rapiddisk/mgmt ]
[ -d /sys/module/rapiddisk_cache ] || exit 1
t_note "$(rapiddisk -v 2>&1 | head -n 1)"

says "-a attaches" "Attached device rd0" rapiddisk -a 64
t_is "the attached disk has 64 MiB" "$(size)" 131072
says "-l lists the disk" "rd0.*65536" rapiddisk -l
says "-l -j lists the disk as JSON" '"device": *"rd0"' rapiddisk -l -j
t_run "jq reads the JSON" jq -e '.. | .device? // empty | select(. == "rd0")' /tmp/out
says "-r grows the disk" "Resized device rd0" rapiddisk -r rd0 -c 128
t_is "the grown disk has 128 MiB" "$(size)" 262144
dd if=/dev/urandom of=/dev/rd0 bs=1M count=4 oflag=direct
udevadm settle
says "-l prints the used memory" "Usage \(KB\): 4096" rapiddisk -l
t_fails "the command refuses -r below the highest sector ever written" \
	sh -c 'rapiddisk -r rd0 -c 4 | grep Resized'
t_is "the refused -r keeps the size" "$(size)" 262144
says "-r shrinks to a size above that sector" "Resized device rd0" rapiddisk -r rd0 -c 8
# The command opens the disk for writing first, so udevd may probe the disk during the shrink. The
# command prints "Resized" even if the shrink fails.
for _ in 1 2 3 4 5; do
	udevadm settle
	[ "$(size)" != 16384 ] || break
	rapiddisk -r rd0 -c 8
done
t_is "the shrunk disk has 8 MiB" "$(size)" 16384
says "-L locks the disk" "read-only" rapiddisk -L rd0
t_is "the locked disk is read-only" "$(blockdev --getro /dev/rd0)" 1
t_fails "the locked disk refuses writes" dd if=/dev/zero of=/dev/rd0 bs=4096 count=1 oflag=direct
says "-U unlocks the disk" "read-write" rapiddisk -U rd0
t_is "the unlocked disk is not read-only" "$(blockdev --getro /dev/rd0)" 0
says "-f wipes the disk" "Flushed all data" rapiddisk -f rd0
t_is "the wiped disk holds no page" "$(cat /sys/block/rd0/rapiddisk/used_bytes)" 0
# The command prints "Detached" even if the kernel refuses.
says "-d detaches the disk" "Detached device rd0" t_detach 0 rapiddisk -d rd0
t_fails "the detached disk no longer exists" [ -e /sys/block/rd0 ]
