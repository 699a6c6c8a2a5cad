/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts of the running machine, from procfs and /etc. */
#pragma once

#include "sys/kfs.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * machine_ram_bytes() - Return MemTotal of /proc/meminfo.
 * Return: 0; -EBADMSG if the line is missing; -errno.
 */
int machine_ram_bytes(const struct kfs *kfs, uint64_t *ret);

/* machine_boot_id() - Return: 0 and *ret, the caller's to free; -errno. */
int machine_boot_id(const struct kfs *kfs, char **ret);

/* machine_cmdline_has() - True if @word is a word of the kernel command line. */
bool machine_cmdline_has(const struct kfs *kfs, const char *word);

/*
 * machine_cmdline_value() - Return the value of the last `key=value` on the kernel command
 * line, without quotes.
 * Return: 0 and *ret, the caller's to free; -ENOENT; -errno.
 */
int machine_cmdline_value(const struct kfs *kfs, const char *key, char **ret);

/*
 * machine_root_mount() - Return the device of the mount of /, "8:1", and its source.
 * Return: 0, and both are the caller's to free; -ENOENT; -errno.
 */
int machine_root_mount(const struct kfs *kfs, char **ret_number, char **ret_source);

/*
 * machine_release() - Return the release of the running kernel: "6.12.107+deb13-amd64".
 * Return: 0 and *ret, the caller's to free; -errno.
 */
int machine_release(const struct kfs *kfs, char **ret);

/* machine_hostname() - Return: 0 and *ret, the caller's to free; -errno. */
int machine_hostname(const struct kfs *kfs, char **ret);

/* machine_id() - Read /etc/machine-id. Return: 0 and *ret, the caller's to free; -errno. */
int machine_id(const struct kfs *kfs, char **ret);
