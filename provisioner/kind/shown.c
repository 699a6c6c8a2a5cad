/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The observers and classes of the kinds that the network programs show. */
#include "kind/shown.h"

#include "kind/cache/cache.h"
#include "kind/export/export.h"
#include "kind/port/port.h"
#include "kind/ramdisk/ramdisk.h"

const struct shown_kind shown_kinds[] = {
	{ &ramdisk_class, ramdisk_observe },
	{ &cache_class, cache_observe },
	{ &port_class, port_observe },
	{ &export_class, export_observe },
	{ NULL, NULL },
};

const struct obj_class *const shown_classes[] = {
	&ramdisk_class, &cache_class, &export_class, &port_class, NULL,
};
