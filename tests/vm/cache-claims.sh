#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie
# guest: suite=bookworm
#
# cache-claims - check that no two caches share a source, or a disk and its partition.
#
# A write through one of two such caches would leave old data in the other.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh || exit

c_source 16
t_atexit "for map in other pair; do dmsetup remove --retry \$map; done"
sfdisk -q $source <<-END
	label: dos
	start=2048, size=8192
	start=16384, size=8192
END
t_run "the source has partitions" partx --update $source
udevadm settle

# table DEVICE SECTORS - print a table line
table() {
	echo "0 $2 rapiddisk-cache $1 - 4096"
}

# refused SENTENCE TABLE [REASON] - check that no cache of this table can be created, and why
refused() {
	local reason=${3:-Another cache has the source}
	t_case "$1"
	t_listen
	if dmsetup create other --table "$2"; then
		udevadm settle
		dmsetup remove --retry other
		fail "the cache was created"
	elif t_said | grep -qF "$reason"; then
		ok
	else
		t_said
		fail "the kernel log has another reason"
	fi
}

# accepted SENTENCE TABLE - check that a cache of this table can be created
accepted() {
	t_run "$1" dmsetup create other --table "$2"
	udevadm settle
	dmsetup remove --retry other
}

c_create - 8192
refused "a second cache of a source is refused" "$(table $source $sectors)"
# The block layer itself keeps the caches of a disk and of its partitions apart.
refused "a cache of a partition of the source is refused" "$(table ${source}p1 8192)" "Source device cannot be opened"
t_run "the table of a cache can be loaded again" sh -c 'dmsetup table cache | dmsetup load cache'
refused "a second cache is refused beside two tables of the first" "$(table $source $sectors)"
t_run "the cache resumes with the new table" sh -c 'dmsetup suspend cache && dmsetup resume cache'
refused "a second cache is refused after the reload" "$(table $source $sectors)"
t_run "a cache is in use while another one is refused" c_same
c_remove
accepted "the source is free once the cache is gone" "$(table $source $sectors)"

t_run "a partition can be cached" dmsetup create cache --table "$(table ${source}p1 8192)"
udevadm settle
refused "a second cache of a partition is refused" "$(table ${source}p1 8192)"
refused "a cache of the whole disk is refused" "$(table $source $sectors)" "Source device cannot be opened"
accepted "another partition can be cached" "$(table ${source}p2 8192)"
c_remove

refused "one table cannot cache a source twice" "$(table $source 8192)
8192 8192 rapiddisk-cache $source - 4096"
t_run "one table can cache two partitions" dmsetup create pair --table "$(table ${source}p1 8192)
8192 8192 rapiddisk-cache ${source}p2 - 4096"
udevadm settle
t_is "its second half has the content of the second partition" \
	"$(dd if=/dev/mapper/pair bs=1M skip=4 iflag=direct | md5sum)" "$(c_sum ${source}p2)"
dmsetup remove --retry pair
