#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# slow-root-matrix - boot a cached root volume with every name and every kind of initramfs.
#
# A cell has a whole boot, which ends with `systemctl reboot`, and a short boot after that, up to
# the end of the initramfs. The matrix takes an hour. CELLS lists the cells to try, such as
# CELLS="trixie-storage:dracut:lvm" (all). With QUICK=1 each cell boots once, without systemd.

# shellcheck source=tests/vm/root-lib.sh
. "$(dirname "$0")/root-lib.sh"

cells=${CELLS:-}
if [ -z "$cells" ]; then
	for kind in bookworm-storage:initramfs-tools trixie-storage:initramfs-tools \
		trixie-storage:dracut trixie-storage:dracut-plain; do
		for root in uuid label partuuid path lvm; do
			cells="$cells $kind:$root"
		done
	done
fi

boots="whole short"
if [ -n "${QUICK:-}" ]; then
	boots=short
fi
work=$(mktemp -d /var/tmp/root-matrix.XXXXXX)
t_atexit "rm -rf $work"
root_config 64MiB >"$work/root.yaml"

# The guest reads a file that no program has read since the boot, twice past the page cache. The
# counters include the reads of other programs. If another read missed meanwhile, a new file is
# tried.
cat >"$work/script" <<'END'
for try in 1 2 3 4 5; do
	file=/root/read-twice.$try
	[ -e $file ] || head -c 1M /dev/urandom >$file
	sync
	echo 1 >/proc/sys/vm/drop_caches
	dd if=$file of=/dev/null bs=4k iflag=direct status=none || exit 1
	hits=$(attribute hits) misses=$(attribute misses)
	dd if=$file of=/dev/null bs=4k iflag=direct status=none || exit 1
	hits=$(($(attribute hits) - hits)) misses=$(($(attribute misses) - misses))
	[ "$misses" -ne 0 ] || break
done
say tries $try
say hits $hits
say misses $misses
rapiddisk-apply -n --detailed-exitcode
say plan $?
say links "$(readlink -f /dev/disk/by-uuid/"$(findmnt -no UUID /)")"
say device "$(readlink -f /dev/mapper/root)"
if [ ! -e /swap ]; then
	dd if=/dev/zero of=/swap bs=1M count=16 status=none && chmod 600 /swap
	mkswap -q /swap || exit 2
fi
swapon /swap && swapoff /swap || exit 3
END

# Print each expectation that the last boot did not meet.
judge() { # whole|short
	local key wanted system=running
	[ "$1" = whole ] || system=offline
	while read -r key wanted; do
		[ "$(said "$key")" = "$wanted" ] || echo "$key is '$(said "$key")', not '$wanted';"
	done <<-END
		system $system
		failed
		root /dev/mapper/root
		options rw
		target rapiddisk-cache
		error
		misses 0
		plan 0
	END
	[ "$(said hits)" -ge 256 ] 2>/dev/null || echo "hits: '$(said hits)';"
	[ "$(said links)" = "$(said device)" ] || echo "by-uuid leads to $(said links);"
	[ "$(own_seconds)" -le 15 ] 2>/dev/null || echo "rapiddisk-root took $(own_seconds) s;"
	# systemd prints these lines if a shutdown fails or waits.
	grep -E 'Failed (unmount|to unmount|deactivat)|stop job is running|[Tt]imed out' \
		"$root_state/console"
}

table=
for cell in $cells; do
	IFS=: read -r suite initrd root <<<"$cell"
	state=$work/state
	t_case "$cell: / is on the cache ($boots boot)"
	if ! make_root "$state" --suite="$suite" --initrd="$initrd" --root="$root" \
		--config="$work/root.yaml"; then
		fail "no image"
		table+="$cell no-image"$'\n'
		continue
	fi
	why=
	for boot in $boots; do
		quick=
		[ "$boot" = whole ] || quick=y
		boot_root "$state" ${quick:+--quick} --clean-shutdown=reboot <"$work/script" ||
			why+="$boot boot: status $root_status; "
		complaint=$(judge "$boot")
		why+=${complaint:+"$boot boot: $complaint "}
		seconds=$(own_seconds)
	done
	table+="$cell ${why:+not }ok, $(said hits) hits of 256, $seconds s"$'\n'
	if [ -z "$why" ]; then
		ok
	else
		fail "$why"
	fi
	rm -rf "$state"
done
while read -r line; do
	[ -z "$line" ] || t_note "$line"
done <<<"$table"
