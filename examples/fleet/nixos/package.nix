# SPDX-License-Identifier: GPL-2.0-or-later
#
# The programs, units, udev rules and pages of rapiddisk.
{
  lib,
  stdenv,
  pkg-config,
  curl,
  jansson,
  kmod,
  libmd,
  libmicrohttpd,
  libyaml,
  lvm2,
  systemd,
  zlib,
  src ? ../../..,
}:
stdenv.mkDerivation {
  pname = "rapiddisk";
  version = "10";
  inherit src;

  nativeBuildInputs = [ pkg-config ];
  buildInputs = [
    curl
    jansson
    kmod
    libmd
    libmicrohttpd
    libyaml
    lvm2
    systemd
    zlib
  ];

  # A build writes below $out alone. systemd-sysusers fails there, which `make install` ignores.
  installFlags = [
    "PREFIX=$(out)"
    "KREL=none"
    "HOOKSDIR=$(out)/share/initramfs-tools"
    "DRACUTDIR=$(out)/lib/dracut/modules.d"
    "dropindirs="
  ];

  # The program opens this library at run time.
  postFixup = ''
    patchelf --add-rpath ${lib.getLib kmod}/lib $out/sbin/rapiddisk-apply
  '';

  meta = {
    description = "RAM disks, RAM caches and NVMe exports from one file";
    license = lib.licenses.gpl2Plus;
    platforms = lib.platforms.linux;
    mainProgram = "rapiddisk-apply";
  };
}
