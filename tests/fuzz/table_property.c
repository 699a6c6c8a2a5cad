/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table line of a cache, whose devices are fakes. */
#include "fuzz/kernel.h"
#include "fuzz/property.h"
#include "rapiddisk-cache/args.h"
#include "rapiddisk-cache/cache_types.h"
#include "rapiddisk-cache/claim.h"
#include "rapiddisk/loan.h"
#include "rapiddisk/pool.h"

#define WORDS_MAX  12
#define TEXT_MAX   128
#define LOAN_PAGES 2048

static struct block_device source = { 512 }, disk = { 512 }, large = { 65536 };
static struct dm_dev devices[] = {
	{ &source, "254:0" },
	{ &disk, "259:0" },
	{ &large, "254:16" },
};

int dm_get_device(struct dm_target *ti, const char *path, blk_mode_t mode,
		  struct dm_dev **ret)
{
	(void)ti;
	(void)mode;
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		if (strcmp(path, devices[i].name) == 0) {
			*ret = &devices[i];
			return 0;
		}
	return -ENODEV;
}

int rc_claim(struct rc_cache *cache)
{
	return cache->source ? 0 : -EBUSY;
}

struct rapiddisk_loan *rapiddisk_borrow(struct block_device *bdev, const void *borrower)
{
	static char loan;

	(void)borrower;
	return bdev == &disk ? (struct rapiddisk_loan *)&loan
			     : (struct rapiddisk_loan *)(intptr_t)-ENOTBLK;
}

unsigned long rapiddisk_loan_nr_pages(const struct rapiddisk_loan *loan)
{
	(void)loan;
	return LOAN_PAGES;
}

/* Cut the text into words, as dm_split_args() without its escapes. Return: 0 or -errno. */
static int parse(char *text, struct rc_cache *cache, struct dm_target *ti)
{
	char *words[WORDS_MAX], *word;
	struct dm_arg_set args = { 0, words };

	while (args.argc < WORDS_MAX && (word = strsep(&text, " ")))
		if (*word)
			words[args.argc++] = word;
	*ti = (struct dm_target){ 0 };
	*cache = (struct rc_cache){ .ti = ti };
	return rc_args_parse(cache, &args);
}

static const char *check_values(const struct rc_cache *cache)
{
	if (!cache->source || cache->source->bdev == &large)
		return "the source is a device with sectors that fit";
	if (!cache->loan != !cache->ramdisk ||
	    (cache->ramdisk && cache->ramdisk->bdev == cache->source->bdev))
		return "the memory is a RAM disk, or of the cache";
	if (cache->limit_blocks < RC_MIN_BLOCKS || cache->limit_blocks == U32_MAX ||
	    (cache->loan && cache->limit_blocks > LOAN_PAGES))
		return "a size is within the limits";
	return cache->mode == RC_WRITE_THROUGH || cache->mode == RC_WRITE_AROUND
		       ? NULL
		       : "a mode is one of two";
}

static const char *check_again(struct rc_cache *cache)
{
	char text[TEXT_MAX], copy[TEXT_MAX], second[TEXT_MAX];
	unsigned int len = rc_args_emit(cache, text, sizeof(text));
	struct dm_target ti;
	struct rc_cache again;

	if (len >= sizeof(text) - 1)
		return "a table line is short";
	memcpy(copy, text, sizeof(copy));
	if (parse(copy, &again, &ti) != 0)
		return "a table line that was printed is one";
	rc_args_emit(&again, second, sizeof(second));
	if (strcmp(text, second) != 0 || again.limit_blocks != cache->limit_blocks ||
	    again.mode != cache->mode || again.stream_limit != cache->stream_limit)
		return "a table line is read as it was printed";
	for (unsigned int room = 1; room < len; room++)
		if (rc_args_emit(cache, second, room) >= room)
			return "a table line is cut to its room";
	return NULL;
}

/* The argument of the message "resize". */
static const char *check_size(const struct rc_cache *cache, const char *text)
{
	u32 blocks = 7;
	int r = rc_args_parse_size(cache, text, &blocks);

	if (r < 0)
		return blocks == 7 ? NULL : "a size that is refused is none";
	return blocks >= RC_MIN_BLOCKS && blocks < U32_MAX
		       ? NULL
		       : "a size is within the limits";
}

const char *table_property_check(const char *bytes, size_t len)
{
	char *text = strndup(bytes, len), *copy = strdup(text);
	struct rc_cache cache;
	struct dm_target ti;
	const char *broken;
	int r = parse(copy, &cache, &ti);

	if (r < 0)
		broken = ti.error ? NULL : "a table line that is refused has a reason";
	else if (ti.error)
		broken = "a table line that is accepted has no error";
	else
		broken = check_values(&cache);
	if (!broken && r == 0)
		broken = check_again(&cache);
	if (!broken)
		broken = check_size(&cache, text);
	free(copy);
	free(text);
	return broken;
}
