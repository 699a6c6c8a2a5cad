#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: suite=trixie-storage memory=2G cpus=2 disk=128M disk=384M disk=64M disk=64M timeout=900
#
# test-use - refuse what the kernel has in use, in the plan as in the run.
#
# Devices are mounted as btrfs on LVM, in other mount namespaces and as swap. Disks and partitions
# are cached and exported. Other programs take a device while a run acts.
# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit

yaml=/etc/rapiddisk.yaml
subsystems=/sys/kernel/config/nvmet/subsystems
nqn=nqn.2026-11.org.example
pids=

# The names of the disks, and other paths to them. tests/vm/run sorts the words of the header.
second=/dev/disk/by-id/virtio-disk1 lvm=/dev/disk/by-id/virtio-disk2
third=/dev/disk/by-id/virtio-disk3 fourth=/dev/disk/by-id/virtio-disk4
vdb=$(readlink -f $second) vdc=$(readlink -f $lvm) vdd=$(readlink -f $third) vde=$(readlink -f $fourth)

leave() {
	# shellcheck disable=SC2086 # a list of words
	kill $pids
	umount /mnt/ns/pinned /mnt/ns /mnt/data /mnt/other
	swapoff /dev/vg/swap
	rapiddisk-apply --teardown
	for map in other planted old data; do dmsetup remove $map; done
	vgremove -qff vg
	wipefs -qaf "$vdc" "$vdb" "$vdd" "$vde"
	rm -rf $yaml /mnt/data /mnt/other /mnt/ns
	udevadm settle
	rmmod nvmet_tcp nvmet rapiddisk_cache rapiddisk
}
t_atexit leave

# Write a configuration of caches and exports; each WORD is cache:NAME:DEVICE or export:NAME:DEVICE.
config() { # WORD...
	local word name device exports=
	echo "version: 1" >$yaml
	echo "caches:" >>$yaml
	for word; do
		name=${word#*:} device=${name#*:} name=${name%%:*}
		case $word in
		cache:*) echo "  - {name: $name, source: $device, size: 8MiB}" >>$yaml ;;
		export:*) exports="$exports  - {nqn: '$nqn:$name', namespaces: [{id: 1, device: $device}], ports: [1], allow_any_host: true}"$'\n' ;;
		esac
	done
	sed -i 's/^caches:$/&/; $s/^caches:$/caches: []/' $yaml
	[ -z "$exports" ] || printf 'ports: [{id: 1, transport: tcp, address: 127.0.0.1}]\nexports:\n%s' "$exports" >>$yaml
}

# Print the maps of the project, and the devices that nvmet has open.
made() {
	dmsetup info -c --noheadings -o uuid,name 2>/dev/null | grep ^RAPIDDISK-
	grep -sl 1 $subsystems/*/namespaces/*/enable
}

# Check that the plan refuses all WORDs of config with the words REGEX, and creates nothing when it
# runs.
refused() { # SENTENCE REGEX WORD...
	local sentence=$1 regex=$2 before
	shift 2
	config "$@"
	before=$(made)
	rapiddisk-apply --no-prune -n >"$t_dir/plan" 2>&1
	cat "$t_dir/plan"
	t_is "$sentence: the plan says why" "$(grep -cE "^! (cache|export) .*not created: .*$regex" "$t_dir/plan")" $#
	rapiddisk-apply --no-prune >"$t_dir/out" 2>&1
	t_is "$sentence: the run exits with 1 and creates nothing" "$? $(made)" "1 $before"
}

clear_all() {
	rapiddisk-apply --teardown
	udevadm settle
}

mkdir -p /mnt/data /mnt/other /mnt/ns

# --- btrfs on LVM, swap on LVM ---

