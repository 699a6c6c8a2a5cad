# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# tests/vm/package-lib.sh - boot guests with the Debian packages, for host tests; sourced, bash.
#
#	make_guest STATE OPTION...    create a guest with the packages in /packages, none installed
#	$save_state                   a --prepare command of make_guest: write to /root/before what
#	                              package_state prints in the guest
#	$install                      a --prepare command: install the packages, with DKMS
#	$example, $example_disks      a --prepare command: copy the first example of README.Debian; and
#	                              what `disks` prints after a boot with the example
#	$version                      the version of the packages
#	boot_guest STATE OPTION...    boot the guest with the files of its /boot, as a boot loader does,
#	                              run the script on stdin like boot_root, and shut the guest down
#
# The script on stdin has the functions of package_functions. Includes root-lib.sh.

# shellcheck source=tests/vm/root-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/root-lib.sh"

in_tree=$(cd "$here/../../scripts" && pwd)/in-tree
package_state="$(cd "$here/.." && pwd)/package-state"
apt_install="apt-get -y -q -o APT::Install-Recommends=false install"

# State that a boot or root-image changes, or that the administrator writes.
no_state="'./dev/*' ./run ./sys ./src ./share ./lost+found './boot/initrd.img-*'"
no_state+=" ./var/lib/systemd ./var/lib/initramfs-tools ./etc/rapiddisk.yaml"

package_functions() {
	echo "install_packages() { $apt_install \"\$1\"/*.deb; } # DIRECTORY"
	echo "package_state() { /src/tests/package-state / $no_state; }"
	cat <<-'END'
		# Print the RAM disks. The second one of the example has a share of the memory.
		disks() { lsblk -dno NAME,SIZE,RO | grep ^rd | sed 's/^rd1 .*/rd1/' | xargs; }
		purge_packages() { apt-get -y -q purge rapiddisk rapiddisk-statusd rapiddisk-dkms; }
		health() { curl -sS http://127.0.0.1:9118/healthz | jq -r .status; }
		module() { # NAME
			modinfo -F filename "$1" | sed 's|.*/updates|updates|; s|[.]xz$||'
		}
		verifiers=
		# Write and verify a file or a disk until end_verify.
		verify() { # NAME FILE
			fio --name="$1" --filename="$2" --size=32m --rw=randrw --bs=4k --direct=1 \
				--rate_iops=100 --verify=crc32c --verify_backlog=256 --verify_fatal=1 \
				--time_based --runtime=7200 --output="/root/$1.log" &
			verifiers="$verifiers $!"
		}
		# End the jobs, and say what each reports.
		end_verify() { # NAME...
			kill -INT $verifiers && say running yes
			wait
			for name; do
				cat "/root/$name.log"
				say "$name" "$(grep -o 'err= *[0-9]*' "/root/$name.log")"
			done
		}
		# Print the versions of the programs and of the loaded modules.
		versions() {
			echo "$(rapiddisk-apply --version | grep -o '[0-9][0-9.]*' | head -n 1)" \
				"$(cat /sys/module/rapiddisk/version) $(cat /sys/module/rapiddisk_cache/version)"
		}
		# Print the lines that differ, on one line.
		differences() { diff "$1" "$2" | grep '^[<>]' | head -n 20 | xargs; }
		# Print all that the packages could change.
		facts() {
			package_state
			sha256sum "/boot/initrd.img-$(uname -r)"
			systemctl list-unit-files --no-legend --plain
			lsmod | grep rapiddisk
		}
	END
}

# shellcheck disable=SC2034 # for the tests
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$here/../../modules/dkms.conf")

# The trees of trixie have rapiddisk 9 installed, with Debian's modules of it.
no_peer="$in_tree . dpkg --purge rapiddisk rapiddisk-dkms"
# shellcheck disable=SC2034 # for the tests
save_state="$package_state . $no_state >root/before"
# shellcheck disable=SC2034
install="$in_tree . sh -c '$apt_install /packages/*.deb'"
# shellcheck disable=SC2034
example="cp usr/share/doc/rapiddisk/examples/ramdisks.yaml etc/rapiddisk.yaml"
# shellcheck disable=SC2034
example_disks="rd0 256M 0 rd1 rd2 64M 0 rd3 16M 1"

make_guest() { # STATE OPTION...
	local state=$1
	shift
	make_root "$state" --packages --prepare="$no_peer" "$@"
}

# Take the kernel and the initramfs from /boot of a guest that has been shut down. Fails if one of
# them is missing.
take_boot_files() { # STATE
	local image=$1/image file release
	release=$(cat "$image/release")
	for file in vmlinuz initrd.img; do
		rm "$image/$file"
		debugfs -R "dump /boot/$file-$release $image/$file" "$image/root.img"
		[ -s "$image/$file" ] || return
	done
}

boot_guest() { # STATE OPTION...
	take_boot_files "$1" || return
	{
		package_functions
		cat
		echo exit 0
	} >"$1/with-functions"
	boot_root "$@" --clean-shutdown <"$1/with-functions"
}
