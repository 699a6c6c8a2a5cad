#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: suite=trixie memory=2G cpus=2 timeout=900
#
# DH-HMAC-CHAP: who knows the key is let in and nobody else, both ways; the key is in no
# output. TLS: what the kernel takes, and that a host without it is not let in.
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
t_fails "without a key it is not let in" connect
t_fails "nor with another one" connect --dhchap-secret="$(cat $keys/other)"
t_run "with its own it is" connect --dhchap-secret="$(cat $keys/host)"
nvme disconnect -n $nqn

exports ", dhchap_key_file: $keys/host, dhchap_ctrl_key_file: $keys/ctrl, dhchap_hash: sha512"
rapiddisk-apply >>/tmp/shown
t_run "the controller proves itself too" connect --dhchap-secret="$(cat $keys/host)" \
	--dhchap-ctrl-secret="$(cat $keys/ctrl)"
nvme disconnect -n $nqn
t_fails "and one that does not know its key is refused by the host" connect \
	--dhchap-secret="$(cat $keys/host)" --dhchap-ctrl-secret="$(cat $keys/other)"

exports ", dhchap_key_file: $keys/other"
t_run "a new key takes the old one's place" rapiddisk-apply
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
	t_note "a connection with TLS needs tlshd (ktls-utils) on both sides: $(command -v tlshd || echo 'not on this guest')"
else
	t_case "the message says that the kernel lacks it, and there is no export without it"
	if grep -q 'has no TLS' /tmp/out && [ ! -e $nvmet/ports/1/subsystems/$nqn ]; then ok; else fail "$(cat /tmp/out)"; fi
fi
