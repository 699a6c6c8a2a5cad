/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RAM disks, /dev/rdN: their keys. */
#include "kind/on_change.h"
#include "kind/ramdisk/ramdisk.h"

static const struct field ramdisk_fields[] = {
	[RAMDISK_NAME] =
		FIELD(ramdisk, name, FIELD_STRING, .flags = FIELD_KEY | FIELD_REQUIRED,
		      .pattern = "^rd(0|[1-9][0-9]{0,5})$",
		      .expects = "'rd' and a number of at most six digits, as in 'rd0'",
		      .doc = "The device's name: rd0 is /dev/rd0"),
	[RAMDISK_SIZE] =
		FIELD(ramdisk, size, FIELD_SIZE, .flags = FIELD_REQUIRED, .min = 512,
		      .multiple = 512,
		      .metric = { "ramdisk_size_bytes", METRIC_GAUGE,
				  "Capacity of the RAM disk" },
		      .doc = "Capacity: bytes, KiB, MiB, GiB, TiB, a share of RAM "
			     "(25%), min() and max() of those"),
	[RAMDISK_READ_ONLY] = FIELD(ramdisk, read_only, FIELD_BOOL, .value = "false",
				    .metric = { "ramdisk_read_only", METRIC_GAUGE,
						"1 if the RAM disk refuses writes" },
				    .doc = "Refuse writes"),
	[RAMDISK_PREALLOCATE] =
		FIELD(ramdisk, preallocate, FIELD_BOOL, .value = "false",
		      .doc = "Allocate all memory at creation, instead of at the first "
			     "write"),
	[RAMDISK_NUMA_NODE] =
		FIELD(ramdisk, numa_node, FIELD_UINT, .flags = FIELD_IMMUTABLE,
		      .max = 1023, .doc = "NUMA node of the memory; any node by default"),
	[RAMDISK_ON_CHANGE] =
		FIELD(ramdisk, on_change, FIELD_ENUM, .flags = FIELD_POLICY,
		      .value = "refuse", .words = on_change_words,
		      .doc = "Refuse a change that destroys the content, or replace the "
			     "disk"),
	[RAMDISK_USED] = FIELD(ramdisk, used, FIELD_SIZE, .flags = FIELD_LIVE,
			       .metric = { "ramdisk_used_bytes", METRIC_GAUGE, NULL },
			       .doc = "Memory of the RAM disk that holds data"),
	[RAMDISK_OPENERS] = FIELD(ramdisk, openers, FIELD_UINT, .flags = FIELD_LIVE,
				  .metric = { "ramdisk_openers", METRIC_GAUGE, NULL },
				  .doc = "Number of times that the disk is open"),
};

const struct obj_class ramdisk_class = {
	.name = "ramdisk",
	.section = "ramdisks",
	.doc = "RAM disks, /dev/rdN",
	.size = sizeof(struct ramdisk),
	.rank = RANK_RAMDISK,
	.fields = ramdisk_fields,
	.field_count = ARRAY_SIZE(ramdisk_fields),
	.label = "ramdisk",
};
