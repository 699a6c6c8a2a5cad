/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Claims: a file in /run/rapiddisk/owned for each owned kernel object that cannot carry a
 * mark. A claim says whose an object is, and nothing else. It is written before the object
 * is created, gets the object's inode number after that, and is dropped after the object
 * was removed. A claim without its object, or with another object of that name, is void.
 */
#pragma once

#include "sys/kfs.h"

#include <stdbool.h>
#include <stdint.h>

struct claims {
	struct kfs_names files;
};

/* claims_load() - Read the names of all claims. Return: 0 or -errno. */
int claims_load(const struct kfs *kfs, struct claims *ret);
void claims_done(struct claims *claims);

/* claims_have() - True if a claim to the object @name of @kind exists. */
bool claims_have(const struct claims *claims, const char *kind, const char *name);

/*
 * claims_inode() - Return the inode number that the claim has.
 * Return: 0 and *ret, which is 0 if the object was not created yet; -ENOENT: no claim;
 * -EBADMSG; -errno.
 */
int claims_inode(const struct kfs *kfs, const struct claims *claims, const char *kind,
		 const char *name, uint64_t *ret);

/* claims_add() - Write an empty claim, over an existing one too. Return: 0 or -errno. */
int claims_add(const struct kfs *kfs, const char *kind, const char *name);

/* claims_note_inode() - Write @inode into an existing claim. Return: 0 or -errno. */
int claims_note_inode(const struct kfs *kfs, const char *kind, const char *name,
		      uint64_t inode);

/* claims_drop() - Delete the claim if it exists. Return: 0 or -errno. */
int claims_drop(const struct kfs *kfs, const char *kind, const char *name);
