#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# slow-package-readme - follow README.md on a fresh Debian 13: a cached data disk, the root volume, and out.
#
# Each command is one of README.md, and each configuration is a block of it with smaller sizes. The output
# is a transcript. The packages are built by `make deb` before the guest boots.

# shellcheck source=tests/vm/package-lib.sh
. "$(dirname "$0")/package-lib.sh"

work=$(mktemp -d /var/tmp/package-readme.XXXXXX)
t_atexit "rm -rf $work"
state=$work/state
mkdir "$state"
truncate -s 256M "$state/disk1.raw"
mkfs.ext4 -q -L data "$state/disk1.raw"

# apt has no terminal to ask, and no network.
quiet_apt="printf '%s\n' 'APT::Get::Assume-Yes \"true\";' 'APT::Install-Recommends \"false\";' >etc/apt/apt.conf.d/test"
# Debian finds the file system by its label, as an installer would write it.
fstab="echo 'LABEL=data /srv ext4 defaults,nofail 0 2' >>etc/fstab"
# The administrator has the clone in /root/rapiddisk.
clone="mkdir -p root/rapiddisk/build; ln -s /packages root/rapiddisk/build/deb; ln -s /src/README.md root/rapiddisk"

cat >"$work/functions" <<'FUNCTIONS'
cd /root/rapiddisk
# True if README.md has the command on a line of its own, perhaps with a comment, or in backquotes.
is_told() { # LINE
	awk -v line="$1" '
		{ text = $0; sub(/^    (# )?/, "", text) }
		/^    / && (text == line || index(text, line "  ") == 1) { is_told = 1 }
		index($0, "`" line "`") { is_told = 1 }
		END { exit !is_told }' README.md
}
# Run a command of README.md, and print it with its output.
typed() { # LINE
	is_told "$1" || say foreign "$1"
	echo "# $1"
	eval "$1" || say broken "$1"
}
# Print the indented block of README.md with the words.
block() { # WORDS
	awk -v words="$1" '
		/^    / { block = block substr($0, 5) "\n"; next }
		index(block, words) { printf "%s", block; exit }
		{ block = "" }' README.md
}
stack() { findmnt -no SOURCE "$1"; }
FUNCTIONS

session() { # OPTION...
	cat "$work/functions" - >"$work/script"
	boot_guest "$state" --disk=256M "$@" <"$work/script"
}

followed() { # SENTENCE
	t_is "$1: README.md has each command, and each succeeded" "$(said foreign)$(said broken)" ""
	t_is "$1: the system is running, and no unit failed" "$(said system) $(said failed)" "running "
}

t_run "the packages are built" make_guest "$state" --prepare="$quiet_apt" --prepare="$fstab" --prepare="$clone"

t_run "a data disk is cached" session --timeout=2400 <<'END'
say before "$(stack /) $(stack /srv)"
dd if=/dev/urandom of=/srv/sample bs=1M count=16 conv=fsync
sha256sum /srv/sample >/root/sum
typed 'apt install linux-headers-amd64 ./build/deb/rapiddisk_*.deb ./build/deb/rapiddisk-dkms_*.deb'
block 'name: data' | sed 's/4GiB/64MiB/' | tee /etc/rapiddisk.yaml
typed 'umount /srv'
typed 'rapiddisk-apply --dry-run'
typed 'rapiddisk-apply'
typed 'mount /dev/mapper/data /srv'
typed 'rapiddisk-apply --status'
say live "$(stack /srv) $(dmsetup table data | cut -d ' ' -f 3)"
END
followed "a data disk"
plain_root=$(said before | cut -d ' ' -f 1)
t_is "the disk is cached at once" "$(said live)" "/dev/mapper/data rapiddisk-cache"

t_run "the root volume is cached, too" session <<'END'
say live "$(stack /srv) $(rapiddisk-apply --dry-run)"
block 'source: root' | sed 1d | tee -a /etc/rapiddisk.yaml
typed 'update-initramfs -u'
END
followed "the root volume"
t_is "after a restart, the same line of fstab mounts the cache" "$(said live)" "/dev/mapper/data converged"

t_run "the system restarts with the cached root volume" session <<'END'
typed 'rapiddisk-apply --status'
sha256sum -c /root/sum
say data $?
sed -i '/name: root/,$d' /etc/rapiddisk.yaml
cat /etc/rapiddisk.yaml
typed 'update-initramfs -u'
END
followed "out of the root volume"
t_is "/ is on the cache" "$(said root) $(said target)" "/dev/mapper/root rapiddisk-cache"
t_is "the data is the same" "$(said data)" 0

t_run "all is removed" session <<'END'
umount /srv
typed 'rapiddisk-apply --teardown'
typed 'modprobe -r rapiddisk-cache rapiddisk'
typed 'apt purge rapiddisk rapiddisk-dkms'
mount /srv
sha256sum -c /root/sum
say data $?
say after "$(stack /) $(stack /srv) $(dmsetup ls)"
say left "$(ls /usr/sbin/rapiddisk* 2>/dev/null)$(lsmod | grep rapiddisk)"
END
followed "out"
t_is "/ and the disk are as before" "$(said after)" "$plain_root /dev/vdb No devices found"
t_is "the data is the same in the end" "$(said data)" 0
t_is "no program and no module is left" "$(said left)" ""
