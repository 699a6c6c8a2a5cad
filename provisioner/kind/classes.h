/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The classes of all kinds. Each is defined in class.c of its kind. */
#pragma once

#include "model/object.h"

/*
 * The position of each kind in kinds[], and obj_class.rank: an object depends only on
 * objects of a lower rank.
 */
enum kind_rank {
	RANK_MODULE,
	RANK_RAMDISK,
	RANK_CACHE,
	RANK_HOST,
	RANK_PORT,
	RANK_EXPORT,
	RANK_END,
};

extern const struct obj_class module_class, ramdisk_class, cache_class, host_class,
	port_class, export_class;
