/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read facts of the machine: RAM, boot id, command line, root mount and names. */
#include "sys/machine.h"

#include "base/cleanup.h"

#include <inttypes.h>

int machine_ram_bytes(const struct kfs *kfs, uint64_t *ret)
{
	_cleanup_free_ char *text = NULL;
	const char *line;
	uint64_t kib;
	int r;

	r = kfs_read(kfs, &text, "proc/meminfo");
	if (r < 0)
		return r;
	line = strstr(text, "MemTotal:");
	if (!line || sscanf(line, "MemTotal: %" SCNu64 " kB", &kib) != 1)
		return -EBADMSG;
	*ret = kib * 1024;
	return 0;
}

int machine_boot_id(const struct kfs *kfs, char **ret)
{
	return kfs_read(kfs, ret, "proc/sys/kernel/random/boot_id");
}

/*
 * Return the next word of the command line, or NULL, as next_arg() of the kernel does:
 * blanks between quotes belong to the word, and the quotes are removed, in place.
 */
static char *next_word(char **rest)
{
	char *in = *rest + strspn(*rest, " \t\n"), *word = in, *out = in;
	bool is_quoted = false;

	if (!*in)
		return NULL;
	for (; *in && (is_quoted || !strchr(" \t\n", *in)); in++) {
		if (*in == '"')
			is_quoted = !is_quoted;
		else
			*out++ = *in;
	}
	*rest = *in ? in + 1 : in;
	*out = '\0';
	return word;
}

bool machine_cmdline_has(const struct kfs *kfs, const char *word)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *token;

	if (kfs_read(kfs, &text, "proc/cmdline") < 0)
		return false;
	rest = text;
	while ((token = next_word(&rest)))
		if (streq(token, word))
			return true;
	return false;
}

int machine_cmdline_value(const struct kfs *kfs, const char *key, char **ret)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *token, *value = NULL;
	size_t len = strlen(key);
	int r = kfs_read(kfs, &text, "proc/cmdline");

	if (r < 0)
		return r;
	rest = text;
	while ((token = next_word(&rest)))
		if (strncmp(token, key, len) == 0 && token[len] == '=')
			value = token + len + 1;
	if (!value)
		return -ENOENT;
	*ret = strdup(value);
	return *ret ? 0 : -ENOMEM;
}

/* A line: ID PARENT MAJOR:MINOR ROOT MOUNT-POINT OPTIONS [TAGS...] - TYPE SOURCE SUPER */
static bool parse_root_mount(char *line, char **ret_number, char **ret_source)
{
	char *fields[5], *rest = line;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		fields[i] = strsep(&rest, " ");
		if (!fields[i])
			return false;
	}
	rest = rest && streq(fields[4], "/") ? strstr(rest, " - ") : NULL;
	if (!rest)
		return false;
	rest += strlen(" - ");
	strsep(&rest, " ");
	*ret_number = fields[2];
	*ret_source = strsep(&rest, " ");
	return *ret_source != NULL;
}

int machine_root_mount(const struct kfs *kfs, char **ret_number, char **ret_source)
{
	_cleanup_free_ char *text = NULL, *number = NULL, *source = NULL;
	char *rest, *line, *found_number = NULL, *found_source = NULL;
	bool is_cut; /* the root is among the first mounts */
	int r = kfs_read_start(kfs, KFS_READ_MAX, &text, &is_cut, "proc/self/mountinfo");

	if (r < 0)
		return r;
	rest = text;
	/* The last mount covers earlier ones, such as the initramfs. */
	while ((line = strsep(&rest, "\n")))
		(void)parse_root_mount(line, &found_number, &found_source);
	if (!found_number)
		return -ENOENT;
	number = strdup(found_number);
	source = strdup(found_source);
	if (!number || !source)
		return -ENOMEM;
	*ret_number = TAKE_PTR(number);
	*ret_source = TAKE_PTR(source);
	return 0;
}

int machine_release(const struct kfs *kfs, char **ret)
{
	return kfs_read(kfs, ret, "proc/sys/kernel/osrelease");
}

int machine_hostname(const struct kfs *kfs, char **ret)
{
	return kfs_read(kfs, ret, "proc/sys/kernel/hostname");
}

int machine_id(const struct kfs *kfs, char **ret)
{
	return kfs_read(kfs, ret, "etc/machine-id");
}
