#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: suite=trixie memory=2G cpus=2 timeout=900
#
# apply - run rapiddisk-apply on the real module, and check the result with other programs.
. /src/tests/vm/lib.sh || exit

yaml=/etc/rapiddisk.yaml
mgmt=/sys/kernel/rapiddisk/mgmt
export TERM=xterm

leave() {
	umount /mnt 2>/dev/null
	rapiddisk-apply --teardown
	for disk in /sys/block/rd*/; do
		[ -d "$disk" ] || continue
		echo "rapiddisk detach $(basename "$disk" | tr -d rd)" >$mgmt
	done
	rm -f $yaml
	rmmod rapiddisk
}
t_atexit leave

# config LINE... - write the configuration with this list of RAM disks
config() {
	printf 'version: 1\nramdisks:\n' >$yaml
	printf '  - %s\n' "$@" >>$yaml
}

# status_is SENTENCE STATUS COMMAND... - check the status, and keep the output for shows
status_is() {
	sentence=$1 wanted=$2
	shift 2
	"$@" >/tmp/out 2>/tmp/err
	status=$?
	cat /tmp/out /tmp/err
	t_is "$sentence" "$status" "$wanted"
}

# Check that the output of the last status_is contains TEXT.
shows() { # SENTENCE TEXT
	t_case "$1"
	if grep -qF -e "$2" /tmp/out /tmp/err; then ok; else fail "no '$2' in the output"; fi
}

# --- the example -----------------------------------------------------------------------

cp /src/examples/ramdisks.yaml $yaml
# As in the shell of a careful administrator.
umask 077
status_is "a dry run before the first apply exits with 0" 0 rapiddisk-apply --dry-run
shows "the dry run shows what it would create" "+ ramdisk rd0"
t_fails "the dry run created no disk" test -e /dev/rd0
t_fails "the dry run loaded no module" test -e /sys/module/rapiddisk
status_is "a dry run with --detailed-exitcode exits with 2" 2 rapiddisk-apply -n --detailed-exitcode
status_is "the example applies" 0 rapiddisk-apply
shows "apply prints its steps" "+ ramdisk rd0"
shows "apply ends with a summary" "Applied: 5 created."
t_is "lsblk shows the size of rd0" "$(lsblk -bdno SIZE /dev/rd0)" 268435456
t_is "blockdev shows the same size" "$(blockdev --getsize64 /dev/rd0)" 268435456
quarter=$(awk '/^MemTotal:/ { print int($2 * 1024 / 4 / 1048576) * 1048576 }' /proc/meminfo)
[ "$quarter" -lt 536870912 ] || quarter=536870912
t_is "rd1 has the configured share of RAM" "$(blockdev --getsize64 /dev/rd1)" "$quarter"
t_is "a preallocated disk has all its memory" \
	"$(cat /sys/block/rd2/rapiddisk/used_bytes)" 67108864
t_is "a read-only disk is read-only" "$(blockdev --getro /dev/rd3)" 1
t_is "another disk is not read-only" "$(blockdev --getro /dev/rd0)" 0
udevadm settle
t_is "the by-id link leads to the disk" "$(readlink -f /dev/disk/by-id/rapiddisk-rd0)" /dev/rd0

# --- nothing to do ----------------------------------------------------------------------

status_is "a second apply exits with 0" 0 rapiddisk-apply
t_is "a second apply prints nothing" "$(cat /tmp/out /tmp/err)" ""
strace -f -o /tmp/trace rapiddisk-apply
t_is "a second apply opens no kernel file for writing" \
	"$(grep -E 'open' /tmp/trace | grep -E 'O_WRONLY|O_RDWR|O_CREAT' | grep -vE '"(lock|status\.json\.new)"')" ""
t_is "a second apply makes no ioctl except TCGETS" \
	"$(grep 'ioctl(' /tmp/trace | grep -v TCGETS)" ""
status_is "a dry run with --detailed-exitcode exits with 0" 0 rapiddisk-apply -n --detailed-exitcode
t_is "the dry run prints 'converged' and nothing else" "$(cat /tmp/out /tmp/err)" converged

# --- the report -------------------------------------------------------------------------

t_is "the status file says converged" \
	"$(jq -r '[.schema_version, .stage, .result] | join(" ")' /run/rapiddisk/status.json)" \
	"1 system converged"
