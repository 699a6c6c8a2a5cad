/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Describe the use of a block device by its mounts, holders and openers. */
#include "kind/use.h"
#include "base/str.h"

#include "sys/dm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

int kind_set_use(const struct kfs *kfs, struct users *users, const char *disk,
		 uint64_t openers, struct obj *obj)
{
	int r;

	obj->holders = openers == DM_OPENERS_UNKNOWN ? 0 : openers;
	if (openers == 0)
		return 0;
	r = kfs_missed(kfs, users_describe(users, kfs, disk, &obj->in_use));
	if (r < 0 || obj->in_use || openers == DM_OPENERS_UNKNOWN)
		return r;
	obj->passing = true;
	return str_format(&obj->in_use, "held open %" PRIu64 " time%s", openers,
			  openers == 1 ? "" : "s");
}
