# SPDX-License-Identifier: GPL-2.0-or-later
#
# The kernel modules of rapiddisk, for one kernel.
{
  lib,
  stdenv,
  kernel,
  src ? ../../..,
}:
stdenv.mkDerivation {
  pname = "rapiddisk-modules";
  version = "10-${kernel.version}";
  inherit src;

  nativeBuildInputs = kernel.moduleBuildDependencies;
  buildFlags = [
    "modules"
    "KREL=${kernel.modDirVersion}"
    "KDIR=${kernel.dev}/lib/modules/${kernel.modDirVersion}/build"
  ];
  installPhase = ''
    runHook preInstall
    install -D -m 644 -t $out/lib/modules/${kernel.modDirVersion}/updates \
      build/modules/${kernel.modDirVersion}/*.ko
    runHook postInstall
  '';

  meta = {
    description = "Kernel modules for RAM disks and RAM caches";
    license = lib.licenses.gpl2Only;
    platforms = lib.platforms.linux;
    broken = lib.versionOlder kernel.version "6.1";
  };
}
