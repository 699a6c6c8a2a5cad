#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=bookworm disk=96M disk=96M timeout=900
# guest: suite=trixie-storage disk=96M disk=96M timeout=900
#
# slow-cache-late - let sources appear after a run has ended.
#
# udev and systemd start a run for a device that the file names, and for no other: a disk, a loop
# device, a logical volume, two at once, and a disk that comes, goes and comes again. A wait for
# an absent device takes no time of the unit's followers, of other devices and of udev.
# slow-late-boot boots with an absent device.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh || exit

t_atexit "rapiddisk-apply --teardown -q; rm -f /etc/rapiddisk.yaml; systemctl stop rapiddisk-apply rapiddisk-exports"
first=/dev/disk/by-id/virtio-disk1
second=/dev/disk/by-id/virtio-disk2
rules=/run/udev/rules.d/99-zz-rapiddisk-late.rules
journal() {
	journalctl -q --no-pager -o cat --since "$since" -u 'rapiddisk-late@*'
}

# True if the cache is over the device that the link leads to now.
is_over() { # NAME LINK
	dmsetup table "$1" | grep -q "rapiddisk-cache $(lsblk -dno MAJ:MIN "$(readlink -f "$2")" | tr -d ' ') "
}

config() { # WAIT SOURCE...
	printf 'version: 1\nramdisks: [{ name: rd7, size: 8MiB }]\ncaches:\n' >/etc/rapiddisk.yaml
	wait=$1
	shift
	n=0
	for source; do
		n=$((n + 1))
		echo "  - { name: late$n, source: $source, size: 16MiB, wait: $wait }" \
			>>/etc/rapiddisk.yaml
	done
}

# Poll for up to SECONDS until COMMAND succeeds.
within() { # SECONDS COMMAND...
	end=$(($(cut -d . -f 1 /proc/uptime) + $1))
	shift
	until "$@"; do
		[ "$(cut -d . -f 1 /proc/uptime)" -lt "$end" ] || return 1
		sleep 0.2
	done
}

sequence() {
	jq .sequence /run/rapiddisk/status.json
}

idle() {
	[ -z "$(systemctl list-units --no-legend --state=activating,active 'rapiddisk-late@*')" ] &&
		[ -z "$(systemctl list-jobs --no-legend 'rapiddisk-late@*')" ]
}

mkfs.ext4 -q -F "$first"
mkfs.ext4 -q -F "$second"
udevadm settle
uuid=$(blkid -p -s UUID -o value "$first")
first_virtio=$(c_virtio $first) second_virtio=$(c_virtio $second)

# --- a source that appears after the run ---

c_unplug "$first_virtio"
c_unplug "$second_virtio"
config 0s "UUID=$uuid"
since=$(date '+%F %T')
t_fails "a run without the source fails" rapiddisk-apply
t_run "the rest of the file is created" test -b /dev/rd7
t_run "the rules of udev name the source" grep -q "$uuid" $rules
c_plug "$second_virtio"
within 5 idle
t_is "a disk that no entry names starts no run" "$(journal)" ""
c_plug "$first_virtio"
t_run "the source starts a run that creates the cache" within 60 is_over late1 "$first"
within 60 idle
t_is "the report is that of a run without loss" "$(jq -r .result /run/rapiddisk/status.json)" changed
t_is "no late unit has failed" "$(systemctl --failed --no-legend 'rapiddisk-late@*')" ""
number=$(sequence)
udevadm trigger --action=change --settle "$(readlink -f $first)" "$(readlink -f $second)" \
	/dev/mapper/late1
within 60 idle
t_is "a change of a device starts no further run" "$(sequence)" "$number"

# --- a run in the middle of an edit ---

config 0s "UUID=$uuid"
sed -i '/rd7/d; s/^caches/ramdisks: []\ncaches/' /etc/rapiddisk.yaml
c_unplug "$first_virtio"
c_plug "$first_virtio"
t_run "a run puts the disk that is back below its map" within 60 is_over late1 "$first"
within 60 idle
t_run "a run for a device removes nothing" test -b /dev/rd7
echo "version: 7" >/etc/rapiddisk.yaml
c_unplug "$first_virtio"
c_plug "$first_virtio"
invalid() {
	journal | grep -q 'unknown version'
}
t_run "a run with an invalid file says so" within 60 invalid
within 60 idle
t_is "the unit has not failed" "$(systemctl --failed --no-legend 'rapiddisk-late@*')" ""

# --- by a path: comes, goes and comes again ---

config 0s $first
t_run "the source is named by its path" rapiddisk-apply
t_run "the run has the disk that is back below the map" is_over late1 "$first"
for _ in 1 2 3; do
	echo "$first_virtio" >$c_driver/unbind
	echo "$first_virtio" >$c_driver/bind
done
udevadm settle
within 60 idle
t_run "the map is over the last of three appearances" within 60 is_over late1 "$first"
t_is "no late unit has failed" "$(systemctl --failed --no-legend 'rapiddisk-late@*')" ""

# --- two at once ---

