/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keep the entries of a tree sorted by path, and format them as one text. */
#include "sys/tree.h"

#include "base/macro.h"
#include "base/utf8.h"

#include <limits.h>

/* --- entries --- */

static void entry_done(struct tree_entry *entry)
{
	free(entry->path);
	free(entry->data);
}

void tree_done(struct tree *tree)
{
	vec_foreach (entry, &tree->entries)
		entry_done(entry);
	vec_done(&tree->entries);
}

/* A slash sorts before every other byte, so that a directory and its content stay together. */
static int compare_paths(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	if (*a == *b)
		return 0;
	if (*a == '\0' || *b == '\0')
		return *a == '\0' ? -1 : 1;
	if (*a == '/' || *b == '/')
		return *a == '/' ? -1 : 1;
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

/* Index of the first entry that is not before @path. */
static size_t lower_bound(const struct tree *tree, const char *path)
{
	size_t low = 0, high = tree->entries.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_paths(tree->entries.items[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct tree_entry *tree_find(const struct tree *tree, const char *path)
{
	size_t at = lower_bound(tree, path);

	return at < tree->entries.count && streq(tree->entries.items[at].path, path)
		       ? &tree->entries.items[at]
		       : NULL;
}

bool tree_is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && path[len] == '/';
}

static bool is_valid_name(const char *name, size_t len)
{
	if (len == 0 || len > NAME_MAX)
		return false;
	return !(name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')));
}

static bool is_valid_path(const char *path)
{
	if (strlen(path) >= PATH_MAX)
		return false;
	for (;;) {
		size_t len = strcspn(path, "/");

		if (!is_valid_name(path, len))
			return false;
		if (path[len] == '\0')
			return true;
		path += len + 1;
	}
}

static int copy_entry(const struct tree_entry *entry, struct tree_entry *ret)
{
	struct tree_entry copy = *entry;

	copy.path = strdup(entry->path);
	copy.data = malloc(entry->len + 1);
	if (!copy.path || !copy.data) {
		entry_done(&copy);
		return -ENOMEM;
	}
	if (entry->len)
		memcpy(copy.data, entry->data, entry->len);
	copy.data[entry->len] = '\0';
	*ret = copy;
	return 0;
}

int tree_put(struct tree *tree, const struct tree_entry *entry)
{
	struct tree_entry copy, *old;
	size_t at;
	int r;

	if (!is_valid_path(entry->path))
		return -EINVAL;
	r = copy_entry(entry, &copy);
	if (r < 0)
		return r;
	at = lower_bound(tree, entry->path);
	old = tree_find(tree, entry->path);
	if (old) {
		entry_done(old);
		*old = copy;
		return 0;
	}
	r = vec_push(&tree->entries, copy);
	if (r < 0) {
		entry_done(&copy);
		return r;
	}
	memmove(&tree->entries.items[at + 1], &tree->entries.items[at],
		(tree->entries.count - 1 - at) * sizeof(copy));
	tree->entries.items[at] = copy;
	return 0;
}

int tree_put_link(struct tree *tree, char *path, char *target)
{
	const struct tree_entry entry = {
		.path = path,
		.type = TREE_LINK,
		.data = target,
		.len = strlen(target),
	};

	return tree_put(tree, &entry);
}

size_t tree_remove(struct tree *tree, const char *path)
{
	size_t first = lower_bound(tree, path), end = first;
	struct tree_entry *items = tree->entries.items;

	while (end < tree->entries.count &&
	       (streq(items[end].path, path) || tree_is_below(items[end].path, path)))
		entry_done(&items[end++]);
	if (end > first)
		memmove(&items[first], &items[end],
			(tree->entries.count - end) * sizeof(*items));
	tree->entries.count -= end - first;
	return end - first;
}

/* --- the writer --- */

/* True if the reader takes @text literally, to its last byte. */
static bool is_plain(const char *text, size_t len)
{
	size_t at = 0;

	if (len == 0 || text[0] == '"' || text[len - 1] == ' ' || text[len - 1] == '\t')
		return false;
	while (at < len) {
		uint32_t character = 0;
		size_t bytes = utf8_decode(text + at, len - at, &character);

		if (bytes == 0 || (character != '\t' && !utf8_is_text(character)))
			return false;
		at += bytes;
	}
	return true;
}

static bool is_plain_path(const char *path)
{
	return is_plain(path, strlen(path)) && path[0] != '#' && !strpbrk(path, " \t") &&
	       path[strlen(path) - 1] != ':' && !streq(path, "include") &&
	       !streq(path, "without");
}

static void put_escaped(struct buf *out, const char *text, size_t len)
{
	uint32_t character = 0;
	size_t bytes = utf8_decode(text, len, &character);

	switch (bytes ? character : 0) {
	case '"':
	case '\\':
		buf_addf(out, "\\%c", (int)character);
		break;
	case '\n':
		buf_add(out, "\\n");
		break;
	case '\t':
		buf_add(out, "\\t");
		break;
	default:
		if (bytes && utf8_is_text(character)) {
			buf_add_bytes(out, text, bytes);
			break;
		}
		for (size_t i = 0; i < (bytes ? bytes : 1); i++)
			buf_addf(out, "\\x%02x", (unsigned char)text[i]);
	}
}

static void put_quoted(struct buf *out, const char *text, size_t len)
{
	size_t at = 0;

	buf_add(out, "\"");
	while (at < len) {
		uint32_t character;
		size_t bytes = utf8_decode(text + at, len - at, &character);

		put_escaped(out, text + at, len - at);
		at += bytes ? bytes : 1;
	}
	buf_add(out, "\"");
}

static void put_path(struct buf *out, const char *path)
{
	if (is_plain_path(path))
		buf_add(out, path);
	else
		put_quoted(out, path, strlen(path));
}

/* A line with its newline, which only quotation marks show. */
static void put_line(struct buf *out, const char *line, size_t len)
{
	if (len > 0 && line[len - 1] == '\n' && is_plain(line, len - 1))
		buf_add_bytes(out, line, len - 1);
	else
		put_quoted(out, line, len);
}

static size_t line_length(const char *text, size_t len)
{
	const char *newline = memchr(text, '\n', len);

	return newline ? (size_t)(newline - text) + 1 : len;
}

static void put_content(struct buf *out, const char *text, size_t len)
{
	size_t first = line_length(text, len);

	if (first == len && len == 1 && text[0] == '\n') {
		buf_add(out, " =");
		return;
	}
	if (first == len) {
		buf_add(out, " = ");
		put_line(out, text, len);
		return;
	}
	buf_add(out, ":");
	for (size_t at = 0, n; at < len; at += n) {
		n = line_length(text + at, len - at);
		buf_add(out, "\n\t");
		put_line(out, text + at, n);
	}
}

static void put_entry(struct buf *out, const struct tree_entry *entry)
{
	bool is_dir = entry->type == TREE_DIR;

	put_path(out, entry->path);
	if (is_dir)
		buf_add(out, "/");
	if (entry->type != TREE_LINK &&
	    entry->mode != (is_dir ? TREE_MODE_DIR : TREE_MODE_FILE))
		buf_addf(out, " [%04o]", (unsigned int)entry->mode);
	if (entry->type == TREE_LINK) {
		buf_add(out, " -> ");
		if (is_plain(entry->data, entry->len))
			buf_add(out, entry->data);
		else
			put_quoted(out, entry->data, entry->len);
	} else if (entry->type == TREE_INODE) {
		buf_add(out, ": inode of ");
		put_path(out, entry->data);
	} else if (entry->type == TREE_FILE && entry->len > 0) {
		put_content(out, entry->data, entry->len);
	}
	buf_add(out, "\n");
}

static bool is_implied(const struct tree *tree, size_t at)
{
	const struct tree_entry *entry = &tree->entries.items[at];

	return entry->type == TREE_DIR && entry->mode == TREE_MODE_DIR &&
	       at + 1 < tree->entries.count && tree_is_below(entry[1].path, entry->path);
}

void tree_format(const struct tree *tree, struct buf *out)
{
	for (size_t i = 0; i < tree->entries.count; i++)
		if (!is_implied(tree, i))
			put_entry(out, &tree->entries.items[i]);
}
