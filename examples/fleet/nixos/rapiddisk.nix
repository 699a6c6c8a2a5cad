# SPDX-License-Identifier: GPL-2.0-or-later
#
# A NixOS module. services.rapiddisk.settings is /etc/rapiddisk.yaml; a switch applies a change.
#
#	imports = [ ./rapiddisk.nix ];
#	services.rapiddisk.enable = true;
#	services.rapiddisk.settings.ramdisks = [ { name = "rd0"; size = "2GiB"; } ];
#
# The initramfs of NixOS has no hook of rapiddisk, so a cache of the root volume is not possible.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.rapiddisk;
  yaml = pkgs.formats.yaml { };
  file = yaml.generate "rapiddisk.yaml" ({ version = 1; } // cfg.settings);
in
{
  options.services.rapiddisk = {
    enable = lib.mkEnableOption "RAM disks, RAM caches and NVMe exports";
    package = lib.mkOption {
      type = lib.types.package;
      default = pkgs.callPackage ./package.nix { };
      defaultText = lib.literalExpression "pkgs.callPackage ./package.nix { }";
      description = "The package with the programs.";
    };
    settings = lib.mkOption {
      type = yaml.type;
      default = { };
      example = {
        ramdisks = [
          {
            name = "rd0";
            size = "2GiB";
          }
        ];
      };
      description = "The sections of /etc/rapiddisk.yaml; rapiddisk.yaml(5) describes them.";
    };
    statusPage = lib.mkEnableOption "the status page and the metrics on port 9118";
  };

  config = lib.mkIf cfg.enable {
    boot.extraModulePackages = [ (config.boot.kernelPackages.callPackage ./modules.nix { }) ];
    # rapiddisk-apply refuses a file in a directory that a group can write to, as /nix/store is. With
    # a mode, /etc has a copy instead of a link.
    environment.etc."rapiddisk.yaml" = {
      source = file;
      mode = "0644";
    };
    environment.systemPackages = [ cfg.package ];
    services.udev.packages = [ cfg.package ];
    systemd.packages = [ cfg.package ];
    systemd.generators.rapiddisk-generator = "${cfg.package}/lib/systemd/system-generators/rapiddisk-generator";
    systemd.services.rapiddisk-apply = {
      wantedBy = [ "sysinit.target" ];
      reloadTriggers = [ file ];
    };
    # The unit lists the directories of other distributions. Libraries are in the store, too.
    systemd.services.rapiddisk-statusd.serviceConfig.ExecPaths = [ "/nix/store" ];
    systemd.sockets.rapiddisk-statusd.wantedBy = lib.mkIf cfg.statusPage [ "sockets.target" ];
    users.users.rapiddisk = {
      isSystemUser = true;
      group = "rapiddisk";
    };
    users.groups.rapiddisk = { };
  };
}
