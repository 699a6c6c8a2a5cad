/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The YAML file. The only user of libyaml, yaml.c, is behind this header. */
#pragma once

#include "model/model.h"

#include <stddef.h>

/* Version 1 is the only one so far. */
#define CONFIG_VERSION 1

/* Where the file is, and its schema, on an installed system. */
#define CONFIG_PATH	   "/etc/rapiddisk.yaml"
#define CONFIG_SCHEMA_PATH "/usr/share/rapiddisk/rapiddisk.schema.json"

/* A file larger than this is refused unread: 10,000 objects take a tenth of it. */
#define CONFIG_SIZE_MAX (16u << 20)
/* Deeper nesting than any section has is refused before it can cost anything. */
#define CONFIG_DEPTH_MAX 16

#define CONFIG_SHA256_LEN 65 /* hexadecimal digits and NUL */

/* config_digest() - SHA-256 of a text, as in the report: hexadecimal. */
void config_digest(const char *text, size_t len, char ret[static CONFIG_SHA256_LEN]);

/*
 * config_parse() - Text to desired objects.
 *
 * @classes: NULL-terminated; a section for each class that has one.
 * @diag: gets every error, in one run; the text is kept there for the quoted lines.
 *
 * Return: 0 and a sorted model with defaults set; -EINVAL with @diag not empty, and then
 * *ret is untouched: nothing can be planned from an invalid file; -ENOMEM.
 */
int config_parse(const char *text, size_t len, const struct obj_class *const *classes,
		 struct diag *diag, struct model *ret);

/*
 * config_parse_some() - As config_parse().
 * @is_partial: ignore the sections of other classes, as long as they are YAML.
 */
int config_parse_some(const char *text, size_t len,
		      const struct obj_class *const *classes, bool is_partial,
		      struct diag *diag, struct model *ret);

/*
 * config_load() - Read and parse the file @path.
 *
 * Refuses what is not a regular file, larger than CONFIG_SIZE_MAX, empty, or, for root,
 * writable by everyone. @ret_sha256 gets the digest of the bytes that were parsed.
 * Does not block on a FIFO or a device. Return: as config_parse().
 */
int config_load(const char *path, const struct obj_class *const *classes,
		struct diag *diag, struct model *ret,
		char ret_sha256[static CONFIG_SHA256_LEN]);

/*
 * config_load_section() - As config_load(), of one section alone: whatever the others hold
 * is not looked at, as long as it is YAML.
 */
int config_load_section(const char *path, const struct obj_class *class,
			struct diag *diag, struct model *ret);
