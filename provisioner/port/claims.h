/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /run/rapiddisk/owned: an empty file for each kernel object that is ours and cannot carry
 * a mark. It says whose an object is, and nothing else: one without its object means
 * nothing, and is written before the object is made and dropped after it is gone.
 */
#pragma once

#include "port/kfs.h"

#include <stdbool.h>

struct claims {
	struct kfs_names files;
};

/* claims_load() - No folder: no claims. Return: 0 or -errno. */
int claims_load(const struct kfs *kfs, struct claims *ret);
void claims_done(struct claims *claims);

/* claims_have() - Is the object @name of @kind ours? */
bool claims_have(const struct claims *claims, const char *kind, const char *name);

/* claims_add() - Also if it is there already. Return: 0 or -errno. */
int claims_add(const struct kfs *kfs, const char *kind, const char *name);

/* claims_drop() - Also if there is none. Return: 0 or -errno. */
int claims_drop(const struct kfs *kfs, const char *kind, const char *name);
