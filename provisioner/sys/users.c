/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Name the users of a block device: mounts, swap, exports and stacked devices. */
#include "sys/users.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "sys/devices_sysfs.h"
#include "sys/topology.h"
#include "sys/users_load.h"

#include <stdio.h>

/* Deepest stack of devices that is described. */
#define STACK_MAX 8

/* One question: the arguments of users_find_conflict(). */
struct search {
	struct users *users;
	const struct kfs *kfs;
	const struct topology *topology;
	const struct users_query *query; /* NULL: no exception */
};

static int compare_number(const void *key, const void *entry)
{
	uint64_t number = *(const uint64_t *)key,
		 other = ((const struct users_entry *)entry)->number;

	return number < other ? -1 : number > other;
}

enum wanted { ANY_USE, CLAIMS_ALONE, EXPORTS_ALONE };

static bool is_wanted(const struct search *search, const struct users_entry *entry,
		      enum wanted wanted)
{
	const struct users_query *query = search->query;

	/* The device in question is no conflict with itself. */
	if (entry->by && topology_find(search->topology, entry->by))
		return false;
	if (entry->export && query && query->ignores_export &&
	    query->ignores_export(query->data, entry->export))
		return false;
	return wanted == ANY_USE || (entry->export != NULL) == (wanted == EXPORTS_ALONE);
}

static const char *find(const struct search *search, uint64_t number, enum wanted wanted)
{
	const struct users *users = search->users;
	const struct users_entry *first = NULL, *end = NULL;

	if (users->entries.count > 0) {
		first = bsearch(&number, users->entries.items, users->entries.count,
				sizeof(*first), compare_number);
		end = users->entries.items + users->entries.count;
	}
	if (!first)
		return NULL;
	while (first > users->entries.items && first[-1].number == number)
		first--;
	for (; first < end && first->number == number; first++)
		if (is_wanted(search, first, wanted))
			return first->words;
	return NULL;
}

/* A map has a name of its own. */
static int map_name(const struct kfs *kfs, const char *disk, char **ret)
{
	int r = kfs_read(kfs, ret, "sys/class/block/%s/dm/name", disk);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		*ret = strdup(disk);
	return *ret ? 0 : -ENOMEM;
}

static bool is_ignored(const struct search *search, const char *map, const char **ret_use)
{
	const struct users_query *query = search->query;

	*ret_use = NULL;
	return query && query->ignores && query->ignores(query->data, map, ret_use);
}

/*
 * Describe a use of the device @name that a holder makes: the first map with a known use, or
 * else the first map.
 */
static int describe_holders(const struct search *search, const char *name,
			    unsigned int depth, char **ret);

/* Describe the uses of a map: "mapped by 'vg-data', which is mounted on '/data'". */
static int describe_map(const struct search *search, const char *disk, unsigned int depth,
			bool *ret_used, bool *ret_ignored, char **ret)
{
	_cleanup_free_ char *map = NULL, *above = NULL;
	const char *use;
	uint64_t number;
	int r = map_name(search->kfs, disk, &map);

	*ret_used = *ret_ignored = false;
	if (r < 0)
		return r;
	if (is_ignored(search, map, &use)) {
		*ret_ignored = true;
		return 0;
	}
	if (!use && devices_number(search->kfs, disk, &number) == 0)
		use = find(search, number, ANY_USE);
	if (!use) {
		r = describe_holders(search, disk, depth + 1, &above);
		use = above;
	}
	if (r < 0)
		return r;
	*ret_used = use;
	return str_format(ret, "mapped by '%s'%s%s", map, use ? ", which is " : "",
			  use ? use : "");
}

static int describe_holders(const struct search *search, const char *name,
			    unsigned int depth, char **ret)
{
	_cleanup_(kfs_names_done) struct kfs_names holders = { 0 };
	_cleanup_free_ char *first = NULL;
	int r = depth < STACK_MAX ? kfs_list_sorted(search->kfs, &holders,
						    "sys/class/block/%s/holders", name)
				  : 0;

	vec_foreach (holder, &holders.names) {
		_cleanup_free_ char *words = NULL;
		bool is_used = false, is_gone = false;

		if (topology_has(search->topology, *holder))
			continue;
		if (r == 0)
			r = describe_map(search, *holder, depth, &is_used, &is_gone,
					 &words);
		if (r < 0)
			return r;
		if (is_gone)
			continue;
		if (is_used || !first) {
			free(first);
			first = TAKE_PTR(words);
		}
		if (is_used)
			break;
	}
	*ret = TAKE_PTR(first);
	return r;
}

