/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kind/cache/memory.h"

#include "base/str.h"
#include "kind/cache/cache.h"
#include "kind/ramdisk/ramdisk.h"
#include "kind/say.h"

static bool is_memory_of(const struct obj *ramdisk, const struct obj *user)
{
	const char *name = user->class == &cache_class ? cache_memory_name(user) : NULL;

	return name && streq(name, obj_name(ramdisk));
}

/* True if all users of the RAM disk leave, or are owned caches that release it in this run. */
static bool is_let_go(const struct obj *ramdisk, const struct model *desired,
		      const struct model *observed)
{
	uint64_t known = ramdisk->leaving_holders;

	vec_foreach (user, &observed->objs) {
		if (!is_memory_of(ramdisk, *user) || (*user)->owner != OWNER_OURS)
			continue;
		/* An unused cache that leaves is known. One in use releases its memory. */
		if ((*user)->leaves
			    ? (*user)->in_use != NULL
			    : model_find(desired, &cache_class, obj_name(*user)) != NULL)
			known++;
	}
	return known == ramdisk->holders;
}

/* The content of a cache is a copy of its source. */
static bool has_data(const struct obj *ramdisk, const struct model *observed)
{
	vec_foreach (user, &observed->objs) {
		if (is_memory_of(ramdisk, *user))
			return false;
	}
	return ramdisk->content && !ramdisk_of(ramdisk)->unwritten;
}

int cache_check_ramdisk(struct obj *want, const struct model *desired,
			const struct model *observed)
{
	const char *name = cache_of(want)->ramdisk;
	const struct obj *ramdisk;

	if (!field_is_set(want, CACHE_RAMDISK))
		return 0;
	ramdisk = model_find(desired, &ramdisk_class, name);
	/* No later run finds another RAM disk, so whoever waits for the name gets the source. */
	if (ramdisk_of(ramdisk)->read_only) {
		want->falls_back = true;
		return kind_set_unmet(
			want,
			"ramdisk '%s' is read-only, and a cache writes to its "
			"memory; set 'read_only: false' of the ramdisk",
			name);
	}
	ramdisk = model_find(observed, &ramdisk_class, name);
	if (!ramdisk)
		return 0;
	if (!is_let_go(ramdisk, desired, observed)) {
		want->passing = ramdisk->passing;
		return kind_set_unmet(want, "ramdisk '%s' is %s", name, ramdisk->in_use);
	}
	if (!has_data(ramdisk, observed) ||
	    ramdisk_may_lose(model_find(desired, &ramdisk_class, name)))
		return 0;
	return kind_set_unmet(want,
			      "would lose %s in ramdisk '%s'; 'on_change: replace' of "
			      "the ramdisk permits the loss",
			      ramdisk->content, name);
}
