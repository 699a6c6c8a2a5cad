#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: suite=trixie-nvme memory=2G cpus=2 timeout=900
#
# DH-HMAC-CHAP: who knows the key is let in and nobody else, both ways; the key is in no
# output. TLS: who has the pre-shared key in the kernel's keyring is let in, by tlshd's
# handshake, and nobody without.
. /src/tests/vm/lib.sh

yaml=/etc/rapiddisk.yaml
keys=/etc/rapiddisk/keys
nvmet=/sys/kernel/config/nvmet
host=nqn.2014-08.org.nvmexpress:uuid:11111111-2222-3333-4444-555555555555
nqn=nqn.2026-11.org.example:secret

leave() {
	nvme disconnect-all
	rapiddisk-apply --teardown --disconnect
	rm -rf $yaml $keys
	udevadm settle
	rmmod nvme_tcp nvmet_tcp nvmet rapiddisk
}
t_atexit leave

# exports HOST-KEYS [PORT-KEYS]
exports() {
	cat >$yaml <<-END
		version: 1
		ramdisks: [ {name: rd0, size: 16MiB} ]
		ports: [ {id: 1, transport: tcp, address: 127.0.0.1$2} ]
		hosts: [ {nqn: "$host"$1} ]
		exports:
		  - {nqn: "$nqn", namespaces: [ {id: 1, device: rd0} ], ports: [1], hosts: ["$host"]}
	END
}

connect() {
	nvme connect -t tcp -a 127.0.0.1 -s 4420 -n $nqn --hostnqn=$host \
		--hostid=11111111-2222-3333-4444-555555555555 "$@"
}

mkdir -p $keys
umask 077
nvme gen-dhchap-key --nqn=$host >$keys/host
nvme gen-dhchap-key --hmac=1 --nqn=$host >$keys/other
nvme gen-dhchap-key --nqn=$nqn >$keys/ctrl
umask 022
modprobe nvme_tcp

exports ", dhchap_key_file: $keys/host, dhchap_dhgroup: ffdhe2048"
rapiddisk-apply -n >/tmp/shown
t_run "a host with a key is made" rapiddisk-apply
t_is "a second run prints nothing" "$(rapiddisk-apply 2>&1)" ""
t_is "the key is root's alone in the kernel too" \
	"$(stat -c '%U %a' $nvmet/hosts/$host/dhchap_key)" "root 600"
t_fails "without a key it is not let in" connect
t_fails "nor with another one" connect --dhchap-secret="$(cat $keys/other)"
t_run "with its own it is" connect --dhchap-secret="$(cat $keys/host)"
nvme disconnect -n $nqn

exports ", dhchap_key_file: $keys/host, dhchap_ctrl_key_file: $keys/ctrl, dhchap_hash: sha512"
rapiddisk-apply >>/tmp/shown
t_is "and so is the controller's" "$(stat -c %a $nvmet/hosts/$host/dhchap_ctrl_key)" 600
t_run "the controller proves itself too" connect --dhchap-secret="$(cat $keys/host)" \
	--dhchap-ctrl-secret="$(cat $keys/ctrl)"
nvme disconnect -n $nqn
t_fails "and one that does not know its key is refused by the host" connect \
	--dhchap-secret="$(cat $keys/host)" --dhchap-ctrl-secret="$(cat $keys/other)"

exports ", dhchap_key_file: $keys/other"
t_run "a new key takes the old one's place" rapiddisk-apply
t_is "and nobody else can read it" "$(stat -c %a $nvmet/hosts/$host/dhchap_key)" 600
t_fails "the old one does not open any more" connect --dhchap-secret="$(cat $keys/host)"
t_run "the new one does" connect --dhchap-secret="$(cat $keys/other)"
nvme disconnect -n $nqn

rapiddisk-apply -v >>/tmp/shown 2>&1
for option in "--status" "--status --json" "--import" "-n --json" "-n"; do
	# shellcheck disable=SC2086 # words
	rapiddisk-apply $option >>/tmp/shown 2>&1
done
cat /run/rapiddisk/status.json >>/tmp/shown
dmesg >>/tmp/shown
t_is "no key is in any output" "$(grep -cFf <(cat $keys/* | cut -d : -f 3) /tmp/shown)" 0
t_case "though they say that there is one"
if grep -q 'not shown' /tmp/shown; then ok; else fail; fi

exports ""
t_run "the file names no key any more" rapiddisk-apply
t_is "and the host has none" "$(tr -d '\n' <$nvmet/hosts/$host/dhchap_key)" ""
t_run "it is let in without" connect
nvme disconnect -n $nqn

# --- TLS ---

exports "" ", tls: required, on_change: replace"
rapiddisk-apply >/tmp/out 2>&1
status=$?
t_note "tls: required on $(uname -r): status $status: $(grep -h 'port 1' /tmp/out)"
if [ $status -eq 0 ]; then
	t_is "TLS is on" "$(cat $nvmet/ports/1/addr_tsas)" tls1.3
	t_is "and required" "$(cat $nvmet/ports/1/addr_treq)" required
	t_fails "a host without it is not let in" timeout 30 nvme connect -t tcp -a 127.0.0.1 \
		-s 4420 -n $nqn --hostnqn=$host --hostid=11111111-2222-3333-4444-555555555555
	modprobe nvme_keyring
	printf '[debug]\nloglevel=1\n[authenticate]\nkeyrings=.nvme\n' >/tmp/tlshd.conf
	systemctl stop tlshd
	tlshd -s -c /tmp/tlshd.conf &
	t_atexit "kill $!"
	t_fails "nor one that has no key" timeout 60 nvme connect -t tcp -a 127.0.0.1 -s 4420 \
		-n $nqn --hostnqn=$host --hostid=11111111-2222-3333-4444-555555555555 --tls
	nvme gen-tls-key --hmac=1 --identity=1 --hostnqn=$host --subsysnqn=$nqn --insert
	grep -h NVMe /proc/keys
	t_run "a host that has the key is" timeout 60 nvme connect -t tcp -a 127.0.0.1 -s 4420 \
		-n $nqn --hostnqn=$host --hostid=11111111-2222-3333-4444-555555555555 --tls
	udevadm settle
	controller=$(grep -lx $nqn /sys/class/nvme/nvme*/subsysnqn | head -n 1)
	t_case "its connection is a TLS one"
	if grep -q . "${controller%/*}/tls_key" && [ -d /sys/module/tls ]; then ok; else fail; fi
	disk=$(lsblk -dnpo NAME,MODEL | awk '$2 == "RapidDisk" { print $1 }')
	t_run "and carries data" fio --name=v --filename="$disk" --rw=randwrite --bs=4k \
		--size=4M --direct=1 --ioengine=psync --verify=crc32c --do_verify=1 --minimal
	blockdev --flushbufs "$disk" /dev/rd0
	t_is "to the RAM disk" "$(sha256sum <"$disk")" "$(sha256sum </dev/rd0)"
	nvme disconnect -n $nqn
else
	t_case "the message says that the kernel lacks it, and there is no export without it"
	if grep -q 'has no TLS' /tmp/out && [ ! -e $nvmet/ports/1/subsystems/$nqn ]; then ok; else fail "$(cat /tmp/out)"; fi
fi
