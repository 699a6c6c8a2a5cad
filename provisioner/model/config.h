/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration: texts or files to desired objects. */
#pragma once

#include "model/model.h"

#include <stddef.h>

/* The only version. */
#define CONFIG_VERSION 1

/* The paths of the file and of its schema on an installed system. */
#define CONFIG_PATH	     "/etc/rapiddisk.yaml"
#define CONFIG_SCHEMA_PATH   "/usr/share/rapiddisk/rapiddisk.schema.json"
#define CONFIG_EXAMPLES_PATH "/usr/share/doc/rapiddisk/examples"

/* A larger file is refused unread. 10,000 objects take a tenth of the limit. */
#define CONFIG_SIZE_MAX (16u << 20)
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
 * config_load() - Read and parse the file @path.
 *
 * Refuses a file that is not regular, larger than CONFIG_SIZE_MAX, empty, or, for root,
 * writable by everybody. Does not block on a FIFO or a device. @ret_sha256 gets the digest
 * of the parsed bytes. Return: as config_parse().
 *
 * @trust: CONFIG_OF_OWNER refuses a file that somebody besides root and the caller could
 * change: they own the file or a directory of its path, or their group may write to one.
 * Directories with the sticky bit, such as /tmp, are as good as unwritable.
 */
enum config_trust { CONFIG_OF_ANYBODY, CONFIG_OF_OWNER };

int config_load(const char *path, enum config_trust trust,
		const struct obj_class *const *classes, struct diag *diag,
		struct model *ret, char ret_sha256[static CONFIG_SHA256_LEN]);

/*
 * config_load_section() - As config_load(), but for one section. The other sections are
 * ignored, as long as they are YAML.
 */
int config_load_section(const char *path, enum config_trust trust,
			const struct obj_class *class, struct diag *diag,
			struct model *ret);
