#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: suite=trixie memory=2G cpus=2 timeout=900
#
# rapiddisk-apply on the real module, judged with other people's tools.
. /src/tests/vm/lib.sh

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

# config LINE... - the file, its list of RAM disks
config() {
	printf 'version: 1\nramdisks:\n' >$yaml
	printf '  - %s\n' "$@" >>$yaml
}

# status_is SENTENCE STATUS COMMAND...
status_is() {
	sentence=$1 wanted=$2
	shift 2
	"$@" >/tmp/out 2>/tmp/err
	status=$?
	cat /tmp/out /tmp/err
	t_is "$sentence" "$status" "$wanted"
}

shows() {
	t_case "$1"
	if grep -qF -e "$2" /tmp/out /tmp/err; then ok; else fail "no '$2' in the output"; fi
}

# --- the example -----------------------------------------------------------------------

cp /src/examples/ramdisks.yaml $yaml
status_is "a dry run before the first apply gives 0" 0 rapiddisk-apply --dry-run
shows "the dry run shows what it would create" "+ ramdisk rd0"
t_fails "the dry run made nothing" test -e /dev/rd0
t_fails "the dry run loaded nothing" test -e /sys/module/rapiddisk
status_is "with --detailed-exitcode it gives 2" 2 rapiddisk-apply -n --detailed-exitcode
status_is "the example applies" 0 rapiddisk-apply
shows "apply says what it did" "+ ramdisk rd0"
shows "apply ends with a summary" "Applied: 5 created."
t_is "lsblk sees rd0 with its size" "$(lsblk -bdno SIZE /dev/rd0)" 268435456
t_is "blockdev agrees" "$(blockdev --getsize64 /dev/rd0)" 268435456
quarter=$(awk '/^MemTotal:/ { print int($2 * 1024 / 4 / 1048576) * 1048576 }' /proc/meminfo)
[ "$quarter" -lt 536870912 ] || quarter=536870912
t_is "a share of RAM is that share" "$(blockdev --getsize64 /dev/rd1)" "$quarter"
t_is "a preallocated disk has its memory" \
	"$(cat /sys/block/rd2/rapiddisk/used_bytes)" 67108864
t_is "a read-only disk is read-only" "$(blockdev --getro /dev/rd3)" 1
t_is "the others are not" "$(blockdev --getro /dev/rd0)" 0
udevadm settle
t_is "the by-id link leads to the disk" "$(readlink -f /dev/disk/by-id/rapiddisk-rd0)" /dev/rd0

# --- nothing to do -----------------------------------------------------------------------

status_is "a second apply gives 0" 0 rapiddisk-apply
t_is "and prints nothing" "$(cat /tmp/out /tmp/err)" ""
strace -f -o /tmp/trace rapiddisk-apply
t_is "and opens no kernel file for writing" \
	"$(grep -E 'open' /tmp/trace | grep -E 'O_WRONLY|O_RDWR|O_CREAT' | grep -vE '"(lock|status\.json\.new)"')" ""
t_is "and makes no ioctl but the question for a terminal" \
	"$(grep 'ioctl(' /tmp/trace | grep -v TCGETS)" ""
status_is "a dry run says 0 with --detailed-exitcode" 0 rapiddisk-apply -n --detailed-exitcode
t_is "and prints 'converged' and nothing else" "$(cat /tmp/out /tmp/err)" converged

# --- the report ---------------------------------------------------------------------------

t_is "the status file says converged" \
	"$(jq -r '[.schema_version, .stage, .result] | join(" ")' /run/rapiddisk/status.json)" \
	"1 system converged"
t_is "it names the boot" "$(jq -r .boot_id /run/rapiddisk/status.json)" \
	"$(cat /proc/sys/kernel/random/boot_id)"
t_is "and the digest of the file" "$(jq -r .config.sha256 /run/rapiddisk/status.json)" \
	"$(sha256sum <$yaml | cut -d ' ' -f 1)"
t_is "everyone can read it" "$(stat -c %a /run/rapiddisk/status.json)" 644
t_is "--json is the same report" \
	"$(rapiddisk-apply --json | jq -c '.objects[] | select(.name == "rd0") | [.kind, .action, .result]')" \
	'["ramdisk","none","unchanged"]'
t_is "--status --json has the figures" \
	"$(rapiddisk-apply --status --json | jq -c '.objects[] | select(.name == "rd2") | [.size, .used, .owner, .preallocate]')" \
	'[67108864,67108864,"rapiddisk",true]'
t_run "--status is a table for people" sh -c "rapiddisk-apply --status | grep -q '^rd2 .*64MiB'"

# --- change and removal ----------------------------------------------------------------------

config '{name: rd0, size: 256MiB}' '{name: rd1, size: "min(25%, 512MiB)"}'
status_is "a dry run after an edit gives 2" 2 rapiddisk-apply -n --detailed-exitcode
status_is "entries that go are removed" 0 rapiddisk-apply
shows "and shown as removed" "- ramdisk rd2"
t_fails "rd2 is gone" test -e /dev/rd2
t_fails "rd3 is gone, read-only or not" test -e /dev/rd3

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
shows "the diff says from what to what" "size: 256MiB -> 384MiB"
t_is "it has grown" "$(blockdev --getsize64 /dev/rd0)" 402653184
t_run "resize2fs uses the new space" resize2fs /dev/rd0
t_is "the content is still there" "$(sha256sum </mnt/kept)" "$sum"

