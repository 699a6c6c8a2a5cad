/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Growing arrays: VEC(type) declares one, vec_push() appends, vec_done() frees the array.
 */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#define VEC(type)                   \
	struct {                    \
		type *items;        \
		size_t count, room; \
	}

/*
 * vec_make_room() - Make room for @want items.
 * Return: 0; -ENOMEM and the array is unchanged.
 */
static inline int vec_make_room(void **items, size_t *room, size_t want, size_t item_size)
{
	void *grown;

	if (want <= *room)
		return 0;
	grown = reallocarray(*items, want, item_size);
	if (!grown)
		return -ENOMEM;
	*items = grown;
	*room = want;
	return 0;
}

/*
 * vec_grow() - Make room for one more item.
 * Return: 0; -ENOMEM and the array is unchanged.
 */
static inline int vec_grow(void **items, size_t count, size_t *room, size_t item_size)
{
	return count < *room
		       ? 0
		       : vec_make_room(items, room, *room ? *room * 2 : 8, item_size);
}

/* Make room for @want items: no vec_push() fails before then. Return: 0 or -ENOMEM. */
#define vec_reserve(v, want) \
	vec_make_room((void **)&(v)->items, &(v)->room, want, sizeof(*(v)->items))

/* Append @item. Return: 0; -ENOMEM and the item still belongs to the caller. */
#define vec_push(v, item)                                                           \
	({                                                                          \
		int vec_r_ = vec_grow((void **)&(v)->items, (v)->count, &(v)->room, \
				      sizeof(*(v)->items));                         \
		if (vec_r_ == 0)                                                    \
			(v)->items[(v)->count++] = (item);                          \
		vec_r_;                                                             \
	})

/* The "+ 0" drops the const of the pointer to the items of a const vec. */
#define vec_foreach(it, v)                               \
	for (__typeof__((v)->items + 0) it = (v)->items; \
	     it && it < (v)->items + (v)->count; it++)

/* Free the array, not what its items point to. */
#define vec_done(v)                         \
	do {                                \
		free((v)->items);           \
		(v)->items = NULL;          \
		(v)->count = (v)->room = 0; \
	} while (0)
