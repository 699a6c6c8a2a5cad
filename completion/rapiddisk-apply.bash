# SPDX-License-Identifier: GPL-2.0-or-later
#
# Completion of rapiddisk-apply for bash. `make schema` writes this file from the table of options.

_rapiddisk_apply()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}

	# bash splits --stage=local into three words.
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case $prev in
	--capture)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--config|-c)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--from)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--stage)
		mapfile -t COMPREPLY < <(compgen -W 'initramfs local network system' -- "$cur")
		return
		;;
	--timeout)
		COMPREPLY=()
		return
		;;
	--lock-timeout)
		COMPREPLY=()
		return
		;;
	--color)
		mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
		return
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W '--check --cat-config --status --import --teardown --capture= --print-schema --print-metrics --print-initramfs-config --print-sections --print-service --print-socket --help -h --version --config= -c --from= --dry-run -n --detailed-exitcode --drift --adopt --no-prune --disconnect --stage= --timeout= --no-wait --lock-timeout= --json --color= --quiet -q --verbose -v' -- "$cur")
	[[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace
} && complete -F _rapiddisk_apply rapiddisk-apply
