/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replace one entry in the text of a tree, and leave the other lines as they are. */
#pragma once

#include "base/buf.h"
#include "base/diag.h"

/*
 * tree_edit() - Append @text to @out, with @data as the file @path. If @path is an entry, its
 * place stays, otherwise the new entry follows the last one behind a blank line. If @data is
 * NULL, the entry is removed. @diag already has @text for quoting.
 * Return: 0; -EINVAL once @diag has the errors of @text, or if @path is no path of an entry;
 * -ENOMEM. @out is undefined on error.
 */
int tree_edit(const char *text, size_t len, char *path, const struct buf *data,
	      struct diag *diag, struct buf *out);
