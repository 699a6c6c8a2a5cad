/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy of caches. */
#include "base/str.h"
#include "base/units.h"
#include "kind/cache/cache.h"

/*
 * The users of a map that shrinks lose its end, even if nobody has the map open: the file
 * system on it needs all of it. A source that lost its end may get the end back.
 */
int cache_judge(struct plan_step *step)
{
	uint64_t have = cache_of(step->have)->capacity.bytes,
		 want = cache_of(step->want)->capacity.bytes;
	char before[UNITS_SIZE_MAX], after[UNITS_SIZE_MAX];
	int r;

	if (!(step->changed & UINT64_C(1) << CACHE_CAPACITY) || want >= have)
		return 0;
	units_format_size(have, before);
	units_format_size(want, after);
	r = str_format(&step->loss, "the data beyond %s", after);
	if (r == 0)
		r = str_format(&step->blocked,
			       "source '%s' shrank from %s to %s: a smaller map would "
			       "lose the data beyond; give the source its size again, or "
			       "remove the cache and add it again",
			       cache_of(step->want)->source.text, before, after);
	return r;
}

/* A new table over the same disk serves those who have the map open. */
bool cache_in_place(const struct plan_step *step)
{
	return step->changed & UINT64_C(1) << CACHE_SOURCE &&
	       cache_of(step->want)->returned;
}

/* Return the name of the map that is the source, or NULL. */
static const char *source_map(const struct obj *obj)
{
	static const char dir[] = "/dev/mapper/";
	const char *text =
		field_is_set(obj, CACHE_SOURCE) ? cache_of(obj)->source.text : NULL;

	return text && strncmp(text, dir, strlen(dir)) == 0 ? text + strlen(dir) : NULL;
}

/* True if @other is the source, a RAM disk or a cache. */
static bool is_over(const struct obj *obj, const struct obj *other)
{
	const char *name = other->class == &ramdisk_class ? cache_source_ramdisk(obj)
			   : other->class == &cache_class ? source_map(obj)
							  : NULL;

	return name && streq(name, obj_name(other));
}

const char *cache_memory_name(const struct obj *obj)
{
	return field_is_set(obj, CACHE_RAMDISK) ? cache_of(obj)->ramdisk : NULL;
}

const char *cache_contends(const struct obj *have, const struct obj *want)
{
	const char *memory = cache_memory_name(want), *other = cache_memory_name(have);
	uint64_t source = cache_of(want)->source.number;

	if (source && cache_of(have)->source.number == source)
		return cache_of(have)->source.text;
	return memory && other && streq(memory, other) ? memory : NULL;
}

bool cache_uses(const struct obj *obj, const struct obj *other)
{
	const char *memory = cache_memory_name(obj);

	return is_over(obj, other) || (other->class == &ramdisk_class && memory &&
				       streq(memory, obj_name(other)));
}

/* The linear map that a release leaves is over the source. */
bool cache_keeps(const struct obj *obj, const struct obj *other)
{
	return is_over(obj, other);
}

/* A map gets the new size of what is below it once that has the size. */
bool cache_follows(const struct plan_step *step, const struct obj *other)
{
	return step->changed == UINT64_C(1) << CACHE_CAPACITY &&
	       is_over(step->want, other);
}

/* The memory of a RAM disk is counted with the RAM disk. */
uint64_t cache_memory(const struct obj *obj)
{
	return cache_of(obj)->size.bytes;
}
