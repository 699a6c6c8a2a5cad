/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mask the secrets of a recorded tree, and cut its files to the parts that a plan reads. */
#include "apply/redact.h"

#include "base/cleanup.h"
#include "base/mask.h"
#include "base/str.h"

#include <ctype.h>
#include <fnmatch.h>

#define KEY_START "DHHC-1:00:"

struct redaction {
	VEC(char *) secrets; /* the placeholder of each has its number */
};

static void redaction_done(struct redaction *redaction)
{
	vec_foreach (secret, &redaction->secrets) {
		explicit_bzero(*secret, strlen(*secret));
		free(*secret);
	}
	vec_done(&redaction->secrets);
}

/* Takes @text over. */
static void replace(struct tree_entry *entry, char *text)
{
	explicit_bzero(entry->data, entry->len);
	free(entry->data);
	entry->data = text;
	entry->len = strlen(text);
}

/* --- keys --- */

/* The file of a key and the attribute of the kernel differ in the blanks around it. */
static char *trimmed(const char *text)
{
	text += strspn(text, " \t\r\n");
	return strndup(text, strcspn(text, " \t\r\n"));
}

/* Return: the number of the secret, from 1; 0: no memory. */
static size_t number_of(struct redaction *redaction, char *secret)
{
	for (size_t i = 0; i < redaction->secrets.count; i++)
		if (streq(redaction->secrets.items[i], secret))
			return i + 1;
	secret = strdup(secret);
	if (!secret || vec_push(&redaction->secrets, secret) < 0) {
		free(secret);
		return 0;
	}
	return redaction->secrets.count;
}

/* The form of a key stays: host_read_keys() looks at it. */
static int mask_key(struct redaction *redaction, struct tree_entry *entry)
{
	_cleanup_free_ char *secret = trimmed(entry->data);
	bool is_key = secret && strncmp(secret, KEY_START, 8) == 0;
	char *text = NULL;
	size_t number;
	int r = -ENOMEM;

	if (secret && !*secret)
		return 0;
	number = secret ? number_of(redaction, secret) : 0;
	if (number > 0)
		r = str_format(&text,
			       is_key ? KEY_START "captured%zu:\n" : "captured%zu\n",
			       number);
	if (r == 0)
		replace(entry, text);
	if (secret)
		explicit_bzero(secret, strlen(secret));
	return r;
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A key, or a file of the administrator's that holds nobody knows what. */
static bool is_secret(const char *path)
{
	static const char *const known[] = { "sys",	   "proc", "run",
					     "dev",	   "usr",  "var/lib/rapiddisk",
					     "lib/modules" };

	if (tree_is_below(path, "sys/kernel/config"))
		return mask_is_secret_name(name_of(path));
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (tree_is_below(path, known[i]))
			return false;
	return !streq(path, "etc/machine-id");
}

/* --- files of procfs --- */

static const char *skip_word(const char *text)
{
	bool is_quoted = false;

	for (; *text && (is_quoted || !isspace((unsigned char)*text)); text++)
		if (*text == '"')
			is_quoted = !is_quoted;
	return text;
}

static void reduce_cmdline(const char *text, struct buf *out)
{
	static const char *const known[] = { "root=", "\"root=", "rapiddisk=",
					     "rd.rapiddisk=" };

	while (*text) {
		const char *end = skip_word(text);

		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			if (strncmp(text, known[i], strlen(known[i])) == 0) {
				buf_add(out, out->len ? " " : "");
				buf_add_bytes(out, text, (size_t)(end - text));
			}
		text = *end ? end + 1 : end;
	}
	buf_add(out, "\n");
}

static void reduce_meminfo(const char *text, struct buf *out)
{
	const char *total = strstr(text, "MemTotal:");

	if (total)
		buf_addf(out, "%.*s\n", (int)strcspn(total, "\n"), total);
}

/* ID PARENT MAJOR:MINOR ROOT MOUNT-POINT OPTIONS [TAGS...] - TYPE SOURCE SUPER */
static void reduce_mount(char *line, struct buf *out)
{
	char *fields[5], *rest = line, *type, *source, *option;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		fields[i] = strsep(&rest, " ");
		if (!fields[i])
			return;
	}
	rest = rest ? strstr(rest, " - ") : NULL;
	if (!rest)
		return;
	rest += strlen(" - ");
	type = strsep(&rest, " ");
	source = strsep(&rest, " ");
	/* No device has such a mount. */
	if (!source || (source[0] != '/' && strncmp(fields[2], "0:", 2) == 0 &&
			!streq(fields[4], "/")))
		return;
	buf_addf(out, "%s %s %s / %s rw - %s %s rw", fields[0], fields[1], fields[2],
		 fields[4], type, source);
	/* Other options may hold a password. */
	while ((option = strsep(&rest, ",")))
		if (strncmp(option, "logdev=/dev/", strlen("logdev=/dev/")) == 0 ||
		    strncmp(option, "rtdev=/dev/", strlen("rtdev=/dev/")) == 0)
			buf_addf(out, ",%s", option);
	buf_add(out, "\n");
}

