/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/users_entry.h"

#include "base/str.h"

int users_add(struct users *users, uint64_t number, const char *what, const char *where)
{
	struct users_entry entry = { .number = number, .order = users->entries.count };
	int r = where ? str_format(&entry.words, "%s '%s'", what, where)
		      : str_format(&entry.words, "%s", what);

	if (r == 0)
		r = vec_push(&users->entries, entry);
	if (r < 0)
		free(entry.words);
	return r;
}
