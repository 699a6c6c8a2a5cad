/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kind/on_change.h"

#include <stddef.h>

const char *const on_change_words[] = {
	[ON_CHANGE_REFUSE] = "refuse",
	[ON_CHANGE_REPLACE] = "replace",
	NULL,
};