static void reduce_lines(const char *text, void (*reduce)(char *line, struct buf *out),
			 struct buf *out)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *line;

	out->failed |= !copy;
	while (copy && (line = strsep(&rest, "\n")))
		reduce(line, out);
}

/* Only the built-in modules of NVMe count, some hundred others do not. */
static void reduce_module(char *line, struct buf *out)
{
	if (strstr(line, "/nvme/"))
		buf_addf(out, "%s\n", line);
}

static void reduce_builtin(const char *text, struct buf *out)
{
	reduce_lines(text, reduce_module, out);
}

static void reduce_mountinfo(const char *text, struct buf *out)
{
	reduce_lines(text, reduce_mount, out);
}

/* Only connections that are established count, and only their local end. */
static void reduce_connection(char *line, struct buf *out)
{
	char local[64], remote[64];
	unsigned int number, state;

	if (sscanf(line, " %u: %63[0-9A-F:] %63[0-9A-F:] %x", &number, local, remote,
		   &state) != 4 ||
	    state != 1)
		return;
	for (char *c = remote; *c; c++)
		*c = *c == ':' ? ':' : '0';
	buf_addf(out, "%u: %s %s 01\n", number, local, remote);
}

static void reduce_connections(const char *text, struct buf *out)
{
	reduce_lines(text, reduce_connection, out);
}

static const struct {
	const char *path;
	void (*reduce)(const char *text, struct buf *out);
} reductions[] = {
	{ "lib/modules/*/modules.builtin", reduce_builtin },
	{ "proc/cmdline", reduce_cmdline },
	{ "proc/meminfo", reduce_meminfo },
	{ "proc/*/mountinfo", reduce_mountinfo },
	{ "proc/net/tcp", reduce_connections },
	{ "proc/net/tcp6", reduce_connections },
	{ "proc/self/net/tcp", reduce_connections },
	{ "proc/self/net/tcp6", reduce_connections },
};

static int reduce(struct tree_entry *entry)
{
	for (size_t i = 0; i < ARRAY_SIZE(reductions); i++) {
		struct buf out = { 0 };
		char *text;
		int r;

		if (fnmatch(reductions[i].path, entry->path, FNM_PATHNAME) != 0)
			continue;
		reductions[i].reduce(entry->data, &out);
		r = buf_take(&out, &text);
		if (r == 0)
			replace(entry, text);
		return r;
	}
	return 0;
}

/* --- URLs --- */

/* The values behind `?`, up to @end. */
static void mask_query(char *query, const char *end)
{
	bool is_value = false;

	for (; query < end; query++) {
		if (*query == '=' || *query == '&')
			is_value = *query == '=';
		else if (is_value)
			*query = '*';
	}
}

/* `scheme://user:password@host/path?key=value`: the length stays. */
static void mask_urls(char *text)
{
	while ((text = strstr(text, "://"))) {
		char *end = text + strcspn(text, " \t\n\"',");
		char *authority = text + strlen("://");
		size_t len = strcspn(authority, "/?# \t\n\"',");
		char *at = memrchr(authority, '@', len), *query;

		if (at)
			memset(authority, '*', (size_t)(at - authority));
		query = memchr(authority, '?', (size_t)(end - authority));
		if (query)
			mask_query(query, end);
		text = end;
	}
}

/* --- */

static int redact_file(struct redaction *redaction, struct tree_entry *entry)
{
	int r;

	if (is_secret(entry->path))
		return mask_key(redaction, entry);
	r = reduce(entry);
	/* A byte of value 0 ends a string, and no text that a plan depends on has one. */
	if (r == 0) {
		entry->len = strlen(entry->data);
		mask_secrets(entry->data);
		mask_urls(entry->data);
	}
	return r;
}

int redact_tree(struct tree *tree)
{
	_cleanup_(redaction_done) struct redaction redaction = { 0 };

	vec_foreach (entry, &tree->entries) {
		int r = entry->type == TREE_FILE ? redact_file(&redaction, entry) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}
