# SPDX-License-Identifier: GPL-2.0-or-later
#
# Completion of rapiddisk-apply for fish. `make schema` writes this file from the table of options.

complete -c rapiddisk-apply -f
complete -c rapiddisk-apply -l check -d 'Validate the configuration, without a look at this machine'
complete -c rapiddisk-apply -l cat-config -d 'Print the files of the configuration that are read, in their order'
complete -c rapiddisk-apply -l status -d 'Print the live objects, their owners and their use'
complete -c rapiddisk-apply -l import -d 'Print a configuration that describes the live objects'
complete -c rapiddisk-apply -l teardown -d 'Remove every owned object'
complete -c rapiddisk-apply -l capture -d 'Write what a run reads of this machine to FILE, for a bug report' -r -F
complete -c rapiddisk-apply -l print-schema -d 'Print the JSON Schema of the configuration'
complete -c rapiddisk-apply -l print-metrics -d 'Print the table of the metrics as JSON'
complete -c rapiddisk-apply -l print-initramfs-config -d 'Print the part of the configuration that the initramfs needs'
complete -c rapiddisk-apply -l print-sections -d 'Print the sections of the configuration that have objects'
complete -c rapiddisk-apply -l print-service -d 'Print a drop-in for rapiddisk-statusd.service from status.names'
complete -c rapiddisk-apply -l print-socket -d 'Print a drop-in for rapiddisk-statusd.socket from status.listen'
complete -c rapiddisk-apply -l help -s h -d 'Print this list'
complete -c rapiddisk-apply -l version -d 'Print the version'
complete -c rapiddisk-apply -l config -s c -d 'Read the configuration from FILE' -r -F
complete -c rapiddisk-apply -l from -d 'Import from FILE, a JSON file of nvmetcli' -r -F
complete -c rapiddisk-apply -l dry-run -s n -d 'Print the plan and change nothing'
complete -c rapiddisk-apply -l detailed-exitcode -d 'Exit with 2 if changes are pending'
complete -c rapiddisk-apply -l drift -d 'Record the drift in the status file and change nothing'
complete -c rapiddisk-apply -l adopt -d 'Adopt foreign objects that match the configuration'
complete -c rapiddisk-apply -l no-prune -d 'Keep owned objects that the configuration no longer lists'
complete -c rapiddisk-apply -l disconnect -d 'Remove exports that have connections too'
complete -c rapiddisk-apply -l stage -d 'Limit the run to one stage of the boot' -x -a 'initramfs local network system'
complete -c rapiddisk-apply -l timeout -d 'Limit all waiting to SECONDS' -x
complete -c rapiddisk-apply -l no-wait -d 'Do not wait for absent devices and addresses'
complete -c rapiddisk-apply -l lock-timeout -d 'Limit the wait for another run to SECONDS' -x
complete -c rapiddisk-apply -l json -d 'Print the plan, the report or the status as JSON'
complete -c rapiddisk-apply -l color -d 'Color the output' -x -a 'auto always never'
complete -c rapiddisk-apply -l quiet -s q -d 'Print errors only'
complete -c rapiddisk-apply -l verbose -s v -d 'Print debug messages too'