/*
 * The device itself, its kin, or the device of a loop device and its kin: any user is a
 * conflict.
 */
static int describe_direct(const struct search *search, const struct relative *relative,
			   char **ret)
{
	bool may_be_exported = search->query && search->query->may_be_exported &&
			       relative->relation == RELATION_SELF;
	const char *found =
		find(search, relative->number, may_be_exported ? CLAIMS_ALONE : ANY_USE);

	if (!found)
		return describe_holders(search, relative->name, 0, ret);
	*ret = strdup(found);
	return *ret ? 0 : -ENOMEM;
}

static bool is_cache(const struct kfs *kfs, const char *disk, const char *map)
{
	_cleanup_free_ char *uuid = NULL;

	return (kfs_read(kfs, &uuid, "sys/class/block/%s/dm/uuid", disk) == 0 &&
		strncmp(uuid, DEVICES_OUR_PREFIX, strlen(DEVICES_OUR_PREFIX)) == 0) ||
	       kfs_exists(kfs, "sys/kernel/rapiddisk_cache/%s", map);
}

/* Describe a cache over a device below, if the way from the device does not lead through it. */
static int describe_cache_beside(const struct search *search, const char *name,
				 char **ret)
{
	_cleanup_(kfs_names_done) struct kfs_names holders = { 0 };
	int r = kfs_list_sorted(search->kfs, &holders, "sys/class/block/%s/holders",
				name);

	vec_foreach (holder, &holders.names) {
		_cleanup_free_ char *map = NULL;
		const char *use;

		if (r == 0)
			r = map_name(search->kfs, *holder, &map);
		if (r < 0)
			return r;
		if (!topology_has(search->topology, *holder) &&
		    !is_ignored(search, map, &use) && is_cache(search->kfs, *holder, map))
			return str_format(ret, "the source of cache '%s'", map);
	}
	return r;
}

static int describe_below(const struct search *search, const struct relative *relative,
			  char **ret)
{
	const char *found = find(search, relative->number, EXPORTS_ALONE);

	if (!found)
		return describe_cache_beside(search, relative->name, ret);
	*ret = strdup(found);
	return *ret ? 0 : -ENOMEM;
}

/* The device above has a claim, which excludes all claims of other programs. */
static bool is_claimed_above(const struct relative *relative)
{
	return !relative->unclaimed && (relative->relation == RELATION_BELOW ||
					relative->relation == RELATION_BESIDE);
}

static int search_all(const struct search *search, char **ret)
{
	*ret = NULL;
	vec_foreach (relative, &search->topology->list) {
		_cleanup_free_ char *use = NULL;
		int r = is_claimed_above(relative)
				? describe_below(search, relative, &use)
				: describe_direct(search, relative, &use);

		if (r == 0 && use)
			return topology_say(relative, use, ret);
		if (r < 0)
			return r;
	}
	if (!search->users->unread)
		return 0;
	*ret = strdup(search->users->unread);
	return *ret ? 0 : -ENOMEM;
}

int users_find_conflict(struct users *users, const struct kfs *kfs,
			const struct topology *topology, const struct users_query *query,
			char **ret)
{
	const struct search search = { users, kfs, topology, query };
	int r = users_load(users, kfs);

	return r < 0 ? r : search_all(&search, ret);
}

int users_describe(struct users *users, const struct kfs *kfs, const char *name,
		   char **ret)
{
	_cleanup_(topology_done) struct topology topology = { 0 };
	const struct search search = { users, kfs, &topology, NULL };
	int r = users_load(users, kfs);

	if (r == 0)
		r = topology_walk_up(kfs, name, &topology);
	/* A device without a number has no users. */
	if (r == -ENOENT) {
		*ret = NULL;
		return 0;
	}
	return r < 0 ? r : search_all(&search, ret);
}

int users_list_holders(const struct kfs *kfs, const char *name, struct kfs_names *ret)
{
	int r = kfs_list_sorted(kfs, ret, "sys/class/block/%s/holders", name);

	vec_foreach (holder, &ret->names) {
		char *map = NULL;

		if (r == 0)
			r = map_name(kfs, *holder, &map);
		if (r < 0)
			break;
		free(*holder);
		*holder = map;
	}
	return r;
}
