#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: suite=trixie-nvme memory=2G cpus=2 timeout=900
#
# slow-nvme-auth - test DH-HMAC-CHAP and TLS of exports with a real initiator.
#
# With DH-HMAC-CHAP, only a peer that knows the key connects, in both directions. No output has
# the key. With TLS, only a host with the pre-shared key in the kernel's keyring connects. tlshd
# does the handshake.
. /src/tests/vm/lib.sh || exit

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

# exports HOST-KEYS [PORT-KEYS] - write the configuration of one export with these keys
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
t_run "apply creates a host with a key" rapiddisk-apply
t_is "a second run prints nothing" "$(rapiddisk-apply 2>&1)" ""
t_is "only root may read the key in the kernel" \
	"$(stat -c '%U %a' $nvmet/hosts/$host/dhchap_key)" "root 600"
t_fails "the host cannot connect without a key" connect
t_fails "the host cannot connect with another key" connect --dhchap-secret="$(cat $keys/other)"
t_run "the host connects with its own key" connect --dhchap-secret="$(cat $keys/host)"
nvme disconnect -n $nqn

exports ", dhchap_key_file: $keys/host, dhchap_ctrl_key_file: $keys/ctrl, dhchap_hash: sha512"
rapiddisk-apply >>/tmp/shown
t_is "only root may read the controller's key in the kernel" "$(stat -c %a $nvmet/hosts/$host/dhchap_ctrl_key)" 600
t_run "the controller authenticates to the host" connect --dhchap-secret="$(cat $keys/host)" \
	--dhchap-ctrl-secret="$(cat $keys/ctrl)"
nvme disconnect -n $nqn
t_fails "the host refuses a controller with another key" connect \
	--dhchap-secret="$(cat $keys/host)" --dhchap-ctrl-secret="$(cat $keys/other)"

exports ", dhchap_key_file: $keys/other"
t_run "apply replaces the key" rapiddisk-apply
t_is "only root may read the new key in the kernel" "$(stat -c %a $nvmet/hosts/$host/dhchap_key)" 600
t_fails "the host cannot connect with the old key" connect --dhchap-secret="$(cat $keys/host)"
t_run "the host connects with the new key" connect --dhchap-secret="$(cat $keys/other)"
nvme disconnect -n $nqn

rapiddisk-apply -v >>/tmp/shown 2>&1
for option in "--status" "--status --json" "--import" "-n --json" "-n"; do
	# shellcheck disable=SC2086 # words
	rapiddisk-apply $option >>/tmp/shown 2>&1
done
cat /run/rapiddisk/status.json >>/tmp/shown
dmesg >>/tmp/shown
t_is "no key is in any output" "$(grep -cFf <(cat $keys/* | cut -d : -f 3) /tmp/shown)" 0
t_case "the output mentions a key that is not shown"
if grep -q 'not shown' /tmp/shown; then ok; else fail; fi

exports ""
t_run "apply removes the key from the host" rapiddisk-apply
t_is "the host has no key in the kernel" "$(tr -d '\n' <$nvmet/hosts/$host/dhchap_key)" ""
t_run "the host connects without a key" connect
nvme disconnect -n $nqn

# --- TLS ---

exports "" ", tls: required, on_change: replace"
rapiddisk-apply >/tmp/out 2>&1
status=$?
t_note "tls: required on $(uname -r): status $status: $(grep -h 'port 1' /tmp/out)"
if [ $status -eq 0 ]; then
	t_is "the port has TLS" "$(cat $nvmet/ports/1/addr_tsas)" tls1.3
	t_is "the port requires TLS" "$(cat $nvmet/ports/1/addr_treq)" required
	t_fails "a host without TLS cannot connect" timeout 30 nvme connect -t tcp -a 127.0.0.1 \
		-s 4420 -n $nqn --hostnqn=$host --hostid=11111111-2222-3333-4444-555555555555
	modprobe nvme_keyring
	printf '[debug]\nloglevel=1\n[authenticate]\nkeyrings=.nvme\n' >/tmp/tlshd.conf
	systemctl stop tlshd
	tlshd -s -c /tmp/tlshd.conf &
	t_atexit "kill $!"
	t_fails "a host without a pre-shared key cannot connect" timeout 60 nvme connect -t tcp -a 127.0.0.1 -s 4420 \
		-n $nqn --hostnqn=$host --hostid=11111111-2222-3333-4444-555555555555 --tls
	nvme gen-tls-key --hmac=1 --identity=1 --hostnqn=$host --subsysnqn=$nqn --insert
	grep -h NVMe /proc/keys
	t_run "a host with the pre-shared key connects" timeout 60 nvme connect -t tcp -a 127.0.0.1 -s 4420 \
		-n $nqn --hostnqn=$host --hostid=11111111-2222-3333-4444-555555555555 --tls
	udevadm settle
	controller=$(grep -lx $nqn /sys/class/nvme/nvme*/subsysnqn | head -n 1)
	t_case "the connection uses TLS"
	if grep -q . "${controller%/*}/tls_key" && [ -d /sys/module/tls ]; then ok; else fail; fi
	disk=$(lsblk -dnpo NAME,MODEL | awk '$2 == "RapidDisk" { print $1 }')
	t_run "the initiator verifies its writes over TLS" fio --name=v --filename="$disk" --rw=randwrite --bs=4k \
		--size=4M --direct=1 --ioengine=psync --verify=crc32c --do_verify=1 --minimal
	blockdev --flushbufs "$disk" /dev/rd0
	t_is "the RAM disk holds the data written over TLS" "$(sha256sum <"$disk")" "$(sha256sum </dev/rd0)"
	nvme disconnect -n $nqn
else
	t_case "the message names the missing TLS, and no export is open without TLS"
	if grep -q 'has no TLS' /tmp/out && [ ! -e $nvmet/ports/1/subsystems/$nqn ]; then ok; else fail "$(cat /tmp/out)"; fi
fi
