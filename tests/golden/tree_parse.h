/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader of the text of a tree: the grammar is in sys/tree.h. */
#pragma once

#include "base/diag.h"
#include "sys/tree.h"

struct tree_words {
	VEC(char *) words;
};

/* A file: its own entries, and the entries that it takes from base files. */
struct tree_file {
	struct tree tree;
	struct tree_words includes; /* names of base files */
	struct tree_words without;  /* paths to remove from the entries of these */
};

void tree_file_done(struct tree_file *file);

/*
 * tree_parse() - Read @text, which may be any bytes; @diag already has it for quoting.
 * Return: 0; -EINVAL once @diag has the errors; -ENOMEM. *ret is only set on 0.
 */
int tree_parse(const char *text, size_t len, struct diag *diag, struct tree_file *ret);

/*
 * tree_resolve() - Merge @file into @base, the entries of all its base files: remove, then
 * replace and add. Afterwards no entry is below a file or a link.
 * Return: as tree_parse(); @base is undefined on error.
 */
int tree_resolve(const struct tree_file *file, struct diag *diag, struct tree *base);
