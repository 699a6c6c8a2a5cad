#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# Whatever goes wrong with a cached root volume, the system boots: to multi-user, with / on
# the next best device and writable, held up by at most 15 s, and it says what happened.
#
# FAULTS names the faults to try (all), INITRD what makes the initramfs (initramfs-tools),
# SUITE the system (trixie-storage). With QUICK=1 the guests have no systemd.

# shellcheck source=tests/vm/root-lib.sh
. "$(dirname "$0")/root-lib.sh"

suite=${SUITE:-trixie-storage}
initrd=${INITRD:-initramfs-tools}
faults=${FAULTS:-yaml-broken yaml-absent image-yaml-broken modules-absent memory refused
	second-absent off no-rules stopped stopped-half-way killed kill-1 kill-2 kill-3 kill-4
	kill-5 kill-6 kill-7 kill-8}
work=$(mktemp -d /var/tmp/root-faults.XXXXXX)
t_atexit "rm -rf $work"
state=$work/state
program=$("$here/image" "$suite")/tree/usr/sbin/rapiddisk-apply

root_config 32MiB >"$work/root.yaml"

# What the system says of it; `why` is all of that in one line.
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

# The image's rapiddisk-apply becomes stdin, which finds the program as "$real".
replace_program() {
	mkdir -p "$work/overlay/usr/sbin"
	cp "$program" "$work/overlay/usr/sbin/rapiddisk-apply.real"
	{
		printf '#!/bin/sh\nreal=/usr/sbin/rapiddisk-apply.real\n'
		cat
	} >"$work/overlay/usr/sbin/rapiddisk-apply"
	chmod 755 "$work/overlay/usr/sbin/rapiddisk-apply"
}

# Sets for each fault: options of root-image, options of guest, where / ends up (cache,
# linear or raw; with | between where either is right), and what the system says.
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
	image-yaml-broken)
		echo 'caches: [ {' >"$work/overlay/etc/rapiddisk.yaml"
		ends=raw says='configuration is invalid'
		;;
	modules-absent)
		# shellcheck disable=SC2016 # for the shell there
		image=(--prepare='rm -r lib/modules/*/updates; chroot . depmod "$(ls lib/modules)"')
		ends=linear says='rapiddisk_cache'
		;;
	memory)
		sed -i 's/size: .*/size: 95%/' "$work/fault.yaml"
		ends='linear|raw' says='RAM|memory'
		;;
	refused)
		# No cache works with this disk, and the kernel is the one to say so.
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
		says='11111111-2222-3333-4444-555555555555.*is not there'
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
		replace_program <<-'END'
			(sleep 0.3; kill -STOP $$) &
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
		t_note "no such fault: $1"
		return 1
		;;
	esac
}

on_what() {
	case $(said root):$(said target) in
	/dev/mapper/root:rapiddisk-cache) echo cache ;;
	/dev/mapper/root:linear) echo linear ;;
	/dev/vda:) echo raw ;;
	*) echo "$(said root) ($(said target))" ;;
	esac
}

judge() {
	on_what | grep -qxE "$ends" || echo "/ is on $(on_what), not $ends;"
	[ "$(said written)" = yes ] || echo "it is not writable;"
	[ "$(own_seconds)" -le 15 ] || echo "it took $(own_seconds) s;"
	said why | grep -qE "$says" || echo "it says '$(said why)';"
	if [ -z "${QUICK:-}" ]; then
		case $(said system) in
		running | degraded) ;;
		*) echo "the system is $(said system);" ;;
		esac
	fi
}

# Most differ from the sound one only in what is put over the initramfs.
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
	t_case "$fault: it boots all the same"
	if ! arrange "$fault" || ! make_fault; then
		fail "no image"
		continue
	fi
	boot_root "$state" ${QUICK:+--quick} ${guest[@]+"${guest[@]}"} <"$work/script"
	why=$(judge)
	[ "$root_status" -eq 0 ] || why="status $root_status; $why"
	table+="$fault: / on $(on_what), held up $(own_seconds) s, up after $(said uptime) s,"
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
