/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of the key `on_change`, which several kinds have. */
#include "kind/on_change.h"

#include <stddef.h>

const char *const on_change_words[] = {
	[ON_CHANGE_REFUSE] = "refuse",
	[ON_CHANGE_REPLACE] = "replace",
	NULL,
};