c_unplug "$first_virtio"
c_unplug "$second_virtio"
rapiddisk-apply --teardown
config 0s $first $second
rapiddisk-apply
echo "$first_virtio" >$c_driver/bind &
echo "$second_virtio" >$c_driver/bind
wait
t_run "the first of two disks is cached" within 60 is_over late1 "$first"
t_run "the second of two disks is cached" within 60 is_over late2 "$second"
within 60 idle
t_is "the last report has no loss" \
	"$(jq -r '[.objects[] | select(.result != "done" and .result != "unchanged")] | length' \
		/run/rapiddisk/status.json)" 0

# --- loop devices and logical volumes ---

rapiddisk-apply --teardown
truncate -s 64M "$t_dir/image"
mkfs.ext4 -q -L late-loop "$t_dir/image"
config 0s LABEL=late-loop
rapiddisk-apply
loop=$(losetup -f --show "$t_dir/image")
t_atexit "losetup -d $loop"
t_run "a loop device is cached when it gets its file" within 60 is_over late1 "$loop"
within 60 idle

rapiddisk-apply --teardown
if command -v vgcreate; then
	wipefs -qa $second
	vgcreate -q late-vg $second && lvcreate -q -y -L 32M -n lv late-vg
	mkfs.ext4 -q /dev/late-vg/lv
	vgchange -q -an late-vg
	config 0s /dev/late-vg/lv
	rapiddisk-apply
	vgchange -q -ay late-vg
	t_run "a logical volume is cached when it is activated" within 60 is_over late1 /dev/late-vg/lv
	within 60 idle
	rapiddisk-apply --teardown
	vgremove -q -f late-vg
	wipefs -qa $second
fi

# --- an export of a late device ---

if modprobe nvme_loop && modprobe nvmet; then
	c_unplug "$first_virtio"
	cat >/etc/rapiddisk.yaml <<-END
		version: 1
		ramdisks: [{ name: rd7, size: 8MiB }]
		caches: [{ name: late1, source: $first, size: 16MiB, wait: 0s }]
		ports: [{ id: 1, transport: loop }]
		exports:
		  - nqn: nqn.2026-11.org.example:late
		    ports: [1]
		    allow_any_host: true
		    namespaces: [{ id: 1, device: late1, wait: 0s }]
	END
	open=/sys/kernel/config/nvmet/ports/1/subsystems/nqn.2026-11.org.example:late
	systemctl start rapiddisk-exports
	t_fails "an export without its device is closed" test -e $open
	c_plug "$first_virtio"
	t_run "the export opens when its device appears" within 60 test -e $open
	within 60 idle
	systemctl stop rapiddisk-exports
	t_fails "the stop of the exports closes the export" test -e $open
	rapiddisk-apply --teardown
fi

# --- the administrator's hand ---

config 0s $first
t_run "the unit restarts" systemctl restart rapiddisk-apply
t_run "the unit has rules" test -e $rules
systemctl stop rapiddisk-apply
t_fails "the rules are removed with the stop of the unit" test -e $rules
t_run "a stop removes no cache" is_over late1 "$first"
systemctl start rapiddisk-apply
t_run "a start writes the rules" test -e $rules
t_is "a reload succeeds" "$(systemctl reload rapiddisk-apply; echo $?)" 0
printf 'version: 1\ncaches: []\n' >/etc/rapiddisk.yaml
t_run "the entry is removed" rapiddisk-apply
t_fails "the rules are removed with the last entry" test -e $rules

# --- the time of others ---

c_unplug "$first_virtio"
config 40s $second "UUID=$uuid"
systemctl stop rapiddisk-apply
systemctl reset-failed rapiddisk-apply
started=$(cut -d . -f 1 /proc/uptime)
t_run "the unit starts although a source is absent" systemctl start rapiddisk-apply
took=$(($(cut -d . -f 1 /proc/uptime) - started))
t_case "units after it do not wait for the absent source"
if [ "$took" -lt 30 ]; then ok; else fail "$took s"; fi
t_is "the unit still waits" "$(systemctl show -P SubState rapiddisk-apply)" running
t_run "the present source is cached meanwhile" test -b /dev/mapper/late1
t_fails "the absent source is not" test -e /dev/mapper/late2
c_plug "$first_virtio"
t_run "the waiting run creates the second cache" within 60 test -b /dev/mapper/late2
has_exited() {
	[ "$(systemctl show -P SubState rapiddisk-apply)" = exited ]
}
t_run "the unit ends" within 60 has_exited
within 60 idle
rapiddisk-apply --teardown

# --- udev that does not answer ---

config 0s $first $second
semaphores() {
	ipcs -s | grep -c '^0x'
}
modprobe rapiddisk_cache
before=$(semaphores)
udevadm settle
udevadm control --stop-exec-queue
rapiddisk-apply --timeout=3
t_is "two caches exist" "$(dmsetup ls --target rapiddisk-cache | wc -l)" 2
t_is "no semaphore is left" "$(semaphores)" "$before"
udevadm control --start-exec-queue
udevadm settle
