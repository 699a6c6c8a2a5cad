/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interface of a kind. A new kind is a directory beside this file, its class in
 * classes.h and its row in kinds.c.
 */
#pragma once

#include "base/buf.h"
#include "kind/classes.h"
#include "model/plan.h"
#include "sys/boot.h"
#include "sys/sys.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The functions below return 0 or -errno unless they say otherwise. If a function has
 * @why and fails, it appends a sentence without the object's name (kind_fail()).
 */

/* The state of the kernel and of this machine. The pipeline (engine/reconcile.c) calls these. */
struct kind_state {
	/*
	 * Add the live objects to @observed, with owner, in_use and content. Change
	 * nothing.
	 */
	int (*observe)(struct sys *sys, struct model *observed);
	/*
	 * Called once, before the first observe: expand the parts of the key that depend
	 * on the machine (%H). The caller sorts the model again. May be NULL.
	 */
	int (*prepare)(struct sys *sys, struct obj *want, struct buf *why);
	/*
	 * Called before each plan: find the devices and addresses that @want names on
	 * this machine, and set obj.unmet if @want cannot be created now. Change nothing
	 * but @want and the cache in @boot. Both models are sorted. The desired objects of a lower rank, and
	 * those before @want in the file, are resolved. May be NULL.
	 */
	int (*resolve)(struct sys *sys, struct boot *boot, struct obj *want,
		       const struct model *desired, const struct model *observed);
	/*
	 * Called before a plan is executed: drop the claims to objects that no longer
	 * exist or are foreign by now. @observed is sorted, and was seen under the lock.
	 * May be NULL.
	 */
	int (*tidy)(struct sys *sys, const struct model *observed, struct buf *why);
};

/*
 * The steps of a plan. The executor (engine/exec.c) calls these. They may sleep. After a
 * failure nothing is left behind that the call created.
 */
struct kind_acts {
	int (*create)(struct sys *sys, const struct obj *want, struct buf *why);
	/* @changed: bit i: fields[i] differs. NULL: every change is a replacement. */
	int (*update)(struct sys *sys, const struct obj *have, const struct obj *want,
		      uint64_t changed, struct buf *why);
	int (*remove)(struct sys *sys, const struct obj *have, struct buf *why);
	/* Mark a live object as owned. NULL: impossible. */
	int (*adopt)(struct sys *sys, const struct obj *have, struct buf *why);
	/*
	 * Free all that an object in use holds, but keep the device for its users. NULL:
	 * impossible.
	 */
	int (*release)(struct sys *sys, const struct obj *have, struct buf *why);
	/*
	 * Called after create failed, or could not be tried for lack of memory or of a
	 * module, or if obj.falls_back is set: create a plain substitute for those who
	 * wait for the name, and describe it in @why. NULL: there is no substitute.
	 */
	int (*fall_back)(struct sys *sys, const struct obj *want, struct buf *why);
	/*
	 * Called last, for all created and updated objects of the kind one after the
	 * other: make the object visible to others. On failure undo the creation; if the
	 * object existed before (@have), leave it visible where it was. May be NULL.
	 */
	int (*open)(struct sys *sys, const struct obj *have, const struct obj *want,
		    struct buf *why);
	/*
	 * Called first, for all objects of the kind that are removed or updated: hide
	 * @have wherever @want (NULL: nowhere) is not to be visible. If it fails, remove
	 * and update fail too, and report it. May be NULL.
	 */
	void (*close)(struct sys *sys, const struct obj *have, const struct obj *want);
	/*
	 * Called after create and update of all objects of the kind and before the run
	 * ends, even if nothing was done: wait until udevd has processed the events. May
	 * be NULL.
	 */
	void (*settle)(struct sys *sys);
	/*
	 * Called from another thread while one of these functions runs: return its
	 * progress in bytes. May be NULL.
	 */
	int (*progress)(struct sys *sys, uint64_t *ret_done, uint64_t *ret_total);
};

/* The rules of the kind. The planner (engine/planner.c) calls these. All are pure. */
struct kind_policy {
	/*
	 * Judge an update before it is planned: set step->loss if it destroys content,
	 * and step->blocked if it is impossible now. Return: 0 or -ENOMEM. May be NULL.
	 */
	int (*judge)(struct plan_step *step);
	/*
	 * True if the update of an immutable field is made in place all the same. NULL:
	 * never.
	 */
	bool (*in_place)(const struct plan_step *step);
	/* True if the configuration permits the loss of content. NULL: it has none. */
	bool (*may_lose)(const struct obj *want);
	/* True if @obj (desired or observed) depends on @other. NULL: never. */
	bool (*uses)(const struct obj *obj, const struct obj *other);
	/*
	 * True if the observed @obj still uses @other after its release. NULL: never.
	 */
	bool (*keeps)(const struct obj *obj, const struct obj *other);
	/*
	 * Return the name of what both objects of the kind have and one alone can have (a
	 * cache: its source, its RAM disk). Return: NULL: nothing. NULL: always nothing.
	 */
	const char *(*contends)(const struct obj *have, const struct obj *want);
	/*
	 * True if the update only propagates a change of @other, which the object already
	 * uses. NULL: never.
	 */
	bool (*follows)(const struct plan_step *step, const struct obj *other);
	/* Count the opens of @other by an observed @obj that uses it. NULL: one. */
	uint64_t (*holds)(const struct obj *obj, const struct obj *other);
	/* Return the RAM that an object takes at most, in bytes. NULL: none. */
	uint64_t (*memory)(const struct obj *obj);
	/* True if @want needs @module of kind.modules. NULL: it needs all of them. */
	bool (*needs_module)(const struct obj *want, const char *module);
};

struct kind {
	const struct obj_class *class;
	/* The kernel modules that its objects may need, NULL-terminated. May be NULL. */
	const char *const *modules;
	bool shared; /* objects have no owner: a live one is in sync, and never removed */
	bool network; /* objects are for other machines: not in the initramfs, see kind_stage */
	/*
	 * Removing such an object destroys nothing but connections (obj.content);
	 * `on_change: replace` permits that.
	 */
	bool severs;

	struct kind_state state;
	struct kind_acts acts;
	struct kind_policy policy;
};
