/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parser of the part of YAML that a configuration needs: text to a tree of nodes. */
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
	bool wrong;    /* an error about the node was reported; ignore the node, and the
		     * value of a key */
	bool verbatim; /* the file has the characters of @text, without escapes */
	unsigned int count; /* children; of a mapping: keys and values */
	const char *text;   /* of a scalar; contains no NUL */
	struct node *child; /* the first one; of a mapping: key, value, key, value */
	struct node *next;  /* the parent's next child */
};

struct yaml_doc {
	struct node *root; /* NULL: the file is empty, or has only comments */
	struct yaml_block *blocks;
};

/*
 * yaml_doc_parse() - Parse the text of the file with index @file, which diag_set_text() has set.
 * @nodes: the nodes of the files before, to which those of this file are added.
 *
 * These errors are reported, and the parse continues: aliases, anchors, tags, merge keys,
 * keys that are not words, duplicate keys. These end the parse: text that is not UTF-8 or
 * not YAML, a second document, nesting deeper than @depth_max, more than @nodes_max nodes in all.
 *
 * Return: 0; -EINVAL if the parse ended early, without a tree; -ENOMEM.
 */
int yaml_doc_parse(struct diag *diag, unsigned int file, unsigned int depth_max,
		   unsigned int nodes_max, unsigned int *nodes, struct yaml_doc *ret);
void yaml_doc_done(struct yaml_doc *doc);

/* node_pos() - Return the place of the character at byte @offset of a scalar's text. */
struct src_pos node_pos(const struct node *node, size_t offset);
