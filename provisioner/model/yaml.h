/* SPDX-License-Identifier: GPL-2.0-or-later */
/* YAML text to a tree of nodes, of the part of YAML that a configuration needs. */
#pragma once

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum node_type { NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING };
enum node_style { NODE_PLAIN, NODE_QUOTED, NODE_BLOCK };

struct node {
	struct src_pos pos;
	uint8_t type;  /* enum node_type */
	uint8_t style; /* of a scalar: enum node_style */
	bool wrong; /* an error about it was reported: neither it nor, of a key, its value
		     * has a meaning */
	bool verbatim; /* the text stands in the file character by character as in @text
			*/
	unsigned int count; /* children; of a mapping: keys and values */
	const char *text;   /* of a scalar; has no NUL in it */
	struct node *child; /* the first one; of a mapping: key, value, key, value */
	struct node *next;  /* the parent's next child */
};

struct yaml_doc {
	struct node *root; /* NULL: there is nothing in the file, or only comments */
	struct yaml_block *blocks;
};

/*
 * yaml_doc_parse() - Parse the text that diag_set_text() was given.
 *
 * Reported in @diag, with the parse going on: aliases, anchors, tags, merge keys, keys
 * that are not words, keys that are there twice. Ending the parse: text that is not UTF-8
 * or not YAML, a second document, nesting deeper than @depth_max, more than @nodes_max
 * nodes. The first of these to come costs no more than what was read so far.
 *
 * Return: 0; -EINVAL where the parse ended early, and there is no tree; -ENOMEM.
 */
int yaml_doc_parse(struct diag *diag, unsigned int depth_max, unsigned int nodes_max,
		   struct yaml_doc *ret);
void yaml_doc_done(struct yaml_doc *doc);

/* node_pos() - The place of the character at the byte @offset of a scalar's text. */
struct src_pos node_pos(const struct node *node, size_t offset);