t_is "the status file names the boot" "$(jq -r .boot_id /run/rapiddisk/status.json)" \
	"$(cat /proc/sys/kernel/random/boot_id)"
t_is "the status file has the digest of the configuration" "$(jq -r .config.sha256 /run/rapiddisk/status.json)" \
	"$(sha256sum <$yaml | cut -d ' ' -f 1)"
t_is "every user may read the status file" \
	"$(stat -c %a /run/rapiddisk /run/rapiddisk/status.json | xargs)" "755 644"
umask 022
t_is "--json prints the same report" \
	"$(rapiddisk-apply --json | jq -c '.objects[] | select(.name == "rd0") | [.kind, .action, .result]')" \
	'["ramdisk","none","unchanged"]'
t_is "--status --json has the figures" \
	"$(rapiddisk-apply --status --json | jq -c '.objects[] | select(.name == "rd2") | [.size, .used, .owner, .preallocate]')" \
	'[67108864,67108864,"rapiddisk",true]'
t_run "--status prints a table" sh -c "rapiddisk-apply --status | grep -q '^rd2 .*64MiB'"

# --- change and removal -----------------------------------------------------------------

config '{name: rd0, size: 256MiB}' '{name: rd1, size: "min(25%, 512MiB)"}'
status_is "a dry run after an edit exits with 2" 2 rapiddisk-apply -n --detailed-exitcode
status_is "apply removes the disks of deleted entries" 0 rapiddisk-apply
shows "apply prints the removal" "- ramdisk rd2"
t_fails "rd2 no longer exists" test -e /dev/rd2
t_fails "rd3 no longer exists, though it was read-only" test -e /dev/rd3

mkfs.ext4 -q /dev/rd0 && mount /dev/rd0 /mnt
t_run "fio verifies mixed block sizes on ext4" fio --name=mixed --directory=/mnt --size=64m \
	--bsrange=512-1m --rw=randrw --verify=crc32c --verify_fatal=1 --direct=0 --numjobs=2
t_run "fio verifies mixed block sizes on the disk" fio --name=mixed --filename=/dev/rd1 \
	--size=64m --bsrange=512-1m --bs_unaligned=0 --blockalign=512 --rw=randwrite \
	--verify=crc32c --verify_fatal=1 --direct=1 --ioengine=psync
head -c 20000000 /dev/urandom >/mnt/kept
sync
sum=$(sha256sum </mnt/kept)

config '{name: rd0, size: 384MiB}' '{name: rd1, size: "min(25%, 512MiB)"}'
status_is "a mounted disk grows" 0 rapiddisk-apply
shows "the diff has the old and the new size" "size: 256MiB -> 384MiB"
t_is "the disk has the new size" "$(blockdev --getsize64 /dev/rd0)" 402653184
t_run "resize2fs uses the new space" resize2fs /dev/rd0
t_is "the content is unchanged" "$(sha256sum </mnt/kept)" "$sum"

config '{name: rd0, size: 128MiB, on_change: replace}' '{name: rd1, size: "min(25%, 512MiB)"}'
status_is "a mounted disk does not shrink" 1 rapiddisk-apply
shows "the reason names the mount" "mounted on '/mnt'"
t_is "the disk has kept its size" "$(blockdev --getsize64 /dev/rd0)" 402653184

config '{name: rd1, size: "min(25%, 512MiB)"}'
status_is "the dry run shows that a mounted disk stays" 1 rapiddisk-apply --dry-run
shows "the dry run has a '!' and the reason" "! ramdisk rd0: not removed: mounted on '/mnt'"
status_is "a mounted disk is not removed" 1 rapiddisk-apply
t_is "the data of the mounted disk is unchanged" "$(sha256sum </mnt/kept)" "$sum"
t_is "the report says partial" "$(jq -r .result /run/rapiddisk/status.json)" partial
umount /mnt
t_is "the data is unchanged after umount" \
	"$(mount /dev/rd0 /mnt && sha256sum </mnt/kept && umount /mnt)" "$sum"

config '{name: rd0, size: 128MiB}' '{name: rd1, size: "min(25%, 512MiB)"}'
status_is "a free disk with content does not shrink without permission" 1 rapiddisk-apply
shows "the reason names the key that permits the change" "'on_change: replace' permits the loss"
t_is "nothing was lost" "$(mount /dev/rd0 /mnt && sha256sum </mnt/kept && umount /mnt)" "$sum"

