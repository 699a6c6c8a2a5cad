#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=bookworm
# guest: suite=trixie
# guest: suite=sid
#
# test-boot - boot each suite with the project installed, but without a configuration.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit

t_is "the system is running, not degraded" \
	"$(systemctl is-system-running --wait)" running
t_is "no unit failed" "$(systemctl --failed --no-legend --plain)" ""
t_is "the boot reached multi-user" "$(systemctl is-active multi-user.target)" active

t_is "rapiddisk-apply.service is enabled" \
	"$(systemctl is-enabled rapiddisk-apply.service)" enabled
t_is "the service is skipped without a configuration" \
	"$(systemctl show -P ActiveState -P ConditionResult rapiddisk-apply.service | xargs)" \
	"inactive no"
t_fails "no module is loaded without a configuration" test -e /sys/module/rapiddisk

t_run "the module loads" modprobe rapiddisk
t_run "the module creates its control directory" test -d /sys/kernel/rapiddisk
t_is "only root may write to mgmt" "$(stat -c %a /sys/kernel/rapiddisk/mgmt)" 200
t_run "the module unloads" modprobe -r rapiddisk
t_fails "unloading removes the control directory" test -e /sys/kernel/rapiddisk
