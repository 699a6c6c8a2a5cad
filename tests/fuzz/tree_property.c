/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz/property.h"

#include "base/cleanup.h"
#include "base/macro.h"
#include "golden/tree_edit.h"
#include "golden/tree_parse.h"

/* Return: as tree_parse(). */
static int parse(const char *text, size_t len, struct diag *diag, struct tree_file *ret)
{
	int r = diag_init(diag, "fuzz");

	if (r == 0)
		r = diag_set_text(diag, 0, text, len);
	return r < 0 ? r : tree_parse(text, len, diag, ret);
}

static bool is_below_root(const char *path)
{
	return path[0] != '/' && path[0] != '\0' && !streq(path, "..") &&
	       strncmp(path, "../", 3) != 0 && !strstr(path, "/../") &&
	       !(strlen(path) > 3 && streq(path + strlen(path) - 3, "/.."));
}

static bool are_safe(const struct tree *tree)
{
	for (size_t i = 0; i < tree->entries.count; i++) {
		const struct tree_entry *entry = &tree->entries.items[i];

		if (!is_below_root(entry->path) || (entry->mode & ~0777u))
			return false;
		for (size_t j = 0; j < i && i < 100; j++)
			if (tree->entries.items[j].type != TREE_DIR &&
			    tree_is_below(entry->path, tree->entries.items[j].path))
				return false;
	}
	return true;
}

static bool are_equal(const struct tree *a, const struct tree *b)
{
	size_t at = 0;

	vec_foreach (x, &a->entries) {
		const struct tree_entry *y = tree_find(b, x->path);

		/* The writer leaves out a directory that other entries imply. */
		if (!y && x->type == TREE_DIR && x->mode == TREE_MODE_DIR)
			continue;
		if (!y || x->type != y->type || x->len != y->len ||
		    (x->type != TREE_LINK && x->mode != y->mode) ||
		    memcmp(x->data, y->data, x->len) != 0)
			return false;
		at++;
	}
	return at == b->entries.count;
}

static const char *write_again(const struct tree *tree)
{
	_cleanup_(tree_file_done) struct tree_file second = { 0 };
	_cleanup_(diag_done) struct diag diag = { 0 };
	_cleanup_(buf_done) struct buf first = { 0 }, again = { 0 };

	tree_format(tree, &first);
	if (parse(first.data, first.len, &diag, &second) < 0)
		return "the writer's text can be parsed";
	if (second.includes.words.count + second.without.words.count > 0)
		return "the writer's text has entries alone";
	if (!are_equal(tree, &second.tree))
		return "the writer's text has the same entries";
	tree_format(&second.tree, &again);
	if (first.len != again.len ||
	    (first.len && memcmp(first.data, again.data, first.len)))
		return "the writer gives the same text again";
	return NULL;
}

/* Give the entry "a" the content @data, or remove it. Return: as tree_parse(). */
static int edit(const struct buf *text, const struct buf *data, struct buf *ret_text,
		struct tree_file *ret)
{
	_cleanup_(diag_done) struct diag diag = { 0 }, second = { 0 };
	char path[] = "a";
	int r = diag_init(&diag, "fuzz");

	if (r == 0)
		r = tree_edit(text->data, text->len, path, data, &diag, ret_text);
	return r < 0 ? r : parse(ret_text->data, ret_text->len, &second, ret);
}

/* @before has the same entries as @after but "a", whose content becomes @data. */
static bool has_edited(struct tree_file *before, const struct tree_file *after,
		       const struct buf *data)
{
	char path[] = "a";
	const struct tree_entry entry = {
		.path = path,
		.mode = TREE_MODE_FILE,
		.data = data->data,
		.len = data->len,
	};

	return tree_put(&before->tree, &entry) == 0 &&
	       are_equal(&before->tree, &after->tree) &&
	       before->includes.words.count == after->includes.words.count &&
	       before->without.words.count == after->without.words.count;
}

/* Edit @text, whose entries are @file, which gets the edited entry too. */
static const char *check_edits(const struct buf *text, struct tree_file *file)
{
	_cleanup_(tree_file_done) struct tree_file first = { 0 };
	_cleanup_(tree_file_done) struct tree_file second = { 0 };
	_cleanup_(buf_done) struct buf data = { 0 }, replaced = { 0 }, removed = { 0 };

	buf_add(&data, "b\n \nc");
	if (edit(text, &data, &replaced, &first) < 0)
		return "a text with another entry can be parsed";
	if (!has_edited(file, &first, &data))
		return "a new content changes its entry alone";
	if (edit(&replaced, NULL, &removed, &second) < 0)
		return "a text without an entry can be parsed";
	if (tree_find(&second.tree, "a") || !has_edited(&second, &first, &data))
		return "a removal removes its entry alone";
	return NULL;
}

const char *tree_property_check(const char *text, size_t len)
{
	_cleanup_(tree_file_done) struct tree_file file = { 0 };
	_cleanup_(tree_done) struct tree tree = { 0 };
	_cleanup_(diag_done) struct diag diag = { 0 };
	_cleanup_(buf_done) struct buf copy = { 0 };
	const char *broken;
	int r = parse(text, len, &diag, &file);

	if (r < 0)
		return r == -EINVAL && !diag_is_empty(&diag)
			       ? NULL
			       : "a text that is refused has a reason";
	broken = write_again(&file.tree);
	if (broken)
		return broken;
	if (tree_resolve(&file, &diag, &tree) == 0 && !are_safe(&tree))
		return "no entry is outside the root or below a link";
	buf_add_bytes(&copy, text, len);
	return check_edits(&copy, &file);
}