pvcreate -q "$vdc"
vgcreate -q vg "$vdc"
lvcreate -q -y -Wn -L 200m -n data vg
lvcreate -q -y -Wn -L 64m -n swap vg
mkfs.btrfs -q -f /dev/vg/data
mkswap -q /dev/vg/swap
udevadm settle
mount /dev/vg/data /mnt/data
btrfs device add -f "$vdb" /mnt/data
swapon /dev/vg/swap
t_is "the number of the btrfs mount is anonymous" "$(findmnt -nro MAJ:MIN /mnt/data | cut -d : -f 1)" 0
refused "a mounted btrfs on LVM" "mounted on '/mnt/data'" cache:a:/dev/vg/data export:b:/dev/mapper/vg-data
refused "the second disk of a btrfs" "mounted on '/mnt/data'" cache:a:"$second" export:b:"$vdb"
refused "the disk below a mounted volume" "mapped by 'vg-data', which is mounted on '/mnt/data'" cache:a:"$lvm" export:b:"$vdc"
refused "swap on LVM" "used as swap" cache:a:/dev/vg/swap export:b:/dev/mapper/vg-swap
swapoff /dev/vg/swap
umount /mnt/data
config cache:a:/dev/vg/data cache:b:"$vdb" export:c:/dev/vg/swap
t_is "the plan creates all three when nobody uses them" "$(rapiddisk-apply -n | grep -cE '^\+ (cache|export)')" 3
t_run "the run creates them" rapiddisk-apply
t_is "lsblk shows the caches above their sources" \
	"$(lsblk -nro NAME,TYPE -s /dev/mapper/a | grep -c "vg-data") $(lsblk -nro NAME -s /dev/mapper/b | grep -c "$(basename "$vdb")")" "1 1"
t_is "nvmet has the volume" "$(cat "$subsystems/$nqn:c/namespaces/1/enable")" 1
clear_all

# --- LVM on a RAM disk ---

modprobe rapiddisk
echo "rapiddisk attach 0 $((16 << 20))" >/sys/kernel/rapiddisk/mgmt
udevadm settle
t_run "LVM takes a RAM disk as a physical volume" pvcreate -q /dev/rd0
t_is "the RAM disk is a physical volume" "$(pvs --noheadings -o pv_name /dev/rd0 | tr -d ' ')" /dev/rd0
pvremove -q /dev/rd0
t_run "the RAM disk goes afterwards" t_detach 0

# --- mount namespaces ---

mkfs.ext4 -qF "$vdd"
udevadm settle
unshare -m sh -c "mount $vdd /mnt/other && touch /run/mounted && exec sleep 600" &
pids=$!
while [ ! -e /run/mounted ]; do sleep 0.1; done
rm /run/mounted
t_is "our namespace does not show the mount" "$(findmnt -n "$vdd")" ""
refused "a mount in another namespace" "mounted on '/mnt/other' in the mount namespace of process '$pids'" cache:a:"$vdd" export:b:"$third"
caps=$(sed -n 's/^CapabilityBoundingSet=//p' /usr/lib/systemd/system/rapiddisk-apply.service | sed 's,CAP_,+,g' | tr 'A-Z ' 'a-z,')
setpriv --bounding-set "-all,$caps" rapiddisk-apply --no-prune -n | tee "$t_dir/plan"
t_is "a mount in another namespace: the plan of the unit says why" \
	"$(grep -c "not created: .*mounted on '/mnt/other'" "$t_dir/plan")" 2
kill $pids
wait

mount --bind --make-private /mnt/ns /mnt/ns
touch /mnt/ns/pinned
unshare --mount=/mnt/ns/pinned mount "$vdd" /mnt/other
t_fails "the kernel refuses a map over a mount without a process" dmsetup create other --table "0 2048 linear $vdd 0"
dmsetup remove other
refused "a mount without a process" "the device of a mounted ext4 without a visible mount point" cache:a:"$vdd" export:b:"$third"
umount /mnt/ns/pinned
umount /mnt/ns
clear_all

# --- a holder that no file shows, such as ZFS ---

