#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=bookworm
# guest: suite=trixie
# guest: suite=sid
#
# The system comes up whole with the project installed, and without a config.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh

t_is "the system is running, and nothing is degraded" \
	"$(systemctl is-system-running --wait)" running
t_is "no unit failed" "$(systemctl --failed --no-legend --plain)" ""
t_is "the boot reached multi-user" "$(systemctl is-active multi-user.target)" active

t_is "rapiddisk-apply.service is enabled" \
	"$(systemctl is-enabled rapiddisk-apply.service)" enabled
t_is "without a config it is not active, but skipped" \
	"$(systemctl show -P ActiveState -P ConditionResult rapiddisk-apply.service | xargs)" \
	"inactive no"
t_fails "without a config no module is loaded" test -e /sys/module/rapiddisk

t_run "the module loads" modprobe rapiddisk
t_run "it has its control folder" test -d /sys/kernel/rapiddisk
t_is "mgmt is for root alone to write" "$(stat -c %a /sys/kernel/rapiddisk/mgmt)" 200
t_run "the module goes away again" modprobe -r rapiddisk
t_fails "and its control folder with it" test -e /sys/kernel/rapiddisk