exec 9</dev/rd1
config '{name: rd0, size: 384MiB}'
status_is "a disk that is held open is not removed" 1 rapiddisk-apply
shows "the reason counts the open descriptors" "held open 1 time"
exec 9<&-

dmsetup create over --table "0 1000 linear /dev/rd1 0"
status_is "a disk under a map is not removed" 1 rapiddisk-apply
shows "the reason names the map" "mapped by 'over'"
dmsetup remove over
mkswap -q /dev/rd1 && swapon /dev/rd1
status_is "a disk with swap is not removed" 1 rapiddisk-apply
shows "the reason names the swap" "used as swap"
swapoff /dev/rd1

config '{name: rd0, size: 384MiB, numa_node: 0}' '{name: rd1, size: "min(25%, 512MiB)"}'
status_is "a disk is not replaced without permission" 1 rapiddisk-apply
shows "the reason has the amount of data to be lost" "of data"
config '{name: rd0, size: 384MiB, numa_node: 0, on_change: replace}' \
	'{name: rd1, size: "min(25%, 512MiB)"}'
status_is "a dry run of a replacement exits with 2" 2 rapiddisk-apply -n --detailed-exitcode
shows "the diff marks the replacement" "-/+ ramdisk rd0"
status_is "a permitted replacement is made" 0 rapiddisk-apply
t_is "the new disk has the configured node" "$(cat /sys/block/rd0/rapiddisk/numa_node)" 0
t_is "the new disk is empty" "$(blkid -o value -s TYPE -p /dev/rd0)" ""

# --- ownership --------------------------------------------------------------------------

echo "rapiddisk attach 7 16777216" >$mgmt
config '{name: rd0, size: 384MiB}'
status_is "apply with a foreign disk exits with 0" 0 rapiddisk-apply
t_run "the foreign disk still exists" test -b /dev/rd7
config '{name: rd0, size: 384MiB}' '{name: rd7, size: 32MiB}'
status_is "--adopt refuses a disk that differs" 1 rapiddisk-apply --adopt
shows "the reason has the difference" "size is 16MiB, not 32MiB"
config '{name: rd0, size: 384MiB}' '{name: rd7, size: 16MiB}'
status_is "apply without --adopt refuses a matching disk" 1 rapiddisk-apply
shows "the reason names --adopt" "run with --adopt"
rapiddisk-apply --import >/tmp/imported.yaml
t_run "--import prints a valid configuration" rapiddisk-apply --check -c /tmp/imported.yaml
t_run "the imported configuration has both disks" sh -c "grep -q 'name: rd0' /tmp/imported.yaml && grep -q 'name: rd7' /tmp/imported.yaml"
status_is "--adopt adopts a matching disk" 0 rapiddisk-apply --adopt
t_is "the adopted disk is owned" "$(cat /sys/block/rd7/rapiddisk/owner)" rapiddisk-apply
status_is "a dry run of the imported configuration exits with 0" 0 rapiddisk-apply -n -c /tmp/imported.yaml
t_is "the imported configuration is converged" "$(cat /tmp/out)" converged

# --- limits -----------------------------------------------------------------------------

config '{name: rd0, size: 384MiB}' '{name: rd4, size: 100%}' '{name: rd5, size: 8MiB}'
status_is "a disk larger than RAM is blocked" 1 rapiddisk-apply
shows "the reason has the figures" "of RAM, but"
t_run "the other disk is created" test -b /dev/rd5
t_fails "the disk larger than RAM is not created" test -e /dev/rd4

config '{name: rd0, size: 384MiB}' '{name: rd4, size: 8MiB, numa_node: 900}' \
	'{name: rd6, size: 8MiB}'
status_is "a refusal of the module is the error of one object" 1 rapiddisk-apply
t_is "the report has the errno of the refusal" \
	"$(jq -r '.objects[] | select(.name == "rd4") | .errno' /run/rapiddisk/status.json)" EINVAL
t_run "another disk is created" test -b /dev/rd6

# --- privilege and lock -----------------------------------------------------------------

config '{name: rd0, size: 384MiB}' '{name: rd6, size: 9MiB}'
status_is "--check needs no privilege" 0 setpriv --reuid=65534 --clear-groups rapiddisk-apply --check
status_is "a dry run needs no privilege" 2 \
	setpriv --reuid=65534 --clear-groups rapiddisk-apply -n --detailed-exitcode