# The kernel may still unmount the file system.
cat >"$t_dir/hold.py" <<'END'
import os, sys, time

while not os.path.exists("/run/held"):
    try:
        os.open(sys.argv[1], os.O_RDONLY | os.O_EXCL)
        open("/run/held", "w").close()
    except OSError:
        time.sleep(0.1)
time.sleep(600)
END
python3 "$t_dir/hold.py" "$vdd" &
pids=$!
while [ ! -e /run/held ]; do sleep 0.1; done
rm /run/held
config cache:a:"$vdd"
rapiddisk-apply >"$t_dir/out" 2>&1
t_is "the run says that the kernel refuses the source" "$? $(grep -c "the kernel refuses an exclusive open of source '$vdd': Device or resource busy; no mount.*is visible" "$t_dir/out")" "1 1"
config export:b:"$vdd"
rapiddisk-apply >"$t_dir/out" 2>&1
t_is "the run says that the kernel refuses the export" "$? $(grep -c "the kernel refuses an exclusive open of device '$vdd': Device or resource busy" "$t_dir/out")" "1 1"
t_is "nothing is created over a device that is held" "$(made)" ""
kill $pids
wait
clear_all

# --- disks and partitions ---

printf 'size=16M\nsize=16M\n' | sfdisk -q "$vde"
udevadm settle
config cache:part:"${vde}1"
t_run "a partition is cached" rapiddisk-apply
refused "the disk of a cached partition" "its partition '$(basename "$vde")1' is" cache:whole:"$vde" export:whole:"$fourth"
t_fails "the kernel refuses a map over that disk" dmsetup create other --table "0 2048 linear $vde 0"
dmsetup remove other
config cache:part:"${vde}1" export:b:"${vde}2"
t_run "the other partition is exported" rapiddisk-apply
t_is "nvmet has the other partition" "$(cat "$subsystems/$nqn:b/namespaces/1/device_path")" "${vde}2"
config export:b:"${vde}2"
t_run "the cache of the partition is removed" rapiddisk-apply
refused "the disk of an exported partition" "its partition '$(basename "$vde")2' is exported as '$nqn:b'" cache:whole:"$vde" export:whole:"$fourth"
clear_all
config cache:whole:"$vde"
t_run "the whole disk is cached" rapiddisk-apply
refused "a partition of a cached disk" "its disk '$(basename "$vde")' is mapped by 'whole'" cache:part:"${vde}1" export:part:"${vde}2"
clear_all
config export:whole:"$vde"
t_run "the whole disk is exported" rapiddisk-apply
refused "a partition of an exported disk" "its disk '$(basename "$vde")' is exported as '$nqn:whole'" cache:part:"${vde}1" export:part:"${vde}2"
clear_all

# --- the hold ---

config cache:a:"$vdd" export:b:"$vde"
for mode in "-n" "--drift" "--status"; do
	strace -f -o "$t_dir/trace" -e trace=openat,openat2 rapiddisk-apply $mode
	t_is "$mode opens no device exclusively" "$(grep -cE '/?dev/.*O_EXCL' "$t_dir/trace")" 0
done
strace -f -o "$t_dir/trace" -e trace=ioctl,openat,close rapiddisk-apply
t_is "the run opens both devices exclusively" "$(grep -cE 'dev/vd.*O_EXCL' "$t_dir/trace")" 2
t_is "both are created" "$(made | wc -l)" 2
# The number of the load among the ioctls of this run.
load=$(grep -E ' ioctl\(' "$t_dir/trace" | grep -n -m 1 DM_TABLE_LOAD | cut -d : -f 1)
t_case "the device is held until the table is loaded"
if awk '/dev\/vd.*O_EXCL/ && !fd { fd = $NF } /DM_DEV_CREATE/ && fd { created = 1 }
	$0 ~ "close\\(" fd "\\)" && created { closed = 1 } /DM_TABLE_LOAD/ { exit !closed }' "$t_dir/trace"; then ok; else fail; fi
