#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# slow-root-cost - measure the cost of a cached root volume for a boot.
#
# One cost is the size of the initramfs (zstd at update-initramfs's own level). The other is the time
# of rapiddisk-apply as a share of the time to multi-user. Boots with and without the cache alternate
# PAIRS times (5).

# shellcheck source=tests/vm/root-lib.sh
. "$(dirname "$0")/root-lib.sh"

pairs=${PAIRS:-5}
work=$(mktemp -d /var/tmp/root-cost.XXXXXX)
t_atexit "rm -rf $work"
root_config 64MiB >"$work/root.yaml"
cat >"$work/script" <<'END'
stamp() { # UNIT PROPERTY
	systemctl show -P "$2" "$1"
}
say multi-user "$(stamp multi-user.target ActiveEnterTimestampMonotonic)"
# The time starts at the fork, so it includes systemd's executor. The executor ends with the exec
# and is printed separately.
started=$(stamp rapiddisk-apply.service ExecMainStartTimestampMonotonic)
say service $(($(stamp rapiddisk-apply.service ExecMainExitTimestampMonotonic) - started))
say executor $(($(stamp rapiddisk-apply.service ExecMainHandoffTimestampMonotonic) - started))
END
level='sed -i /COMPRESSLEVEL/d etc/initramfs-tools/conf.d/guest'

t_run "the guest with a cache is created" make_root "$work/with" --config="$work/root.yaml" \
	--prepare="$level"
t_run "the guest without a cache is created" make_root "$work/without" --prepare="$level"
with=$(stat -c %s "$work/with/image/initrd.img")
without=$(stat -c %s "$work/without/image/initrd.img")
t_note "initramfs: $without bytes, with the cache $with: $(((with - without) / 1024)) KiB more"
t_case "the initramfs grows by 1 MiB at most"
if [ $((with - without)) -le $((1024 * 1024)) ]; then
	ok
else
	fail "$((with - without)) bytes"
fi

median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}
t_case "all guests boot"
failed=
for ((pair = 0; pair < pairs; pair++)); do
	boot_root "$work/with" <"$work/script" || failed+="with: $root_status "
	own=$(said steps | awk '{ print int(($NF - $1) * 1000000) }')
	said multi-user >>"$work/time-with"
	said executor >>"$work/executor"
	echo $((own + $(said service))) >>"$work/own"
	awk -v o="$((own + $(said service)))" -v t="$(said multi-user)" \
		'BEGIN { printf "%.2f\n", 100 * o / t }' >>"$work/share"
	boot_root "$work/without" <"$work/script" || failed+="without: $root_status "
	said multi-user >>"$work/time-without"
done
if [ -z "$failed" ]; then
	ok
else
	fail "$failed"
fi
t_note "systemd's executor, part of our time: $(median <"$work/executor") microseconds"
share=$(median <"$work/share")
t_note "microseconds to multi-user: $(median <"$work/time-with") with," \
	"$(median <"$work/time-without") without; ours: $(median <"$work/own")," \
	"$share % of them (medians; shares: $(xargs <"$work/share"))"
t_case "rapiddisk-apply takes at most 5 % of the time to multi-user"
if awk -v s="$share" 'BEGIN { exit !(s <= 5) }'; then
	ok
else
	fail "$share %"
fi
