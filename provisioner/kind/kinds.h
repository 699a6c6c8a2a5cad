/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of all kinds. */
#pragma once

#include "kind/kind.h"

/* By rank, NULL-terminated. */
extern const struct kind *const kinds[];

/* The classes of the configuration, those without a kind last. NULL-terminated. */
extern const struct obj_class *const kind_classes[];

/* kind_of() - Return the kind that acts on objects of @class. */
static inline const struct kind *kind_of(const struct obj_class *class)
{
	return kinds[class->rank];
}

/*
 * The part of the configuration that a run converges. At boot the objects that local mounts
 * wait for come before the network is up, and exports after that.
 */
enum kind_stage {
	KIND_STAGE_ALL,
	KIND_STAGE_LOCAL,   /* without the kinds for the network */
	KIND_STAGE_NETWORK, /* the kinds for the network alone */
};

/* kind_is_in_stage() - True if a run of @stage converges the objects of @kind. */
static inline bool kind_is_in_stage(const struct kind *kind, enum kind_stage stage)
{
	return kind->shared || stage == KIND_STAGE_ALL ||
	       kind->network == (stage == KIND_STAGE_NETWORK);
}

/* kind_needs_module() - True if @want needs the kernel module @module. */
bool kind_needs_module(const struct obj *want, const char *module);
