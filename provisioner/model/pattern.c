/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Match POSIX expressions, and keep the compiled ones. */
#include "model/pattern.h"

#include <errno.h>
#include <pthread.h>
#include <regex.h>

/*
 * Compiled patterns. Compiling costs a hundred times as much as a match, and all objects of a
 * kind share their patterns. With more than KEPT_MAX patterns, the oldest is replaced.
 */
#define KEPT_MAX 16

static struct kept {
	const char *pattern;
	regex_t regex;
} kept[KEPT_MAX];

static size_t kept_count, kept_next;
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;

/* Context: kept_lock is held. Return: NULL without memory. */
static const regex_t *compile(const char *pattern)
{
	struct kept *entry;
	regex_t regex;

	for (size_t i = 0; i < kept_count; i++)
		if (kept[i].pattern == pattern)
			return &kept[i].regex;
	/* The caller cannot tell an invalid pattern from lack of memory; the tests of the
	 * tables find invalid patterns. */
	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return NULL;
	entry = &kept[kept_next];
	kept_next = (kept_next + 1) % KEPT_MAX;
	if (kept_count < KEPT_MAX)
		kept_count++;
	else
		regfree(&entry->regex);
	*entry = (struct kept){ pattern, regex };
	return &entry->regex;
}

static bool matches(const regex_t *regex, const char *text)
{
	return regexec(regex, text, 0, NULL, 0) == 0;
}

/* Return: the length of the longest prefix of @text that matches. */
static size_t matching_prefix(const regex_t *regex, const char *text)
{
	char prefix[257];
	size_t len = strnlen(text, sizeof(prefix) - 1);

	memcpy(prefix, text, len);
	for (; len > 0; len--) {
		prefix[len] = '\0';
		if (matches(regex, prefix))
			return len;
	}
	return 0;
}

int pattern_check(const char *pattern, const char *text, size_t *ret_offset)
{
	const regex_t *regex;
	int r = 0;

	pthread_mutex_lock(&kept_lock);
	regex = compile(pattern);
	if (!regex) {
		r = -ENOMEM;
	} else if (!matches(regex, text)) {
		if (ret_offset)
			*ret_offset = matching_prefix(regex, text);
		r = -EINVAL;
	}
	pthread_mutex_unlock(&kept_lock);
	return r;
}
