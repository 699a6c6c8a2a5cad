#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# slow-package-secure-boot - load the modules that DKMS has signed, with and without its key enrolled.
#
# DKMS signs with a key that it creates. A kernel with module.sig_enforce=1 refuses the modules, and the
# system runs without them. UEFI firmware whose database has the key boots the kernel with Secure Boot,
# and the kernel loads the modules. The key is in the firmware's database, because the machine owner key
# of shim needs a person at the console. sbsign signs the kernel for that firmware with the same key.

# shellcheck source=tests/vm/package-lib.sh
. "$(dirname "$0")/package-lib.sh"

work=$(mktemp -d /var/tmp/package-secure-boot.XXXXXX)
t_atexit "rm -rf $work"
state=$work/state

cat >"$work/firmware" <<END
apt-get -q update
$apt_install ovmf sbsigntool python3-virt-firmware
cd /root
openssl x509 -inform DER -in /var/lib/dkms/mok.pub -out key.pem
sbsign --key /var/lib/dkms/mok.key --cert key.pem --output vmlinuz /boot/vmlinuz-*
cp --remove-destination vmlinuz /boot/vmlinuz-*
owner=5b1f4a8e-6f0d-4c57-9c43-0d9a3c6e7b21
virt-fw-vars --input /usr/share/OVMF/OVMF_VARS_4M.fd --output vars.fd --set-pk \$owner key.pem \\
	--add-kek \$owner key.pem --add-db \$owner key.pem --sb
cp /usr/share/OVMF/OVMF_CODE_4M.secboot.fd code.fd
END
t_run "the packages are installed, and firmware has the key of DKMS" make_guest "$state" \
	--prepare="$install" --prepare="$example" \
	--prepare="$in_tree . sh -ec \"\$(cat $work/firmware)\"; cp root/*.fd $work/"

cat >"$work/script" <<'END'
say signer "$(modinfo -F signer rapiddisk) $(modinfo -F signer rapiddisk-cache)"
openssl x509 -inform DER -in /var/lib/dkms/mok.pub -noout -subject
say key "$(openssl x509 -inform DER -in /var/lib/dkms/mok.pub -noout -subject | sed 's/.*CN *= *//')"
say enforced "$(cat /sys/module/module/parameters/sig_enforce) $(cat /sys/kernel/security/lockdown)"
say firmware "$(dmesg | grep -o 'Secure boot [ed].*')"
say disks "$(disks)"
say service "$(systemctl is-active rapiddisk-apply.service)"
rapiddisk-apply
say apply $?
rapiddisk-apply --dry-run
say advice "$(rapiddisk-apply 2>&1 | grep -o 'sign the module with a key that this kernel trusts' | sort -u)"
modprobe -r rapiddisk-cache
xz -dc "$(modinfo -F filename rapiddisk-cache)" >/root/unsigned.ko
strip --strip-debug /root/unsigned.ko
say unsigned "$(insmod /root/unsigned.ko 2>&1 | sed 's/.*: //')"
modprobe loop
say debian $?
END

t_run "the kernel that enforces signatures boots" boot_guest "$state" --append=module.sig_enforce=1 \
	<"$work/script"
t_is "both modules are signed with the key of DKMS" "$(said signer)" "$(said key) $(said key)"
t_is "the kernel enforces signatures" "$(said enforced | cut -c 1)" Y
t_is "the kernel loads its own modules" "$(said debian)" 0
t_is "the system runs without RAM disks" "$(said disks)" ""
t_is "rapiddisk-apply says what to do" "$(said advice)" "sign the module with a key that this kernel trusts"
t_is "the kernel refuses the module without a signature" "$(said unsigned)" "Key was rejected by service"

# This firmware keeps its variables from the kernel by the system management mode.
flash=if=pflash,format=raw
t_run "the firmware boots the kernel" boot_guest "$state" --cpus=1 --qemu=-machine --qemu=smm=on \
	--qemu=-global --qemu=driver=cfi.pflash01,property=secure,value=on \
	--qemu=-drive --qemu="$flash,unit=0,readonly=on,file=$work/code.fd" \
	--qemu=-drive --qemu="$flash,unit=1,file=$work/vars.fd" <"$work/script"
t_is "Secure Boot is on" "$(said firmware)" "Secure boot enabled"
t_is "the system is running, and no unit failed" "$(said system) $(said failed)" "running "
t_is "rapiddisk-apply.service is active" "$(said service)" active
t_is "the kernel loads the modules" "$(said disks)" "$example_disks"
t_is "the kernel refuses the module without a signature, with Secure Boot" "$(said unsigned)" \
	"Key was rejected by service"