status_is "apply needs privilege" 1 setpriv --reuid=65534 --clear-groups rapiddisk-apply
shows "the message names the needed privilege" "run as root"
flock /run/rapiddisk/lock sleep 10 &
sleep 1
status_is "apply exits with 4 while another run holds the lock" 4 rapiddisk-apply --timeout=0
status_is "--lock-timeout limits the wait for the lock alone" 4 rapiddisk-apply --timeout=20 --lock-timeout=1
status_is "--timeout waits for the other run" 0 rapiddisk-apply --timeout=20
wait

printf 'version: 1\nramdisks:\n  - name: rd0\n    size: 1.5GiB\n' >$yaml
status_is "apply of an invalid file exits with 3" 3 rapiddisk-apply
shows "the message has the place of the error" "$yaml:4:12: "
t_is "the report says failed" "$(jq -r .result /run/rapiddisk/status.json)" failed
t_run "an invalid file removes nothing" test -b /dev/rd6
rm $yaml
status_is "apply without a file exits with 3" 3 rapiddisk-apply
t_run "a missing file removes nothing" test -b /dev/rd6
printf 'version: 1\nramdisks:\n' >$yaml
status_is "apply of a section without a list exits with 0" 0 rapiddisk-apply
t_run "a section without a list removes nothing" test -b /dev/rd6
config '{name: rd6, size: 9MiB}'
chmod 666 $yaml
status_is "a file that every user may write is refused" 3 rapiddisk-apply
chmod 644 $yaml
echo "$(cat /proc/cmdline) rapiddisk=0" >/tmp/cmdline
mount --bind /tmp/cmdline /proc/cmdline
status_is "apply with rapiddisk=0 exits with 0" 0 rapiddisk-apply
umount /proc/cmdline
t_run "apply with rapiddisk=0 removes nothing" test -b /dev/rd0
status_is "apply --stage=initramfs exits with 0" 0 rapiddisk-apply --stage=initramfs
t_run "apply --stage=initramfs removes nothing" test -b /dev/rd0
status_is "apply --no-prune exits with 0" 0 rapiddisk-apply --no-prune
t_run "apply --no-prune removes nothing" test -b /dev/rd0

# --- the terminal -----------------------------------------------------------------------

config '{name: rd0, size: 384MiB}' '{name: rd6, size: 9MiB}' '{name: rd8, size: 400MiB, preallocate: true}'
escape=$(printf '\033[')
t_run "output to a terminal has colour" sh -c "script -qec 'rapiddisk-apply -n' /dev/null | grep -qF '$escape'"
t_fails "NO_COLOR is honoured" sh -c "NO_COLOR=1 script -qec 'rapiddisk-apply -n' /dev/null | grep -qF '$escape'"
t_fails "output to a pipe has no colour" sh -c "rapiddisk-apply -n | grep -qF '$escape'"
t_run "a long step prints its progress" sh -c \
	"script -qec rapiddisk-apply /dev/null | tr '\r' '\n' | grep -E 'creating, .* of 400MiB'"

# --- the module is missing --------------------------------------------------------------

mount /dev/rd0 /mnt 2>/dev/null || { mkfs.ext4 -q /dev/rd0 && mount /dev/rd0 /mnt; }
status_is "teardown with a mounted disk exits with 1" 1 rapiddisk-apply --teardown
shows "teardown names the mounted disk" "! ramdisk rd0: not removed"
t_run "teardown keeps the mount" mountpoint /mnt
umount /mnt
status_is "teardown removes all owned disks" 0 rapiddisk-apply --teardown
t_is "no disk is left" "$(ls -d /sys/block/rd* 2>/dev/null)" ""
status_is "a second teardown exits with 0" 0 rapiddisk-apply --teardown
rmmod rapiddisk
config '{name: rd0, size: 8MiB}'
echo "install rapiddisk /bin/false" >/etc/modprobe.d/test.conf
status_is "apply without permission to load the module exits with 1" 1 rapiddisk-apply
rm /etc/modprobe.d/test.conf
file=$(modinfo -n rapiddisk)
mv "$file" /tmp/rapiddisk.ko
depmod
status_is "apply without the module exits with 1" 1 rapiddisk-apply
shows "the message has the remedy" "install the module for this kernel"
shows "the reason of the disk names the missing module" "needs the kernel module 'rapiddisk'"
mv /tmp/rapiddisk.ko "$file"
depmod
status_is "apply with the module installed again exits with 0" 0 rapiddisk-apply
