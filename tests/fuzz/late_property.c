/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules for udev that name a device: each rule matches the device alone, whatever its text. */
#include "apply/late.h"

#include "base/cleanup.h"
#include "fuzz/property.h"
#include "fuzz/scratch.h"
#include "kind/cache/cache.h"
#include "sys/udev.h"

/* The keys of a rule, each with the operator behind it. */
static const char *const keys[] = {
	"KERNEL==",
	"SYMLINK==",
	"ENV{ID_FS_UUID_ENC}==",
	"ENV{ID_FS_LABEL_ENC}==",
	"ENV{ID_PART_ENTRY_UUID}==",
	"ENV{ID_PART_ENTRY_NAME}==",
	"ENV{SYSTEMD_WANTS}+=",
};

/*
 * Read a key and its value as udevd does: a quotation mark ends the value unless a backslash is
 * before it. Return: the rest behind the value; NULL: another text.
 */
static const char *read_value(const char *text, struct part *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		size_t len = strlen(keys[i]);
		const char *end;

		if (strncmp(text, keys[i], len) != 0 || text[len] != '"')
			continue;
		text += len + 1;
		for (end = text; *end && *end != '"'; end++)
			if (*end == '\\' && end[1] == '"')
				return NULL;
		*ret = (struct part){ text, (size_t)(end - text) };
		return *end ? end + 1 : NULL;
	}
	return NULL;
}

/* True if the alternatives of a pattern are the value, and its lower and upper case at most. */
static bool is_exact(struct part pattern)
{
	const char *bar = memchr(pattern.bytes, '|', pattern.len);
	size_t len = bar ? (size_t)(bar - pattern.bytes) : pattern.len;

	for (size_t i = 0; i < pattern.len; i++)
		if (strchr("*?[", pattern.bytes[i]) ||
		    (pattern.bytes[i] >= 0 && pattern.bytes[i] < ' '))
			return false;
	return len > 0 && (!bar || (pattern.len == 3 * len + 2 &&
				    strncasecmp(pattern.bytes, bar + 1, len) == 0 &&
				    strncasecmp(pattern.bytes, bar + 2 + len, len) == 0));
}

static bool is_rule(const char *line)
{
	struct part pattern, unit;
	const char *rest = read_value(line, &pattern);

	if (!rest || strncmp(rest, ", ", 2) != 0 || !is_exact(pattern))
		return false;
	rest = read_value(rest + 2, &unit);
	return rest && *rest == '\0' &&
	       strncmp(unit.bytes, "rapiddisk-late@", strlen("rapiddisk-late@")) == 0;
}

/* The lines between the fixed head and tail. */
static const char *check_rules(char *rules)
{
	char *line, *rest = strstr(rules, "IMPORT{parent}=\"DISKSEQ\"\n");
	size_t count = 0;

	if (!rest)
		return "the rules begin with their head";
	(void)strsep(&rest, "\n");
	while ((line = strsep(&rest, "\n")) && strncmp(line, "LABEL=", 6) != 0) {
		if (!is_rule(line))
			return "a rule has one exact match";
		count++;
	}
	if (!line || !rest || *rest)
		return "the rules end with their tail";
	return count >= 1 && count <= 2 ? NULL : "a device has two rules at most";
}

const char *late_property_check(const char *bytes, size_t len)
{
	_cleanup_free_ char *text = part_text((struct part){ bytes, len });
	_cleanup_(model_done) struct model desired = { 0 };
	struct sys sys = { .kfs = { .root_fd = -1 }, .udev = &udev_tree };
	struct obj *cache = obj_new(&cache_class);
	struct late late = { 0 };
	const char *broken = NULL;

	if (!cache || model_add(&desired, cache) < 0 ||
	    field_set_string(cache, CACHE_NAME, "data") < 0 ||
	    field_set_device(cache, CACHE_SOURCE, text, 0) < 0 ||
	    kfs_init(&sys.kfs, scratch_root(), NULL) < 0)
		return NULL;
	if (late_look(&sys, &desired, &late) < 0)
		broken = "each device can be looked for";
	else if (late.rules)
		broken = check_rules(late.rules);
	late_done(&late);
	kfs_done(&sys.kfs);
	return broken;
}
