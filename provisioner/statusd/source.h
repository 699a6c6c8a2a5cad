/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The source of the answers: the kernel's files, and the files of the other programs. */
#pragma once

#include "sys/sys.h"
#include "views/views.h"

#include <sys/stat.h>

struct source {
	struct sys sys;
	struct view view; /* of the last source_look(); its classes are always set */

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
 * source_look() - Bring the @parts of source.view up to date, enum view_part. The status file
 * is parsed again only if it is another file; the kernel is observed each time.
 * Return: 0 or -ENOMEM.
 */
int source_look(struct source *source, unsigned int parts);
