/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/users_entry.h"

#include "base/str.h"

#include <stdlib.h>

int users_add(struct users *users, uint64_t number, const char *what, const char *where)
{
	struct users_entry entry = { .number = number, .order = users->added };
	int r = where ? str_format(&entry.words, "%s '%s'", what, where)
		      : str_format(&entry.words, "%s", what);

	if (r == 0)
		r = vec_push(&users->entries, entry);
	if (r < 0)
		free(entry.words);
	else
		users->added++;
	return r;
}

static int compare(const void *a, const void *b)
{
	const struct users_entry *left = a, *right = b;

	if (left->number != right->number)
		return left->number < right->number ? -1 : 1;
	return left->order < right->order ? -1 : left->order > right->order;
}

static bool is_plain(const struct users_entry *entry)
{
	return !entry->export && !entry->by;
}

void users_sort(struct users *users)
{
	struct users_entry *items = users->entries.items;
	const struct users_entry *plain = NULL; /* the last one that stays */
	size_t kept = 0;

	if (users->entries.count > 0)
		qsort(items, users->entries.count, sizeof(*items), compare);
	for (size_t i = 0; i < users->entries.count; i++) {
		if (is_plain(&items[i]) && plain && plain->number == items[i].number) {
			free(items[i].words);
			continue;
		}
		items[kept] = items[i];
		if (is_plain(&items[kept]))
			plain = &items[kept];
		kept++;
	}
	users->entries.count = kept;
}
