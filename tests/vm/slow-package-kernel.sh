#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# slow-package-kernel - install a second kernel on a system with a cached root volume, and boot it.
#
# Three times: DKMS builds the modules; the headers are missing; the headers are broken, so that the
# modules cannot be built. DKMS then fails the installation of the kernel, until the administrator excludes
# that kernel. The kernel is another one of Debian 13, installed in a chroot.

# shellcheck source=tests/vm/package-lib.sh
. "$(dirname "$0")/package-lib.sh"

work=$(mktemp -d /var/tmp/package-kernel.XXXXXX)
t_atexit "rm -rf $work"
root_config 64MiB >"$work/root.yaml"

# A previous kernel of the suite, or the one for real time, has all that the guests need.
cat >"$work/choose" <<'END'
# scripts/in-tree sets this variable, which keeps a kernel from getting an initramfs.
unset INITRD
apt-get -q update
first=$(basename /lib/modules/*)
second=$(apt-cache pkgnames linux-image- | sed -nE 's/^linux-image-([0-9.]+[+]deb[0-9]+(-rt)?-amd64)$/\1/p' |
	grep -vxF "$first" | sort -V | head -n 1)
echo "$second" >/root/second
END
cat >"$work/built" <<END
$apt_install linux-image-\$second linux-headers-\$second
END
cat >"$work/missing" <<END
$apt_install linux-image-\$second
END
cat >"$work/broken" <<END
$apt_install --download-only linux-image-\$second linux-headers-\$second
dpkg --unpack /var/cache/apt/archives/*.deb
for header in /usr/src/linux-headers-"\${second%%-*}"*/include/linux/device-mapper.h; do
	rm "\$header"
	echo '#error broken for a test' >"\$header"
done
! dpkg --configure -a
echo 'AUTOINSTALL=""' >/etc/dkms/rapiddisk--\$second.conf
dpkg --configure -a
END

with_kernel() { # CASE
	state=$work/state-$1
	cat "$work/choose" "$work/$1" >"$work/script-$1"
	make_guest "$state" --prepare="$install" --config="$work/root.yaml" \
		--prepare="$in_tree . sh -exc \"\$(cat $work/script-$1)\"; cp root/second $work/" || return
	release=$(cat "$work/second")
	echo "$release" >"$state/image/release"
	# The log has what an administrator sees.
	sed -n "/linux-image-/,\$p" "$state/image/initrd.log"
}

boot_second() { # OPTION...
	boot_guest "$state" "$@" <<-'END'
		say release "$(uname -r)"
		say dkms "$(dkms status rapiddisk -k "$(uname -r)")"
		lsinitramfs "/boot/initrd.img-$(uname -r)" | grep rapiddisk
		say carried "$(lsinitramfs "/boot/initrd.img-$(uname -r)" | grep -c 'rapiddisk.*[.]ko')"
		rapiddisk-apply --status
		say status "$(rapiddisk-apply --status | grep -o 'install the module for this kernel (.*)' | sort -u)"
		say plan "$(rapiddisk-apply --dry-run | xargs)"
	END
}

t_run "built: the second kernel is installed" with_kernel built
t_run "built: it boots" boot_second
t_is "built: the kernel is the second one" "$(said release)" "$release"
t_is "built: the image carries both modules" "$(said carried)" 2
t_is "built: / is on the cache" "$(said root) $(said target)" "/dev/mapper/root rapiddisk-cache"
t_is "built: the system is running, and no unit failed" "$(said system) $(said failed)" "running "
t_is "built: rapiddisk-apply has nothing to do" "$(said plan)" converged

for case in missing broken; do
	t_run "$case: the second kernel is installed" with_kernel $case
	t_run "$case: it boots" boot_second
	t_is "$case: the kernel is the second one" "$(said release)" "$release"
	t_is "$case: / is a map that passes all I/O to the disk" "$(said root) $(said target)" "/dev/mapper/root linear"
	t_is "$case: --status says why" "$(said status)" \
		"install the module for this kernel ('make modules install', or DKMS: see the README)"
done
