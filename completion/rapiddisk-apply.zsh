#compdef rapiddisk-apply
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Completion of rapiddisk-apply for zsh. `make schema` writes this file from the table of options.

_arguments -s -S \
	'(--capture --cat-config --check --help -h --import --print-initramfs-config --print-metrics --print-schema --print-sections --print-service --print-socket --status --teardown --version)--check[Validate the configuration, without a look at this machine]' \
	'(--capture --cat-config --check --help -h --import --print-initramfs-config --print-metrics --print-schema --print-sections --print-service --print-socket --status --teardown --version)--cat-config[Print the files of the configuration that are read, in their order]' \
	'(--capture --cat-config --check --help -h --import --print-initramfs-config --print-metrics --print-schema --print-sections --print-service --print-socket --status --teardown --version)--status[Print the live objects, their owners and their use]' \
	'(--capture --cat-config --check --help -h --import --print-initramfs-config --print-metrics --print-schema --print-sections --print-service --print-socket --status --teardown --version)--import[Print a configuration that describes the live objects]' \
	'(--capture --cat-config --check --help -h --import --print-initramfs-config --print-metrics --print-schema --print-sections --print-service --print-socket --status --teardown --version)--teardown[Remove every owned object]' \
	'(--capture --cat-config --check --help -h --import --print-initramfs-config --print-metrics --print-schema --print-sections --print-service --print-socket --status --teardown --version)--capture=[Write what a run reads of this machine to FILE, for a bug report]:FILE:_files' \
	'(--capture --cat-config --check --help -h --import --print-initramfs-config --print-metrics --print-schema --print-sections --print-service --print-socket --status --teardown --version)--print-schema[Print the JSON Schema of the configuration]' \
	'(--capture --cat-config --check --help -h --import --print-initramfs-config --print-metrics --print-schema --print-sections --print-service --print-socket --status --teardown --version)--print-metrics[Print the table of the metrics as JSON]' \
	'(--capture --cat-config --check --help -h --import --print-initramfs-config --print-metrics --print-schema --print-sections --print-service --print-socket --status --teardown --version)--print-initramfs-config[Print the part of the configuration that the initramfs needs]' \
	'(--capture --cat-config --check --help -h --import --print-initramfs-config --print-metrics --print-schema --print-sections --print-service --print-socket --status --teardown --version)--print-sections[Print the sections of the configuration that have objects]' \
	'(--capture --cat-config --check --help -h --import --print-initramfs-config --print-metrics --print-schema --print-sections --print-service --print-socket --status --teardown --version)--print-service[Print a drop-in for rapiddisk-statusd.service from status.names]' \
	'(--capture --cat-config --check --help -h --import --print-initramfs-config --print-metrics --print-schema --print-sections --print-service --print-socket --status --teardown --version)--print-socket[Print a drop-in for rapiddisk-statusd.socket from status.listen]' \
	'(--capture --cat-config --check --help -h --import --print-initramfs-config --print-metrics --print-schema --print-sections --print-service --print-socket --status --teardown --version)--help[Print this list]' \
	'(--capture --cat-config --check --help -h --import --print-initramfs-config --print-metrics --print-schema --print-sections --print-service --print-socket --status --teardown --version)-h[Print this list]' \
	'(--capture --cat-config --check --help -h --import --print-initramfs-config --print-metrics --print-schema --print-sections --print-service --print-socket --status --teardown --version)--version[Print the version]' \
	'(--config -c)--config=[Read the configuration from FILE]:FILE:_files' \
	'(--config -c)-c+[Read the configuration from FILE]:FILE:_files' \
	'(--from)--from=[Import from FILE, a JSON file of nvmetcli]:FILE:_files' \
	'(--dry-run -n)--dry-run[Print the plan and change nothing]' \
	'(--dry-run -n)-n[Print the plan and change nothing]' \
	'(--detailed-exitcode)--detailed-exitcode[Exit with 2 if changes are pending]' \
	'(--drift)--drift[Record the drift in the status file and change nothing]' \
	'(--adopt)--adopt[Adopt foreign objects that match the configuration]' \
	'(--no-prune)--no-prune[Keep owned objects that the configuration no longer lists]' \
	'(--disconnect)--disconnect[Remove exports that have connections too]' \
	'(--stage)--stage=[Limit the run to one stage of the boot]:STAGE:(initramfs local network system)' \
	'(--timeout)--timeout=[Limit all waiting to SECONDS]:SECONDS: ' \
	'(--no-wait)--no-wait[Do not wait for absent devices and addresses]' \
	'(--lock-timeout)--lock-timeout=[Limit the wait for another run to SECONDS]:SECONDS: ' \
	'(--json)--json[Print the plan, the report or the status as JSON]' \
	'(--color)--color=[Color the output]:WHEN:(auto always never)' \
	'(--quiet -q --verbose -v)--quiet[Print errors only]' \
	'(--quiet -q --verbose -v)-q[Print errors only]' \
	'(--quiet -q --verbose -v)--verbose[Print debug messages too]' \
	'(--quiet -q --verbose -v)-v[Print debug messages too]'
