/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices of mounted f2fs file systems that have more than one. A mount names the first one
 * alone, and f2fs lists all of them in a file of its own since Linux 6.10.
 */
#pragma once

struct sys;
struct topology;

/*
 * f2fs_find_use() - Find the mounted file system that has the device, its disk or a partition.
 * Return: 0 and *ret, the caller's to free, or NULL if no file system was found; -errno.
 */
int f2fs_find_use(const struct sys *sys, const struct topology *topology, char **ret);
