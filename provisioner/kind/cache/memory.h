/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The RAM disk that is the memory of a desired cache. */
#pragma once

#include "model/model.h"

/*
 * cache_check_ramdisk() - Set obj.unmet if the cache @want cannot take the memory of its RAM disk,
 * which destroys the content. Return: 0; -ENOMEM.
 */
int cache_check_ramdisk(struct obj *want, const struct model *desired,
			const struct model *observed);
