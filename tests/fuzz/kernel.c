/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz/kernel.h"

int kernel_parse(const char *text, u64 *ret)
{
	u64 value = 0;

	text += *text == '+';
	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	for (; isdigit((unsigned char)*text); text++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, *text - '0', &value))
			return -ERANGE;
	text += *text == '\n';
	if (*text)
		return -EINVAL;
	*ret = value;
	return 0;
}

unsigned int kernel_print(char *out, size_t room, const char *fmt, ...)
{
	va_list args;
	int len;

	if (room == 0)
		return 0;
	va_start(args, fmt);
	len = vsnprintf(out, room, fmt, args);
	va_end(args);
	return (unsigned int)((size_t)len < room ? (size_t)len : room - 1);
}

ssize_t memory_read_from_buffer(void *to, size_t count, loff_t *pos, const void *from,
				size_t available)
{
	size_t at = (size_t)*pos, left = at < available ? available - at : 0;

	count = count < left ? count : left;
	memcpy(to, (const char *)from + at, count);
	*pos += (loff_t)count;
	return (ssize_t)count;
}

/* A lock that is taken twice, or given back without being held, hangs or breaks a kernel. */
void mutex_lock(struct mutex *mutex)
{
	if (mutex->is_held)
		abort();
	mutex->is_held = true;
}

void mutex_unlock(struct mutex *mutex)
{
	if (!mutex->is_held)
		abort();
	mutex->is_held = false;
}

/* --- an array of few entries --- */

void *kernel_xa_next(struct xarray *array, unsigned long *index)
{
	void *found = NULL;
	unsigned long at = 0;

	for (size_t i = 0; i < XA_ENTRIES; i++)
		if (array->slots[i].entry && array->slots[i].index >= *index &&
		    (!found || array->slots[i].index < at)) {
			found = array->slots[i].entry;
			at = array->slots[i].index;
		}
	*index = at;
	return found;
}

void *xa_load(struct xarray *array, unsigned long index)
{
	for (size_t i = 0; i < XA_ENTRIES; i++)
		if (array->slots[i].entry && array->slots[i].index == index)
			return array->slots[i].entry;
	return NULL;
}

int xa_reserve(struct xarray *array, unsigned long index, gfp_t gfp)
{
	(void)gfp;
	for (size_t i = 0; i < XA_ENTRIES; i++)
		if (!array->slots[i].entry && !array->slots[i].is_reserved) {
			array->slots[i].index = index;
			array->slots[i].is_reserved = true;
			return 0;
		}
	return -ENOMEM;
}

void xa_release(struct xarray *array, unsigned long index)
{
	for (size_t i = 0; i < XA_ENTRIES; i++)
		if (array->slots[i].is_reserved && array->slots[i].index == index)
			array->slots[i].is_reserved = false;
}

void *xa_store(struct xarray *array, unsigned long index, void *entry, gfp_t gfp)
{
	(void)gfp;
	for (size_t i = 0; i < XA_ENTRIES; i++)
		if (array->slots[i].is_reserved && array->slots[i].index == index) {
			array->slots[i].is_reserved = false;
			array->slots[i].entry = entry;
			return NULL;
		}
	abort();
}

void *xa_erase(struct xarray *array, unsigned long index)
{
	for (size_t i = 0; i < XA_ENTRIES; i++)
		if (array->slots[i].entry && array->slots[i].index == index) {
			void *entry = array->slots[i].entry;

			array->slots[i].entry = NULL;
			return entry;
		}
	return NULL;
}

/* --- device-mapper --- */

const char *dm_shift_arg(struct dm_arg_set *args)
{
	if (args->argc == 0)
		return NULL;
	args->argc--;
	return *args->argv++;
}

int dm_read_arg_group(const struct dm_arg *arg, struct dm_arg_set *args,
		      unsigned int *ret_count, char **ret_error)
{
	const char *text = dm_shift_arg(args);
	char end;

	if (!text || sscanf(text, "%u%c", ret_count, &end) != 1 ||
	    *ret_count < arg->min || *ret_count > arg->max || *ret_count > args->argc) {
		*ret_error = arg->error;
		return -EINVAL;
	}
	return 0;
}
