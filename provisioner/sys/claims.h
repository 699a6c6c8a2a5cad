/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /run/rapiddisk/owned: a file for each kernel object that is ours and cannot carry a mark.
 * It says whose an object is, and nothing else: it is written before the object is made,
 * gets the number of the object's inode as soon as there is one, and is dropped after the
 * object is gone. Without its object, or with another one of that name, it means nothing.
 */
#pragma once

#include "sys/kfs.h"

#include <stdbool.h>
#include <stdint.h>

struct claims {
	struct kfs_names files;
};

/* claims_load() - No folder: no claims. Return: 0 or -errno. */
int claims_load(const struct kfs *kfs, struct claims *ret);
void claims_done(struct claims *claims);

/* claims_have() - Is the object @name of @kind ours? */
bool claims_have(const struct claims *claims, const char *kind, const char *name);

/*
 * claims_inode() - What is noted of the object @name of @kind. Return: 0 and *ret, 0 where
 * it was still to be made; -ENOENT: there is no claim; -EBADMSG; -errno.
 */
int claims_inode(const struct kfs *kfs, const struct claims *claims, const char *kind,
		 const char *name, uint64_t *ret);

/* claims_add() - An empty one, also if there is one already. Return: 0 or -errno. */
int claims_add(const struct kfs *kfs, const char *kind, const char *name);

/* claims_note_inode() - In a claim that is there. Return: 0 or -errno. */
int claims_note_inode(const struct kfs *kfs, const char *kind, const char *name,
		      uint64_t inode);

/* claims_drop() - Also if there is none. Return: 0 or -errno. */
int claims_drop(const struct kfs *kfs, const char *kind, const char *name);
