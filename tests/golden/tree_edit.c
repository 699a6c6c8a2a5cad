/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "golden/tree_edit.h"

#include "base/cleanup.h"
#include "base/macro.h"
#include "golden/tree_parse.h"

/* Format the new entry. */
static int format_file(char *path, const struct buf *data, struct buf *out)
{
	_cleanup_(tree_done) struct tree tree = { 0 };
	struct tree_entry entry = {
		.path = path,
		.type = TREE_FILE,
		.mode = TREE_MODE_FILE,
		.data = data->data,
		.len = data->len,
	};
	int r = tree_put(&tree, &entry);

	if (r == 0)
		tree_format(&tree, out);
	return r;
}

static size_t line_length(const char *text, size_t len)
{
	const char *newline = memchr(text, '\n', len);

	return newline ? (size_t)(newline - text) + 1 : len;
}

/* Return the length of the first line with the lines of its block. */
static size_t part_length(const char *text, size_t len)
{
	size_t at = line_length(text, len);

	while (at < len && text[at] == '\t')
		at += line_length(text + at, len - at);
	return at;
}

/* Return: 1 if the part is the entry @path; 0; -errno. */
static int is_entry(const char *part, size_t len, const char *path)
{
	_cleanup_(tree_file_done) struct tree_file file = { 0 };
	_cleanup_(diag_done) struct diag diag = { 0 };
	int r = diag_init(&diag, "");

	if (r == 0)
		r = tree_parse(part, len, &diag, &file);
	return r < 0 ? r : tree_find(&file.tree, path) != NULL;
}

static bool ends_with_blank_line(const struct buf *out)
{
	return out->len >= 2 && memcmp(out->data + out->len - 2, "\n\n", 2) == 0;
}

/* A blank line on both sides of a removed entry is one too many. */
static void join(struct buf *out, const char *rest, size_t len)
{
	if (ends_with_blank_line(out) && (len == 0 || rest[0] == '\n'))
		out->data[--out->len] = '\0';
}

static void append(struct buf *out, const struct buf *entry)
{
	if (out->len > 0 && out->data[out->len - 1] != '\n')
		buf_add(out, "\n");
	if (out->len > 0 && !ends_with_blank_line(out))
		buf_add(out, "\n");
	buf_add_bytes(out, entry->data, entry->len);
}

/* Return: 1 if the entry was found, and its lines were replaced by @entry; 0; -errno. */
static int replace(const char *text, size_t len, const char *path,
		   const struct buf *entry, struct buf *out)
{
	int found = 0;

	for (size_t at = 0, n; at < len; at += n) {
		int r;

		n = part_length(text + at, len - at);
		r = is_entry(text + at, n, path);
		if (r < 0)
			return r;
		if (r == 0)
			buf_add_bytes(out, text + at, n);
		else if (entry)
			buf_add_bytes(out, entry->data, entry->len);
		else
			join(out, text + at + n, len - at - n);
		found |= r;
	}
	return found;
}

int tree_edit(const char *text, size_t len, char *path, const struct buf *data,
	      struct diag *diag, struct buf *out)
{
	_cleanup_(tree_file_done) struct tree_file file = { 0 };
	_cleanup_(buf_done) struct buf entry = { 0 };
	int r = tree_parse(text, len, diag, &file);

	if (r == 0 && data)
		r = format_file(path, data, &entry);
	if (r == 0)
		r = replace(text, len, path, data ? &entry : NULL, out);
	if (r == 0 && data)
		append(out, &entry);
	if (r < 0)
		return r;
	return entry.failed || out->failed ? -ENOMEM : 0;
}
