/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ownership of nvmet objects by claims (sys/claims.h). */
#pragma once

#include "base/buf.h"
#include "model/object.h"
#include "model/plan.h"
#include "sys/claims.h"
#include "sys/sys.h"

#include <stdbool.h>

/*
 * nvmet_set_owner() - By the claims.
 * @half_made: the object is as the kernel makes it, so that a run may have been killed
 * before it noted the inode. Return: 0 or -errno.
 */
int nvmet_set_owner(const struct kfs *kfs, const struct claims *claims, struct obj *obj,
		    bool half_made);

/*
 * nvmet_find_foreign() - Return the name of a foreign live export that uses the port or
 * host @have, or NULL. @observed owns the name.
 */
const char *nvmet_find_foreign(const struct obj *have, const struct model *observed);

/*
 * nvmet_block_foreign() - Block what would take the export @name of others off the object
 * for a moment: it might not come back. Return: 0 or -ENOMEM.
 */
int nvmet_block_foreign(struct plan_step *step, const char *name);

/*
 * nvmet_expect_size() - Claim, before the device at the path ("/dev/%s") gets another
 * size, that initiators of owned exports must be told. The claim survives a killed run.
 * Return: 0 or -errno.
 */
int nvmet_expect_size(struct sys *sys, const char *fmt, ...) _printf_(2, 3);

/* The kind of size claims, which nvmet_size_claim() names. */
#define NVMET_SIZE_CLAIM "size"

/* The kind of the claim that keeps the name of this machine, for which %H stands. */
#define NVMET_HOSTNAME_CLAIM "hostname"

/* nvmet_size_claim() - Return: the caller's to free; NULL: no memory. */
char *nvmet_size_claim(const char *subsystem, const char *id);

/*
 * nvmet_begin() - Claim @want and make its @dir. Return: 0; -errno, with nothing left
 * behind and the sentence in @why.
 */
int nvmet_begin(struct sys *sys, const struct obj *want, const char *dir,
		struct buf *why);

/* nvmet_end() - Remove the empty @dir of @obj, and the claim to it. */
int nvmet_end(struct sys *sys, const struct obj *obj, const char *dir, struct buf *why);

/* nvmet_adopt() - Claim a live object. */
int nvmet_adopt(struct sys *sys, const struct obj *have, struct buf *why);

/*
 * nvmet_tidy_claims() - kind_state.tidy for hosts, ports and exports at once: one directory
 * holds the claims of all three.
 */
int nvmet_tidy_claims(struct sys *sys, const struct model *observed, struct buf *why);
