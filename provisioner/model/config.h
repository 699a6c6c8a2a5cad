/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration: texts or files to desired objects. */
#pragma once

#include "model/model.h"

#include <stddef.h>

/* The only version. */
#define CONFIG_VERSION 1

/* The paths of the file and of its schema on an installed system. */
#define CONFIG_PATH	     "/etc/rapiddisk.yaml"
#define CONFIG_DROPINS_PATH  "/etc/rapiddisk.d"
#define CONFIG_SCHEMA_PATH   "/usr/share/rapiddisk/rapiddisk.schema.json"
#define CONFIG_EXAMPLES_PATH "/usr/share/doc/rapiddisk/examples"

/* Larger files together are refused unread. 10,000 objects take a tenth of the limit. */
#define CONFIG_SIZE_MAX (16u << 20)
/* As many as there may be objects, each in a file of its own. */
#define CONFIG_DROPINS_MAX 10000
/* Deeper nesting than any section has is refused at once. */
#define CONFIG_DEPTH_MAX 16

#define CONFIG_SHA256_LEN 65 /* hexadecimal digits and NUL */

/* config_digest() - Compute the SHA-256 digest of a text in hexadecimal, for the report. */
void config_digest(const char *text, size_t len, char ret[static CONFIG_SHA256_LEN]);

/*
 * config_parse() - Parse the text of the first file of @diag to desired objects.
 *
 * @classes: NULL-terminated; a section for each class that has one.
 * @diag: gets every error, and keeps the text for the quoted lines.
 *
 * Return: 0 and a sorted model with defaults set; -EINVAL with errors in @diag and *ret
 * untouched, because nothing can be planned from an invalid file; -ENOMEM.
 */
int config_parse(const char *text, size_t len, const struct obj_class *const *classes,
		 struct diag *diag, struct model *ret);

/*
 * config_set_text() - Copy the text of a file of @diag, without its byte-order mark.
 * Return: 0; -EINVAL after the error was added to @diag; -ENOMEM.
 */
int config_set_text(struct diag *diag, unsigned int file, const char *text, size_t len);

/*
 * config_parse_texts() - Parse the files of @diag that have a text, in their order. The lists
 * of all files are joined, and an object that occurs in two of them is an error.
 *
 * @is_partial: ignore the sections of other classes, as long as they are YAML.
 *
 * If @diag has an error of a file already, or if a file cannot be parsed, references are not
 * checked: the missing file may have their objects.
 * Return: as config_parse().
 */
int config_parse_texts(const struct obj_class *const *classes, bool is_partial,
		       struct diag *diag, struct model *ret);

/*
 * A file of the configuration, and the drop-ins beside it.
 *
 * .root: the drop-ins of this root directory are read if .path is its etc/rapiddisk.yaml, by
 * whatever name; without them a run would remove their objects. Any other file, and NULL, is read
 * alone.
 *
 * .trust: CONFIG_OF_OWNER refuses a file that somebody besides root and the caller could change:
 * they own the file or a directory of its path, or their group may write to one. Directories
 * with the sticky bit, such as /tmp, are as good as unwritable, except those of drop-ins.
 */
enum config_trust { CONFIG_OF_ANYBODY, CONFIG_OF_OWNER };

struct config_source {
	const char *path, *root;
	enum config_trust trust;
};

/*
 * config_read() - Read the file, which is the first one of @diag, and the drop-ins, which become
 * further ones, into @diag.
 *
 * Refuses a file that is not regular, more than CONFIG_SIZE_MAX in all files, or, for root, a file
 * that is writable by everybody. Does not block on a FIFO or a device. An empty drop-in, and one
 * that is the null device, masks the file of that name in the lower directories: it has no text.
 * The file .path may be absent if there are drop-ins.
 *
 * @ret_sha256: the digest of the bytes of all files, in their order.
 * Return: 0; -EINVAL after each error was added to @diag; -ENOMEM.
 */
int config_read(const struct config_source *source, struct diag *diag,
		char ret_sha256[static CONFIG_SHA256_LEN]);

/* config_is_absent() - True if neither the file nor a drop-in exists, masked or not. */
bool config_is_absent(const struct config_source *source);

/*
 * config_load() - Read and parse the files. *ret_sha256 is set if the result is 0.
 * Return: as config_parse().
 */
int config_load(const struct config_source *source,
		const struct obj_class *const *classes, struct diag *diag,
		struct model *ret, char ret_sha256[static CONFIG_SHA256_LEN]);

/*
 * config_load_section() - As config_load(), but for one section. The other sections are
 * ignored, as long as they are YAML.
 */
int config_load_section(const struct config_source *source, const struct obj_class *class,
			struct diag *diag, struct model *ret);
