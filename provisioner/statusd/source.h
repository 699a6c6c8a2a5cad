/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the answers come from: the kernel's files, and what other programs left. */
#pragma once

#include "sys/kfs.h"
#include "views/views.h"

#include <sys/stat.h>

struct source {
	struct kfs kfs;
	struct view view; /* of the last source_look() */

	/* The status file as it was read last, and of which file that was. */
	struct status_doc doc;
	struct stat st;
	char *text, *problem;
	size_t len;
};

/* source_init() - @root: "/" or a sysroot. Return: 0 or -errno. */
int source_init(struct source *source, const char *root);
void source_done(struct source *source);

/*
 * source_look() - Bring source.view up to date. The status file is parsed again only when it
 * is another one; what is live is read each time, where @live. Return: 0 or -ENOMEM.
 */
int source_look(struct source *source, bool live);
