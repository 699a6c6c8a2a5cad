#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# slow-root-switch - change the cache under a mounted / while fio writes and verifies a file there.
#
# Edits of /etc/rapiddisk.yaml switch the cache off and on, and change its mode and its size.

# shellcheck source=tests/vm/root-lib.sh
. "$(dirname "$0")/root-lib.sh"

work=$(mktemp -d /var/tmp/root-switch.XXXXXX)
t_atexit "rm -rf $work"
root_config 64MiB >"$work/root.yaml"

cat >"$work/script" <<'END'
config() { # LINE...
	printf 'version: 1\ncaches:' >/etc/rapiddisk.yaml
	[ $# -gt 0 ] || echo ' []' >>/etc/rapiddisk.yaml
	[ $# -eq 0 ] || printf '\n  - name: root\n    source: root\n' >>/etc/rapiddisk.yaml
	for line; do
		echo "    $line" >>/etc/rapiddisk.yaml
	done
}
switch() { # NAME TABLE [LINE]...
	name=$1 table=$2
	shift 2
	config "$@"
	rapiddisk-apply
	status=$?
	dmsetup table root | grep -qE "$table" && kill -0 $fio &&
		say "$name" "$status $(rapiddisk-apply -n --detailed-exitcode >/dev/null; echo $?)"
	sleep 3
}
mount=$(findmnt -no ID /)
fio --name=switch --filename=/root/fio --size=48m --rw=randrw --bs=4k --direct=1 \
	--ioengine=libaio --iodepth=8 --serialize_overlap=1 --verify=crc32c \
	--verify_backlog=512 --verify_fatal=1 \
	--time_based --runtime=600 --output=/root/fio.log &
fio=$!
sleep 5
switch off ' linear '
switch around '131072 1$|131072 1 ' 'size: 64MiB' 'mode: write-around'
switch half ' 65536 0$| 65536 0 |65536$' 'size: 32MiB'
switch off-again ' linear '
switch on ' 131072( |$)' 'size: 64MiB'
before=$(attribute hits)
sleep 5
say hits-later $(($(attribute hits) - before))
kill -INT $fio
wait $fio
say fio "$?"
cat /root/fio.log
say fio-errors "$(grep -c 'err= 0' /root/fio.log)"
say same-mount "$([ "$(findmnt -no ID /)" = "$mount" ] && touch /root/x && echo yes)"
END

state=$work/state
t_run "the guest is created" make_root "$state" --config="$work/root.yaml"
t_run "the guest boots and runs the script" boot_root "$state" <"$work/script"
for switch in off around half off-again on; do
	t_is "$switch: applied under a mounted /, and converged" \
		"$(said $switch)" "0 0"
done
t_is "fio reports no error" "$(said fio-errors)" 1
t_is "/ stays mounted and writable" "$(said same-mount)" yes
t_case "the cache has hits after the last switch"
if [ "$(said hits-later)" -gt 0 ]; then
	ok
else
	fail "$(said hits-later)"
fi
