/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes and directories of nvmet in configfs. */
#pragma once

#include "base/buf.h"
#include "kind/nvmet/nvmet.h"
#include "model/object.h"
#include "sys/sys.h"

#include <stdbool.h>

/* nvmet_hint() - Return the remedy for an errno of configfs. */
const char *nvmet_hint(int error);

/*
 * nvmet_read() - An attribute that may be missing, with no blanks at its ends.
 * Return: 0 and *ret, the caller's to free, or NULL where this kernel has no such
 * attribute, nobody has set it, or kfs_missed(); -errno.
 */
int nvmet_read(const struct kfs *kfs, char **ret, const char *fmt, ...) _printf_(3, 4);

/*
 * nvmet_number() - Read the name of a directory as nvmet does (kstrtou16() and kstrtou32()
 * with base 0).
 * Return: true if the name is the number in decimal, so that the number finds the directory.
 */
bool nvmet_number(const char *name, uint64_t *ret);

/*
 * The attributes of nvmet that no key of the configuration has, and that a run leaves alone.
 * Those whose default differs between kernels (attr_firmware, attr_version,
 * param_max_queue_size and others) are not among them.
 */
struct nvmet_extra {
	const char *class; /* its name */
	const char *name;
	const char *defaults[4]; /* NULL-terminated */
};

extern const struct nvmet_extra nvmet_extras[]; /* the last one has no name */

/* The note of an export whose controller is passed through. */
#define NVMET_PASSTHRU "the passthru controller is enabled"

/*
 * nvmet_note_extra() - Note in obj.extra a @value that is not a default.
 * nvmet_note_group() - The same of an ANA group other than the optimized group 1.
 * nvmet_read_extras() - Read the attributes of the live object in @dir, and note them.
 * Return: 0; -ENOMEM; -errno.
 */
int nvmet_note_extra(struct obj *obj, const struct nvmet_extra *extra, const char *value);
int nvmet_note_group(struct obj *obj, const char *id, const char *state);
int nvmet_read_extras(const struct kfs *kfs, struct obj *obj, const char *dir);

/*
 * nvmet_set() - Write the attribute @name of the object in the directory @dir. @shown:
 * the value for the message; NULL for a secret.
 */
int nvmet_set(struct sys *sys, struct buf *why, const char *dir, const char *name,
	      const char *value, const char *shown);