config '{name: rd0, size: 128MiB, on_change: replace}' '{name: rd1, size: "min(25%, 512MiB)"}'
status_is "a mounted disk does not shrink" 1 rapiddisk-apply
shows "the reason names the mount" "mounted on '/mnt'"
t_is "it has kept its size" "$(blockdev --getsize64 /dev/rd0)" 402653184

config '{name: rd1, size: "min(25%, 512MiB)"}'
status_is "the dry run shows that a mounted disk stays" 1 rapiddisk-apply --dry-run
shows "with a '!' and the reason" "! ramdisk rd0: not removed: it is mounted on '/mnt'"
status_is "a mounted disk is not removed" 1 rapiddisk-apply
t_is "its data is still there" "$(sha256sum </mnt/kept)" "$sum"
t_is "the report says partial" "$(jq -r .result /run/rapiddisk/status.json)" partial
umount /mnt
t_is "and after umount too" \
	"$(mount /dev/rd0 /mnt && sha256sum </mnt/kept && umount /mnt)" "$sum"

config '{name: rd0, size: 128MiB}' '{name: rd1, size: "min(25%, 512MiB)"}'
status_is "a free disk with content does not shrink unasked" 1 rapiddisk-apply
shows "the reason names the key that allows it" "'on_change: replace' allows that"
t_is "nothing was lost" "$(mount /dev/rd0 /mnt && sha256sum </mnt/kept && umount /mnt)" "$sum"

exec 9</dev/rd1
config '{name: rd0, size: 384MiB}'
status_is "a disk that is held open is not removed" 1 rapiddisk-apply
shows "and counted" "held open 1 time"
exec 9<&-

dmsetup create over --table "0 1000 linear /dev/rd1 0"
status_is "a disk under a map is not removed" 1 rapiddisk-apply
shows "and the map is named" "mapped by 'over'"
dmsetup remove over
mkswap -q /dev/rd1 && swapon /dev/rd1
status_is "a disk with swap is not removed" 1 rapiddisk-apply
shows "and that is said" "used as swap"
swapoff /dev/rd1

config '{name: rd0, size: 384MiB, numa_node: 0}' '{name: rd1, size: "min(25%, 512MiB)"}'
status_is "a replacement is not made unasked" 1 rapiddisk-apply
shows "and says what would be lost" "of data"
config '{name: rd0, size: 384MiB, numa_node: 0, on_change: replace}' \
	'{name: rd1, size: "min(25%, 512MiB)"}'
status_is "the diff of a replacement" 2 rapiddisk-apply -n --detailed-exitcode
shows "shows it as one" "-/+ ramdisk rd0"
status_is "a replacement that may be made is made" 0 rapiddisk-apply
t_is "with the node" "$(cat /sys/block/rd0/rapiddisk/numa_node)" 0
t_is "and empty" "$(blkid -o value -s TYPE -p /dev/rd0)" ""

# --- whose a disk is -----------------------------------------------------------------------------

echo "rapiddisk attach 7 16777216" >$mgmt
config '{name: rd0, size: 384MiB}'
status_is "a disk of somebody else stays" 0 rapiddisk-apply
t_run "it is there" test -b /dev/rd7
config '{name: rd0, size: 384MiB}' '{name: rd7, size: 32MiB}'
status_is "one that differs is not adopted" 1 rapiddisk-apply --adopt
shows "and the difference is told" "size is 16MiB, not 32MiB"
config '{name: rd0, size: 384MiB}' '{name: rd7, size: 16MiB}'
status_is "one that matches is not taken unasked" 1 rapiddisk-apply
shows "but --adopt is named" "--adopt takes it over"
rapiddisk-apply --import >/tmp/imported.yaml
t_run "what --import writes is valid" rapiddisk-apply --check -c /tmp/imported.yaml
t_run "and has both" sh -c "grep -q 'name: rd0' /tmp/imported.yaml && grep -q 'name: rd7' /tmp/imported.yaml"
status_is "--adopt takes it" 0 rapiddisk-apply --adopt
t_is "it is ours now" "$(cat /sys/block/rd7/rapiddisk/owner)" rapiddisk-apply
status_is "what was imported is what is live" 0 rapiddisk-apply -n -c /tmp/imported.yaml
t_is "to the letter" "$(cat /tmp/out)" converged

# --- limits -----------------------------------------------------------------------------------------

config '{name: rd0, size: 384MiB}' '{name: rd4, size: 100%}' '{name: rd5, size: 8MiB}'
status_is "more than the RAM is blocked" 1 rapiddisk-apply
shows "with the figures" "of RAM, and"
t_run "and the rest applied" test -b /dev/rd5
t_fails "without it" test -e /dev/rd4