clear_all

config cache:a:"$vdd"
# A mount between the end of the hold and the load.
strace -f -o /dev/null -e trace=ioctl -e inject=ioctl:delay_enter=3000000:when="$load" rapiddisk-apply >"$t_dir/out" 2>&1 &
apply=$!
while ! dmsetup info a >/dev/null 2>&1; do sleep 0.1; done
sleep 0.5
t_run "a mount wins before the load" mount "$vdd" /mnt/other
wait $apply
t_is "the run names the mount that won" "$? $(grep -c "cannot create the map over '$vdd': Device or resource busy; the device is mounted on '/mnt/other'" "$t_dir/out")" "1 1"
t_is "no map is left" "$(made)" ""
umount /mnt/other

# A map between the load and the resume: all maps share one holder.
strace -f -o /dev/null -e trace=ioctl -e inject=ioctl:delay_exit=3000000:when="$load" rapiddisk-apply >"$t_dir/out" 2>&1 &
apply=$!
while [ -z "$(dmsetup table --inactive a 2>/dev/null)" ]; do sleep 0.1; done
t_fails "a mount fails after the load" mount "$vdd" /mnt/other
t_run "a map comes between the load and the resume" dmsetup create other --table "0 2048 linear $vdd 0"
wait $apply
t_is "the run names the map that came between" "$? $(grep -c "cannot create the map over '$vdd': Device or resource busy; the device is mapped by 'other'" "$t_dir/out")" "1 1"
t_is "our map is gone, and the other one stays" "$(made) $(dmsetup table other | cut -d ' ' -f 3)" " linear"
dmsetup remove other

# A mount between the check and the export.
config export:b:"$vde"
strace -f -o /dev/null -P "$subsystems/$nqn:b/namespaces/1/enable" -e trace=write \
	-e inject=write:delay_enter=3000000 rapiddisk-apply >"$t_dir/out" 2>&1 &
apply=$!
wipefs -qaf "$vde"
mkfs.ext4 -qF "$vde"
while [ ! -s "$subsystems/$nqn:b/namespaces/1/device_path" ] ||
	grep -q '(null)' "$subsystems/$nqn:b/namespaces/1/device_path"; do sleep 0.1; done
sleep 0.5
t_is "the namespace is not enabled yet" "$(cat "$subsystems/$nqn:b/namespaces/1/enable")" 0
t_fails "a mount fails while nvmet opens the device" mount "$vde" /mnt/other
wait $apply
t_is "the export is there" "$? $(cat "$subsystems/$nqn:b/namespaces/1/enable")" "0 1"
clear_all

# --- names of maps, and tables of other programs ---

dmsetup create data --notable
refused "the name of a map without a table" "'/dev/mapper/data' is a map of another program" cache:data:"$vdd"
dmsetup remove data
config cache:data:"$vdd"
rapiddisk-apply
dmsetup rename data old
refused "the UUID of a map that was renamed" "map 'old' was renamed" cache:data:"$vde"
t_run "the renamed map is replaced by a run that may remove it" rapiddisk-apply
t_is "one map has the name and the UUID" "$(made)" "RAPIDDISK-cache-data:data"
dmsetup create planted --table "0 2048 crypt aes-xts-plain64 $(printf '00112233%.0s' 1 2 3 4 5 6 7 8) 0 $vdb 0"
strace -f -o "$t_dir/trace" -v -s 4096 -e trace=ioctl rapiddisk-apply -n
t_is "the table of our map is read, and that of dm-crypt is not" \
	"$(grep -c 'DM_TABLE_STATUS.*name="data"' "$t_dir/trace") $(grep -c 'DM_TABLE_STATUS.*name="planted"' "$t_dir/trace")" "1 0"
t_is "the buffers of the table are wiped" "$(grep 'DM_TABLE_STATUS.*name="data"' "$t_dir/trace" | grep -c DM_SECURE_DATA_FLAG)" 1
