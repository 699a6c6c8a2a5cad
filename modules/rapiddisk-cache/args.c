// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parse and print the table line:
 *
 *   <source> <cache> [<size in sectors> [<mode> [<#args> <key> <value> ...]]]
 *
 * cache: a RAM disk of the rapiddisk module, whose memory the cache uses; or "-", memory
 * of the cache itself.
 * mode: 0 write-through, 1 write-around.
 * keys: stream_limit <sectors>: length from which on a sequential stream passes by; 0: no
 * limit.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "args.h"
#include "cache_types.h"
#include "claim.h"
#include "rapiddisk/loan.h"
#include "rapiddisk/pool.h"

/* Parse a decimal number up to @max. Return: 0 or -EINVAL. */
static int rc_parse_u64(const char *arg, u64 max, u64 *ret)
{
	u64 value;

	/* kstrtou64() accepts a sign and a newline, too. */
	if (*arg < '0' || *arg > '9' || strchr(arg, '\n') || kstrtou64(arg, 10, &value) ||
	    value > max)
		return -EINVAL;
	*ret = value;
	return 0;
}

/**
 * rc_args_parse_size() - Parse the size of a cache.
 * @cache: the cache, with its RAM disk
 * @arg: number of sectors
 * @ret_blocks: the size in blocks
 *
 * Return: 0; -EINVAL if @arg is not a number; -ERANGE.
 */
int rc_args_parse_size(const struct rc_cache *cache, const char *arg, u32 *ret_blocks)
{
	u64 max = U32_MAX - 1, sectors;

	if (cache->loan)
		max = min_t(u64, max, rapiddisk_loan_nr_pages(cache->loan));
	if (rc_parse_u64(arg, U64_MAX, &sectors))
		return -EINVAL;
	sectors /= RC_BLOCK_SECTORS;
	if (sectors < RC_MIN_BLOCKS || sectors > max)
		return -ERANGE;
	*ret_blocks = sectors;
	return 0;
}

/* Open the source and the RAM disk. Return: 0 or -errno, with ti->error set. */
static int rc_ctr_devices(struct rc_cache *cache, struct dm_arg_set *args)
{
	struct dm_target *ti = cache->ti;
	const char *source = dm_shift_arg(args), *memory = dm_shift_arg(args);
	int err;

	err = dm_get_device(ti, source, dm_table_get_mode(ti->table), &cache->source);
	if (err) {
		ti->error = "Source device cannot be opened";
		return err;
	}
	if (bdev_logical_block_size(cache->source->bdev) > RC_BLOCK_SIZE) {
		ti->error = "Source has sectors larger than a page";
		return -EINVAL;
	}
	err = rc_claim(cache);
	if (err) {
		ti->error = "Another cache has the source";
		return err;
	}
	if (!strcmp(memory, "-"))
		return 0;
	err = dm_get_device(ti, memory, dm_table_get_mode(ti->table) | BLK_OPEN_WRITE,
			    &cache->ramdisk);
	if (err) {
		ti->error = "Cache device cannot be opened";
		return err;
	}
	if (cache->ramdisk->bdev == cache->source->bdev) {
		ti->error = "Source and cache are the same device";
		return -EINVAL;
	}
	cache->loan = rapiddisk_borrow(cache->ramdisk->bdev, dm_table_get_md(ti->table));
	if (!IS_ERR(cache->loan))
		return 0;
	err = PTR_ERR(cache->loan);
	cache->loan = NULL;
	if (err == -EBUSY)
		ti->error =
			"Cache device is in use: open, or the memory of another cache";
	else if (err == -EROFS)
		ti->error = "Cache device is read-only";
	else
		ti->error =
			"Cache device is not a RAM disk of the rapiddisk module, nor -";
	return err;
}

/* Parse the optional size. Return: 0 or -errno, with ti->error set. */
static int rc_ctr_size(struct rc_cache *cache, struct dm_arg_set *args)
{
	unsigned long nr_pages;
	int err;

	if (args->argc) {
		err = rc_args_parse_size(cache, dm_shift_arg(args), &cache->limit_blocks);
		if (err == -EINVAL)
			cache->ti->error = "Cache size is not a number of sectors";
		else if (err)
			cache->ti->error =
				cache->loan
					? "Cache size is too small, or larger than the RAM disk"
					: "Cache size is too small or too large";
		return err;
	}
	if (!cache->loan) {
		cache->ti->error = "A cache without a RAM disk needs a size";
		return -EINVAL;
	}
	nr_pages = rapiddisk_loan_nr_pages(cache->loan);
	if (nr_pages < RC_MIN_BLOCKS || nr_pages >= U32_MAX) {
		cache->ti->error = "RAM disk is too small or too large";
		return -ERANGE;
	}
	cache->limit_blocks = nr_pages;
	return 0;
}

/* Parse the optional keys. Return: 0 or -errno, with ti->error set. */
static int rc_ctr_features(struct rc_cache *cache, struct dm_arg_set *args)
{
	static const struct dm_arg nr_args = { 0, 2,
					       "Number of optional arguments is wrong" };
	struct dm_target *ti = cache->ti;
	unsigned int argc;
	u64 value;
	int err;

	if (!args->argc)
		return 0;
	err = dm_read_arg_group(&nr_args, args, &argc, &ti->error);
	if (err)
		return err;
	cache->has_features = true;
	if (argc % 2) {
		ti->error = "Optional argument without a value";
		return -EINVAL;
	}
	if (argc) {
		if (strcmp(dm_shift_arg(args), "stream_limit")) {
			ti->error = "Unknown optional argument";
			return -EINVAL;
		}
		if (rc_parse_u64(dm_shift_arg(args), U32_MAX, &value)) {
			ti->error = "stream_limit is not a number of sectors";
			return -EINVAL;
		}
		cache->stream_limit = value;
		cache->has_stream_limit = true;
	}
	return 0;
}

/**
 * rc_args_parse() - Parse the table line, and open its devices.
 * @cache: the cache; ti->error is set on a failure, and rc_dtr() closes the devices
 * @args: the arguments
 *
 * Context: may sleep.
 * Return: 0 or -errno.
 */
int rc_args_parse(struct rc_cache *cache, struct dm_arg_set *args)
{
	u64 mode;
	int err;

	if (args->argc < 2) {
		cache->ti->error = "Needs a source and a cache device";
		return -EINVAL;
	}
	cache->nr_args = args->argc;
	err = rc_ctr_devices(cache, args);
	if (!err)
		err = rc_ctr_size(cache, args);
	if (err)
		return err;
	if (args->argc) {
		if (rc_parse_u64(dm_shift_arg(args), 1, &mode)) {
			cache->ti->error =
				"Mode is neither 0 (write-through) nor 1 (write-around)";
			return -EINVAL;
		}
		cache->mode = mode;
	}
	err = rc_ctr_features(cache, args);
	if (!err && args->argc) {
		cache->ti->error = "Too many arguments";
		err = -EINVAL;
	}
	return err;
}

/**
 * rc_args_emit() - Print the table line with as many arguments as it was loaded with.
 * @cache: the cache
 * @result: the text
 * @maxlen: size of @result
 *
 * Return: the length of the text.
 */
unsigned int rc_args_emit(struct rc_cache *cache, char *result, unsigned int maxlen)
{
	unsigned int sz = 0, nr_args = READ_ONCE(cache->nr_args);

	DMEMIT("%s %s", cache->source->name, cache->ramdisk ? cache->ramdisk->name : "-");
	if (nr_args > 2)
		DMEMIT(" %llu", (u64)READ_ONCE(cache->limit_blocks) * RC_BLOCK_SECTORS);
	if (nr_args > 3)
		DMEMIT(" %u", cache->mode);
	if (cache->has_stream_limit)
		DMEMIT(" 2 stream_limit %u", cache->stream_limit);
	else if (cache->has_features)
		DMEMIT(" 0");
	return sz;
}
