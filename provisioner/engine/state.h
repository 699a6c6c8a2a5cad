/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of struct kind_state, for all kinds by rank. */
#pragma once

#include "kind/kinds.h"

/*
 * state_observe() - Add the live objects of the kinds from @rank on to @observed, which has
 * those of the other kinds, and sort it. On success sys->users stays as it was read, for
 * state_resolve() to go on with; otherwise the caller frees it.
 * @ret_kind: the kind that was observed last.
 * Return: 0 or -errno.
 */
int state_observe(struct sys *sys, unsigned int rank, struct model *observed,
		  const struct kind **ret_kind);

/* state_prepare() - Return: 0, with @desired sorted; -errno and a sentence in @why. */
int state_prepare(struct sys *sys, struct model *desired, struct buf *why);

/*
 * state_resolve() - Resolve all desired objects of the stage, and free sys->users.
 * @ret_obj: the object that was resolved last.
 * Return: 0 or -errno.
 */
int state_resolve(struct sys *sys, struct boot *boot, struct model *desired,
		  const struct model *observed, enum kind_stage stage,
		  const struct obj **ret_obj);

/* state_tidy() - Return: 0; -errno and a sentence in @why. */
int state_tidy(struct sys *sys, const struct model *observed, struct buf *why);
