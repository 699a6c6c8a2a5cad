/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kinds that HTTP and rapiddisk-push show: class and observer, without what plans and
 * acts. The network programs link these alone, so that they contain no code that changes the
 * kernel. Hosts are not among them: nothing reads their keys.
 */
#pragma once

#include "kind/classes.h"
#include "sys/sys.h"

struct shown_kind {
	const struct obj_class *class;
	int (*observe)(struct sys *sys, struct model *observed);
};

/* By rank; the last one has no class. */
extern const struct shown_kind shown_kinds[];
/* Their classes, NULL-terminated. */
extern const struct obj_class *const shown_classes[];