config '{name: rd0, size: 384MiB}' '{name: rd4, size: 8MiB, numa_node: 900}' \
	'{name: rd6, size: 8MiB}'
status_is "what the module refuses is that object's error" 1 rapiddisk-apply
t_is "its errno is in the report" \
	"$(jq -r '.objects[] | select(.name == "rd4") | .errno' /run/rapiddisk/status.json)" EINVAL
t_run "and the rest applied" test -b /dev/rd6

# --- who may, and when ---------------------------------------------------------------------------------

config '{name: rd0, size: 384MiB}' '{name: rd6, size: 9MiB}'
status_is "anybody may --check" 0 setpriv --reuid=65534 --clear-groups rapiddisk-apply --check
status_is "and look at the difference" 2 \
	setpriv --reuid=65534 --clear-groups rapiddisk-apply -n --detailed-exitcode
status_is "but not apply" 1 setpriv --reuid=65534 --clear-groups rapiddisk-apply
shows "and is told why" "run as root"
flock /run/rapiddisk/lock sleep 10 &
sleep 1
status_is "another run that holds the lock gives 4" 4 rapiddisk-apply --timeout=0
status_is "and after a wait that is for it alone" 4 rapiddisk-apply --timeout=20 --lock-timeout=1
status_is "or is waited for" 0 rapiddisk-apply --timeout=20
wait

printf 'version: 1\nramdisks:\n  - name: rd0\n    size: 1.5GiB\n' >$yaml
status_is "an invalid file gives 3" 3 rapiddisk-apply
shows "with its place" "$yaml:4:12: "
t_is "the report says failed" "$(jq -r .result /run/rapiddisk/status.json)" failed
t_run "and nothing was touched" test -b /dev/rd6
rm $yaml
status_is "a missing file gives 3" 3 rapiddisk-apply
t_run "and nothing was touched then" test -b /dev/rd6
printf 'version: 1\nramdisks:\n' >$yaml
status_is "an empty list of which nothing is said" 0 rapiddisk-apply
t_run "removes nothing" test -b /dev/rd6
config '{name: rd6, size: 9MiB}'
chmod 666 $yaml
status_is "a file that all may write is refused" 3 rapiddisk-apply
chmod 644 $yaml
echo "$(cat /proc/cmdline) rapiddisk=0" >/tmp/cmdline
mount --bind /tmp/cmdline /proc/cmdline
status_is "rapiddisk=0 turns it off" 0 rapiddisk-apply
umount /proc/cmdline
t_run "and nothing was removed" test -b /dev/rd0
status_is "in the initramfs nothing is removed" 0 rapiddisk-apply --stage=initramfs
t_run "as said" test -b /dev/rd0
status_is "nor with --no-prune" 0 rapiddisk-apply --no-prune
t_run "as said there" test -b /dev/rd0

# --- the terminal ----------------------------------------------------------------------------------------

config '{name: rd0, size: 384MiB}' '{name: rd6, size: 9MiB}' '{name: rd8, size: 400MiB, preallocate: true}'
escape=$(printf '\033[')
t_run "a terminal gets colour" sh -c "script -qec 'rapiddisk-apply -n' /dev/null | grep -qF '$escape'"
t_fails "NO_COLOR is honoured" sh -c "NO_COLOR=1 script -qec 'rapiddisk-apply -n' /dev/null | grep -qF '$escape'"
t_fails "a pipe gets none" sh -c "rapiddisk-apply -n | grep -qF '$escape'"
t_run "a long step shows its progress" sh -c \
	"script -qec rapiddisk-apply /dev/null | tr '\r' '\n' | grep -E 'creating, .* of 400MiB'"

# --- the module is missing ----------------------------------------------------------------------------------

mount /dev/rd0 /mnt 2>/dev/null || { mkfs.ext4 -q /dev/rd0 && mount /dev/rd0 /mnt; }
status_is "teardown leaves what is in use" 1 rapiddisk-apply --teardown
shows "and says so" "! ramdisk rd0: not removed"
t_run "it is there still" mountpoint /mnt
umount /mnt
status_is "teardown removes all that is ours" 0 rapiddisk-apply --teardown
t_is "nothing is left" "$(ls -d /sys/block/rd* 2>/dev/null)" ""
status_is "a second teardown has nothing to do" 0 rapiddisk-apply --teardown
rmmod rapiddisk
config '{name: rd0, size: 8MiB}'
echo "install rapiddisk /bin/false" >/etc/modprobe.d/test.conf
status_is "a module that may not be loaded is reported" 1 rapiddisk-apply
rm /etc/modprobe.d/test.conf
file=$(modinfo -n rapiddisk)
mv "$file" /tmp/rapiddisk.ko
depmod
status_is "a module that is not installed is reported" 1 rapiddisk-apply
shows "with what to do" "install it for this kernel"
shows "and what needs it is skipped" "it needs module 'rapiddisk'"
mv /tmp/rapiddisk.ko "$file"
depmod
status_is "once it is there, all is well" 0 rapiddisk-apply
