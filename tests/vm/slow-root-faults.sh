#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# slow-root-faults - boot a cached root volume with each fault of a list.
#
# With every fault the system boots to multi-user, with / writable on the next best device. The
# delay is 15 s at most, and the system reports the fault.
#
# FAULTS lists the faults (all). INITRD is the generator of the initramfs (initramfs-tools).
# SUITE is the system (trixie-storage). With QUICK=1 the guests run no systemd.

# shellcheck source=tests/vm/root-lib.sh
. "$(dirname "$0")/root-lib.sh"

suite=${SUITE:-trixie-storage}
initrd=${INITRD:-initramfs-tools}
faults=${FAULTS:-yaml-broken yaml-absent dropin-alone dropin-broken image-yaml-broken
	modules-absent memory refused second-absent off no-rules stopped stopped-half-way killed
	kill-1 kill-2 kill-3 kill-4 kill-5 kill-6 kill-7 kill-8}
work=$(mktemp -d /var/tmp/root-faults.XXXXXX)
t_atexit "rm -rf $work"
state=$work/state
program=$("$here/image" "$suite")/tree/usr/sbin/rapiddisk-apply

root_config 32MiB >"$work/root.yaml"

# The guest prints all reports of the fault as one line, `why`.
cat >"$work/script" <<'END'
say written "$(touch /root/written 2>&1 && echo yes)"
rapiddisk-apply >/run/apply 2>&1
say applied $?
say why "$({
	cat /run/rapiddisk/initramfs-error /run/apply
	rapiddisk-apply --status 2>&1
	jq -r '.message, (.objects[] | .message, .reason) | select(.)' \
		/run/rapiddisk/initramfs.json /run/rapiddisk/status.json
} 2>/dev/null | tr '\n' '|')"
END

# Replace rapiddisk-apply in the image by the script on stdin. "$real" is the program itself.
replace_program() {
	mkdir -p "$work/overlay/usr/sbin"
	cp "$program" "$work/overlay/usr/sbin/rapiddisk-apply.real"
	{
		printf '#!/bin/sh\nreal=/usr/sbin/rapiddisk-apply.real\n'
		cat
	} >"$work/overlay/usr/sbin/rapiddisk-apply"
	chmod 755 "$work/overlay/usr/sbin/rapiddisk-apply"
}

