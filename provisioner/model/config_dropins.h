/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The drop-ins of the configuration: which files are read, and in which order. Masks, which need
 * a look at the file, are found when the file is read.
 */
#pragma once

#include "base/vec.h"
#include "model/config.h"

struct dropins {
	/* As on an installed system: "/etc/rapiddisk.d/10-disks.yaml". */
	VEC(char *) paths;
};

/*
 * dropins_find() - Find the files *.yaml in usr/lib/rapiddisk.d, run/rapiddisk.d and
 * etc/rapiddisk.d below @root. A file whose name a later one of these directories has too is left
 * out. The order is that of the names as bytes, whatever their directories are. As for a shell, a
 * name that begins with a dot does not match.
 *
 * @trust: CONFIG_OF_OWNER refuses a directory that somebody besides root and the caller could
 * change, also one with the sticky bit: a new name in the directory may mask a file.
 *
 * Return: 0; -EINVAL after each error of a directory was added to @diag; -ENOMEM.
 */
int dropins_find(const char *root, enum config_trust trust, struct diag *diag,
		 struct dropins *ret);

void dropins_done(struct dropins *dropins);
