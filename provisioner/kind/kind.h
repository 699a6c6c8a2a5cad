/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What acts on a kind of object. A new kind is one file and one row in kinds.c. */
#pragma once

#include "base/buf.h"
#include "kind/classes.h"
#include "model/plan.h"
#include "sys/sys.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The functions that act return 0 or -errno, and on failure put a sentence without the
 * object's name into @why, by kind_fail(). They may sleep. After a failure nothing that
 * the call made is left behind.
 */
struct kind {
	const struct obj_class *class;
	/* The kernel modules that its objects may need, NULL-terminated; NULL: none. */
	const char *const *modules;
	bool shared;  /* nobody's: what is there is as wanted, and never removed */
	bool network; /* for other machines to see: not in the initramfs, see kind_stage */
	/*
	 * What goes with an object of it is connections, none but those of obj.content:
	 * where the file allows it, they are no reason to leave it as it is.
	 */
	bool severs;

	/*
	 * Add what is live to @observed; owner, in_use and content too. Changes nothing.
	 */
	int (*observe)(struct sys *sys, struct model *observed);
	/*
	 * Once, before all else: what only this machine can put into the object's key.
	 * The model is sorted again afterwards. 0 or -errno. May be NULL.
	 */
	int (*prepare)(struct sys *sys, struct obj *want);
	/*
	 * Before each plan: what @want comes to on this machine now (a name becomes a
	 * device), and obj.unmet where it comes to nothing. Both models are sorted;
	 * those of @desired that have a lower rank, or stand before @want in the file,
	 * are resolved. Changes nothing but @want. 0 or -errno. May be NULL.
	 */
	int (*resolve)(struct sys *sys, struct obj *want, const struct model *desired,
		       const struct model *observed);

	int (*create)(struct sys *sys, const struct obj *want, struct buf *why);
	/* @changed: bit i: fields[i] differs. NULL: every change is a replacement. */
	int (*update)(struct sys *sys, const struct obj *have, const struct obj *want,
		      uint64_t changed, struct buf *why);
	int (*remove)(struct sys *sys, const struct obj *have, struct buf *why);
	/*
	 * The last part of create, of update and of both together, for all objects of
	 * the kind one after the other: let others see it. Where it fails it undoes the
	 * whole creation; but what was there before (@have, NULL: nothing) is seen where
	 * it was. May be NULL.
	 */
	int (*open)(struct sys *sys, const struct obj *have, const struct obj *want,
		    struct buf *why);
	/*
	 * The first part of remove and update, for all that go or change, before the
	 * first of them does: @have is no longer seen where @want (NULL: nothing) shall
	 * not be. Where it fails, remove and update do so too, and say it. May be NULL.
	 */
	void (*close)(struct sys *sys, const struct obj *have, const struct obj *want);
	/*
	 * Of an object that should go and is in use: give back all that it holds, and
	 * let its users go on with what is left. NULL: there is no such thing.
	 */
	int (*release)(struct sys *sys, const struct obj *have, struct buf *why);
	/*
	 * After create failed, or could not be tried for want of memory or a module:
	 * make the least that those who wait for the name can go on with. NULL: nothing.
	 */
	int (*fall_back)(struct sys *sys, const struct obj *want, struct buf *why);
	/*
	 * After create and update of all objects of the kind, before other kinds stand on
	 * them, and before the run ends: wait for what is still done about them elsewhere.
	 * Called also where nothing was done. NULL: nothing is.
	 */
	void (*settle)(struct sys *sys);
	/* Mark a live object as ours. NULL: cannot be. */
	int (*adopt)(struct sys *sys, const struct obj *have, struct buf *why);

	/*
	 * Before an update is planned: set step->loss where it destroys content, and
	 * step->blocked where it cannot be done now. Pure. 0 or -ENOMEM. May be NULL.
	 */
	int (*judge)(struct plan_step *step);
	/* Of .modules, does @want need this one? Pure. NULL: each needs all of them. */
	bool (*needs_module)(const struct obj *want, const char *module);
	/* Does @obj (wanted or live) stand on @other? Pure. NULL: on nothing. */
	bool (*uses)(const struct obj *obj, const struct obj *other);
	/*
	 * Is the update nothing but what comes of a change of @other, on which its object
	 * stands already? Pure. NULL: never.
	 */
	bool (*follows)(const struct plan_step *step, const struct obj *other);
	/* How often does a live @obj hold @other, which it uses? Pure. NULL: once. */
	uint64_t (*holds)(const struct obj *obj, const struct obj *other);
	/* Does the file allow that its content goes? NULL: there is none to lose. */
	bool (*may_lose)(const struct obj *want);
	/*
	 * How far the call that acts now is, in bytes; for another thread. 0, or -errno
	 * if the kernel does not say. May be NULL.
	 */
	int (*progress)(struct sys *sys, uint64_t *ret_done, uint64_t *ret_total);
	/* RAM that it holds at most, in bytes. NULL: none worth counting. */
	uint64_t (*memory)(const struct obj *obj);
};

/* By rank, NULL-terminated. */
extern const struct kind *const kinds[];
/* Their classes, and those that have none and never come into a plan. NULL-terminated. */
extern const struct obj_class *const kind_classes[];

/* kind_of() - The kind that acts on objects of @class. */
static inline const struct kind *kind_of(const struct obj_class *class)
{
	return kinds[class->rank];
}

/*
 * What a run is about: at boot all that local mounts may wait for comes before the network
 * is up, and exports after that.
 */
enum kind_stage {
	KIND_STAGE_ALL,
	KIND_STAGE_LOCAL,   /* no kind that is for the network */
	KIND_STAGE_NETWORK, /* only those */
};

/* kind_is_in_stage() - Does a run of @stage make, change and remove such objects? */
static inline bool kind_is_in_stage(const struct kind *kind, enum kind_stage stage)
{
	return kind->shared || stage == KIND_STAGE_ALL ||
	       kind->network == (stage == KIND_STAGE_NETWORK);
}

/* kind_needs_module() - Does @want need the kernel module @module? */
bool kind_needs_module(const struct obj *want, const char *module);

extern const struct kind kind_module, kind_ramdisk, kind_cache, kind_host, kind_port,
	kind_export;