# Set image and guest, the options of root-image and guest; ends, the device of / after the boot
# (cache, linear or raw, or a list with | between); and says, a pattern of the reports.
arrange() { # FAULT
	image=() guest=() ends=cache says=.
	cp "$work/root.yaml" "$work/fault.yaml"
	rm -rf "$work/overlay"
	mkdir -p "$work/overlay/etc"
	case $1 in
	yaml-broken)
		echo 'caches: [ {' >>"$work/fault.yaml"
		ends=raw says='rapiddisk.yaml:[0-9]'
		;;
	yaml-absent)
		image=(--prepare="rm etc/rapiddisk.yaml")
		ends=raw says='rapiddisk.yaml'
		;;
	dropin-alone) # no fault: the image has the cache of the drop-in
		image=(--prepare="mv etc/rapiddisk.yaml etc/rapiddisk.d/50-root.yaml")
		;;
	dropin-broken)
		image=(--prepare="echo 'caches: [ {' >etc/rapiddisk.d/60-broken.yaml")
		ends=raw says='60-broken.yaml:[0-9]'
		;;
	image-yaml-broken)
		echo 'caches: [ {' >"$work/overlay/etc/rapiddisk.yaml"
		ends=raw says='configuration is invalid'
		;;
	modules-absent)
		# shellcheck disable=SC2016 # expanded by the shell there
		image=(--prepare='rm -r lib/modules/*/updates; chroot . depmod "$(ls lib/modules)"')
		ends=linear says='rapiddisk_cache'
		;;
	memory)
		sed -i 's/size: .*/size: 95%/' "$work/fault.yaml"
		ends='linear|raw' says='RAM|memory'
		;;
	refused)
		# The kernel refuses a cache in a read-only RAM disk.
		cat >"$work/fault.yaml" <<-END
			version: 1
			ramdisks:
			  - { name: rd1, size: 32MiB, read_only: true }
			caches:
			  - { name: root, source: root, ramdisk: rd1 }
		END
		ends=linear says='root'
		;;
	second-absent)
		cat >>"$work/fault.yaml" <<-END
			  - name: data
			    source: UUID=11111111-2222-3333-4444-555555555555
			    size: 16MiB
			    wait: 3s
		END
		says='11111111-2222-3333-4444-555555555555.*does not exist'
		;;
	off)
		guest=(--append=rapiddisk=0)
		ends=raw says='turns everything off'
		;;
	no-rules)
		mkdir -p "$work/overlay/usr/lib/udev/rules.d"
		for rules in 55-dm 56-rapiddisk-cache 60-persistent-storage-dm 95-dm-notify \
			10-dm 13-dm-disk; do
			: >"$work/overlay/usr/lib/udev/rules.d/$rules.rules"
		done
		ends='cache|linear|raw'
		;;
	stopped)
		# shellcheck disable=SC2016
		echo 'kill -STOP $$; exec "$real" "$@"' | replace_program
		ends=raw says='did not end within'
		;;
	stopped-half-way)
		# The program loads the module first. A stop after a fixed time may find no program.
		replace_program <<-'END'
			(until [ -d /sys/module/rapiddisk_cache ]; do :; done; kill -STOP $$) &
			exec "$real" "$@"
		END
		ends='cache|linear|raw' says='did not end within'
		;;
	killed)
		# shellcheck disable=SC2016
		echo 'kill -KILL $$' | replace_program
		ends=raw says='was stopped'
		;;
	kill-*)
		# shellcheck disable=SC2016
		echo 'exec "$real" --fault=kill:'"${1#kill-}"' "$@"' | replace_program
		ends='cache|linear|raw' says='was stopped'
		;;
	*)
		t_note "unknown fault: $1"
		return 1
		;;
	esac
}

# Print the kind of device that / is on: cache, linear, raw, or the names of another one.
on_what() {
	case $(said root):$(said target) in
	/dev/mapper/root:rapiddisk-cache) echo cache ;;
	/dev/mapper/root:linear) echo linear ;;
	/dev/vda:) echo raw ;;
	*) echo "$(said root) ($(said target))" ;;
	esac
}

# Print each expectation that the last boot did not meet.
judge() {
	on_what | grep -qxE "$ends" || echo "/ is on $(on_what), not $ends;"
	[ "$(said written)" = yes ] || echo "/ is not writable;"
	[ "$(own_seconds)" -le 15 ] || echo "rapiddisk-root took $(own_seconds) s;"
	said why | grep -qE "$says" || echo "the reports are '$(said why)', without '$says';"
	if [ -z "${QUICK:-}" ]; then
		case $(said system) in
		running | degraded) ;;
		*) echo "the system is $(said system);" ;;
		esac
	fi
}

# Create the guest of a fault. Most faults need only another overlay over a common guest.
make_fault() {
	if [ ${#image[@]} -eq 0 ] && cmp -s "$work/root.yaml" "$work/fault.yaml"; then
		[ -e "$work/base" ] ||
			make_root "$work/base" --suite="$suite" --initrd="$initrd" \
				--config="$work/root.yaml" || return
		image=(--from="$work/base")
	fi
	make_root "$state" --suite="$suite" --initrd="$initrd" --config="$work/fault.yaml" \
		--overlay="$work/overlay" ${image[@]+"${image[@]}"}
}

table=
for fault in $faults; do
	t_case "$fault: the system boots"
	if ! arrange "$fault" || ! make_fault; then
		fail "no image"
		continue
	fi
	boot_root "$state" ${QUICK:+--quick} ${guest[@]+"${guest[@]}"} <"$work/script"
	why=$(judge)
	[ "$root_status" -eq 0 ] || why="status $root_status; $why"
	table+="$fault: / on $(on_what), delayed $(own_seconds) s, up after $(said uptime) s,"
	table+=" failed units: $(said failed)"$'\n'
	if [ -z "$why" ]; then
		ok
	else
		fail "$why"
	fi
done
while read -r line; do
	[ -z "$line" ] || t_note "$line"
done <<<"$table"
