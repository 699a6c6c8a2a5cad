/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy of RAM disks. */
#include "base/str.h"
#include "base/units.h"
#include "kind/on_change.h"
#include "kind/ramdisk/ramdisk.h"

#include <errno.h>
#include <stdio.h>

static int block(struct plan_step *step, const char *condition)
{
	return str_format(&step->blocked, "%s; %s", step->have->in_use, condition);
}

int ramdisk_judge(struct plan_step *step)
{
	const struct ramdisk *have = ramdisk_of(step->have),
			     *want = ramdisk_of(step->want);
	char size[UNITS_SIZE_MAX];

	if (want->size.bytes < have->size.bytes) {
		if (str_format(&step->loss, "the data beyond %s",
			       units_format_size(want->size.bytes, size)) < 0)
			return -ENOMEM;
		if (step->have->in_use)
			return block(step, "a RAM disk can shrink only while closed");
		/* rd_disk_shrink() refuses a read-only disk. */
		if (want->read_only && have->read_only)
			return str_format(&step->blocked,
					  "a read-only RAM disk cannot shrink; set "
					  "'read_only: false' first");
	}
	/* A read-only disk refuses dirty pages of a file system, which would be lost. */
	if (want->read_only && !have->read_only && step->have->in_use)
		return block(step, "a RAM disk can become read-only only while closed");
	return 0;
}

bool ramdisk_may_lose(const struct obj *want)
{
	return ramdisk_of(want)->on_change == ON_CHANGE_REPLACE;
}

uint64_t ramdisk_memory(const struct obj *obj)
{
	return ramdisk_of(obj)->size.bytes;
}
