/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only file that uses libyaml, by its event interface: the document interface resolves
 * aliases, has no limits and accepts duplicate keys.
 */
#include "model/yaml.h"

#include "base/cleanup.h"
#include "base/mask.h"
#include "base/utf8.h"
#include "model/yaml_hint.h"

#include <assert.h>
#include <limits.h>
#include <yaml.h>

#define BLOCK_SIZE 65536

/* Nodes and their texts, freed all at once. */
struct yaml_block {
	struct yaml_block *next;
	size_t used, size;
	_Alignas(max_align_t) char bytes[];
};

struct frame {
	struct node *node, *last; /* an open collection and its latest child */
};

struct builder {
	yaml_parser_t *parser;
	struct diag *diag;
	struct yaml_doc doc;
	struct src_pos end; /* of the text */
	VEC(struct frame) open;
	unsigned int file, depth_max, nodes_max;
	unsigned int *nodes;
};

static void *doc_alloc(struct yaml_doc *doc, size_t size, size_t align)
{
	struct yaml_block *block = doc->blocks;
	size_t start = block ? (block->used + align - 1) / align * align : 0;

	if (!block || start > block->size || size > block->size - start) {
		size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;

		block = malloc(sizeof(*block) + room);
		if (!block)
			return NULL;
		*block = (struct yaml_block){ .next = doc->blocks, .size = room };
		doc->blocks = block;
		start = 0;
	}
	block->used = start + size;
	return block->bytes + start;
}

void yaml_doc_done(struct yaml_doc *doc)
{
	while (doc->blocks) {
		struct yaml_block *next = doc->blocks->next;

		free(doc->blocks);
		doc->blocks = next;
	}
	*doc = (struct yaml_doc){ 0 };
}

struct src_pos node_pos(const struct node *node, size_t offset)
{
	struct src_pos pos = node->pos;

	if (node->type == NODE_SCALAR && node->verbatim) {
		pos.column += node->style == NODE_QUOTED;
		pos.column += (unsigned int)utf8_count(node->text, offset);
	}
	return pos;
}

/* --- errors of libyaml --- */

static struct src_pos pos_of(const struct builder *b, yaml_mark_t mark)
{
	struct src_pos pos = {
		.line = (unsigned int)mark.line + 1,
		.column = (unsigned int)mark.column + 1,
		.file = b->file,
	};

	return pos.line > b->end.line ? b->end : pos;
}

static int report_syntax(struct builder *b)
{
	const yaml_parser_t *parser = b->parser;
	const char *problem = parser->problem ? parser->problem : "cannot be read";
	struct src_pos pos = pos_of(b, parser->problem_mark);

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (parser->error == YAML_READER_ERROR)
		return diag_add(b->diag,
				diag_pos(b->diag, b->file, parser->problem_offset),
				"not valid YAML: %s", problem);
	if (parser->problem_mark.index == parser->mark.index &&
	    parser->buffer.pointer < parser->buffer.last &&
	    *parser->buffer.pointer == '\t')
		return diag_add(b->diag, pos, "unexpected tab; YAML indents with spaces");
	if (yaml_report_cause(b->diag, problem, pos))
		return -EINVAL;
	if (parser->context && parser->context_mark.line != parser->problem_mark.line)
		return diag_add(b->diag, pos,
				"not valid YAML: %s, %s that starts at line %u%s",
				problem, parser->context,
				pos_of(b, parser->context_mark).line, yaml_hint(problem));
	return diag_add(b->diag, pos, "not valid YAML: %s%s", problem,
			yaml_hint(problem));
}

/* --- the tree --- */

static struct node *new_node(struct builder *b, enum node_type type, yaml_mark_t mark)
{
	struct node *node = doc_alloc(&b->doc, sizeof(*node), _Alignof(struct node));

	if (node)
		*node = (struct node){ .type = type, .pos = pos_of(b, mark), .text = "" };
	return node;
}

static struct frame *innermost(struct builder *b)
{
	return b->open.count ? &b->open.items[b->open.count - 1] : NULL;
}

static void check_key(struct builder *b, struct node *key)
{
	if (key->wrong)
		return;
	key->wrong = true;
	if (key->type != NODE_SCALAR)
		diag_add(b->diag, key->pos, "a key has to be a word, not a %s",
			 key->type == NODE_MAPPING ? "mapping" : "list");
	else if (key->style == NODE_PLAIN && streq(key->text, "<<"))
		diag_add(b->diag, key->pos, "merge keys ('<<') are not supported");
	else
		key->wrong = false;
}

static int attach(struct builder *b, struct node *node)
{
	struct frame *parent = innermost(b);

	if (++*b->nodes > b->nodes_max)
		return diag_add(b->diag, node->pos,
				"the configuration has more than %u keys and values",
				b->nodes_max);
	if (!parent) {
		b->doc.root = node;
		return 0;
	}
	if (parent->last)
		parent->last->next = node;
	else
		parent->node->child = node;
	parent->last = node;
	if (parent->node->type == NODE_MAPPING && parent->node->count % 2 == 0)
		check_key(b, node);
	parent->node->count++;
	return 0;
}

/* Report an anchor and a tag, which a configuration cannot have. */
static void check_properties(struct builder *b, struct node *node,
			     const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		diag_add(b->diag, node->pos, "anchors ('&%.*s%s') are not supported",
			 UTF8_SHORT((const char *)anchor));
	if (tag) {
		diag_add(b->diag, node->pos, "tags ('%.*s%s') are not supported",
			 UTF8_SHORT((const char *)tag));
		node->wrong = node->type == NODE_SCALAR;
	}
}

static bool is_verbatim(const yaml_event_t *event, const struct node *node)
{
	size_t quotes = node->style == NODE_QUOTED ? 2 : 0;

	return node->style != NODE_BLOCK &&
	       event->start_mark.line == event->end_mark.line &&
	       event->end_mark.index - event->start_mark.index ==
		       utf8_count(node->text, strlen(node->text)) + quotes;
}

static enum node_style style_of(yaml_scalar_style_t style)
{
	if (style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
	    style == YAML_DOUBLE_QUOTED_SCALAR_STYLE)
		return NODE_QUOTED;
	return style == YAML_PLAIN_SCALAR_STYLE ? NODE_PLAIN : NODE_BLOCK;
}

static int add_scalar(struct builder *b, const yaml_event_t *event)
{
	size_t len = event->data.scalar.length;
	struct node *node = new_node(b, NODE_SCALAR, event->start_mark);
	char *text = doc_alloc(&b->doc, len + 1, 1);

	if (!node || !text)
		return -ENOMEM;
	memcpy(text, event->data.scalar.value, len);
	text[len] = '\0';
	node->text = text;
	node->style = style_of(event->data.scalar.style);
	node->verbatim = is_verbatim(event, node);
	check_properties(b, node, event->data.scalar.anchor, event->data.scalar.tag);
	if (strlen(text) != len) {
		diag_add(b->diag, node->pos, "a value cannot contain a NUL character");
		node->wrong = true;
	}
	return attach(b, node);
}

static int add_alias(struct builder *b, const yaml_event_t *event)
{
	struct node *node = new_node(b, NODE_SCALAR, event->start_mark);

	if (!node)
		return -ENOMEM;
	diag_add(b->diag, node->pos,
		 "aliases ('*%.*s%s') are not supported; write the value out",
		 UTF8_SHORT((const char *)event->data.alias.anchor));
	node->wrong = true;
	return attach(b, node);
}

static int open_collection(struct builder *b, const yaml_event_t *event)
{
	bool mapping = event->type == YAML_MAPPING_START_EVENT;
	struct frame frame = {
		.node = new_node(b, mapping ? NODE_MAPPING : NODE_SEQUENCE,
				 event->start_mark),
	};
	int r;

	if (!frame.node)
		return -ENOMEM;
	if (b->open.count == b->depth_max)
		return diag_add(b->diag, frame.node->pos,
				"nesting is deeper than %u levels", b->depth_max);
	if (mapping)
		check_properties(b, frame.node, event->data.mapping_start.anchor,
				 event->data.mapping_start.tag);
	else
		check_properties(b, frame.node, event->data.sequence_start.anchor,
				 event->data.sequence_start.tag);
	r = attach(b, frame.node);
	return r < 0 ? r : vec_push(&b->open, frame);
}

static int compare_keys(const void *a, const void *b)
{
	const struct node *x = *(const struct node *const *)a;
	const struct node *y = *(const struct node *const *)b;
	int r = strcmp(x->text, y->text);

	return r != 0 ? r : src_pos_compare(x->pos, y->pos);
}

static int check_duplicates(struct builder *b, const struct node *mapping)
{
	_cleanup_free_ struct node **keys = NULL;
	size_t count = 0, first = 0;

	if (mapping->count < 4)
		return 0;
	keys = calloc(mapping->count / 2 + 1, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	for (struct node *key = mapping->child; key; key = key->next->next)
		if (!key->wrong)
			keys[count++] = key;
	qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < count; i++) {
		if (!streq(keys[i]->text, keys[first]->text)) {
			first = i;
			continue;
		}
		(mask_is_secret_name(keys[i]->text) ? diag_add_concealed : diag_add)(
			b->diag, keys[i]->pos,
			"the key '%.*s%s' occurs twice; first at line %u",
			UTF8_SHORT(keys[i]->text), keys[first]->pos.line);
		keys[i]->wrong = true;
	}
	return 0;
}

static int close_collection(struct builder *b)
{
	struct frame *frame = innermost(b);

	assert(frame);
	b->open.count--;
	return frame->node->type == NODE_MAPPING ? check_duplicates(b, frame->node) : 0;
}

static int take_event(struct builder *b, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (b->doc.root)
			return diag_add(
				b->diag, pos_of(b, event->start_mark),
				"unexpected second document; the file can have only one");
		return 0;
	case YAML_SCALAR_EVENT:
		return add_scalar(b, event);
	case YAML_ALIAS_EVENT:
		return add_alias(b, event);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return open_collection(b, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_collection(b);
	default:
		return 0;
	}
}

static int build(struct builder *b)
{
	bool ended = false;

	while (!ended) {
		yaml_event_t event;
		int r;

		if (!yaml_parser_parse(b->parser, &event))
			return report_syntax(b);
		ended = event.type == YAML_STREAM_END_EVENT;
		r = take_event(b, &event);
		yaml_event_delete(&event);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- the text --- */

/*
 * Refuse the directive at @at. libyaml compares each %TAG with all earlier ones, and a
 * configuration has no tags.
 */
static int check_directive(struct diag *diag, unsigned int file, size_t at,
			   bool *is_versioned)
{
	static const char version[] = "%YAML";
	const char *line = diag->files.items[file].text + at;
	size_t len = strcspn(line, " \t\r\n");

	if (!*is_versioned && strncmp(line, version, strlen(version)) == 0) {
		*is_versioned = true;
		return 0;
	}
	return diag_add(diag, diag_pos(diag, file, at),
			"directives ('%.*s') are not supported, except for one '%s'",
			utf8_prefix(line, len < UTF8_SHORT_MAX ? len : UTF8_SHORT_MAX),
			line, version);
}

/* True for the line breaks of YAML 1.1. */
static bool is_break(uint32_t character)
{
	return character == '\n' || character == '\r' || character == 0x85 ||
	       character == 0x2028 || character == 0x2029;
}

/* Refuse a character that the reader of libyaml refuses without a place. */
static int check_char(struct diag *diag, unsigned int file, size_t at, uint32_t character)
{
	if (character == 0)
		return diag_add(diag, diag_pos(diag, file, at),
				"unexpected NUL byte; the file is not UTF-8 text");
	if ((character < 0x20 && !strchr("\t\n\r", (int)character)) ||
	    (character >= 0x7f && character <= 0x9f && character != 0x85) ||
	    character == 0xfeff || (character & 0xfffe) == 0xfffe)
		return diag_add(diag, diag_pos(diag, file, at),
				"unexpected character U+%04X in a text file", character);
	return 0;
}

static int check_text(struct diag *diag, unsigned int file)
{
	const char *text = diag->files.items[file].text;
	size_t len = diag->files.items[file].text_len;
	bool starts_line = true, is_versioned = false;

	for (size_t at = 0; at < len;) {
		uint32_t character;
		size_t bytes = utf8_decode(text + at, len - at, &character);
		int r;

		if (bytes == 0)
			return diag_add(diag, diag_pos(diag, file, at),
					"not UTF-8; unexpected byte 0x%02X",
					(unsigned char)text[at]);
		r = check_char(diag, file, at, character);
		if (r == 0 && starts_line && character == '%')
			r = check_directive(diag, file, at, &is_versioned);
		if (r < 0)
			return r;
		starts_line = is_break(character);
		at += bytes;
	}
	return 0;
}

/*
 * If the text does not end with a newline, libyaml places an error at its end in a line that
 * does not exist. Otherwise libyaml is right, and the end need not be counted.
 */
static struct src_pos end_of(const struct diag *diag, unsigned int file)
{
	const struct diag_file *of = &diag->files.items[file];

	if (of->text_len > 0 && of->text[of->text_len - 1] == '\n')
		return (struct src_pos){ .line = UINT_MAX, .file = file };
	return diag_pos(diag, file, of->text_len);
}

int yaml_doc_parse(struct diag *diag, unsigned int file, unsigned int depth_max,
		   unsigned int nodes_max, unsigned int *nodes, struct yaml_doc *ret)
{
	const struct diag_file *of = &diag->files.items[file];
	yaml_parser_t parser;
	struct builder b = {
		.parser = &parser,
		.diag = diag,
		.file = file,
		.end = end_of(diag, file),
		.depth_max = depth_max,
		.nodes_max = nodes_max,
		.nodes = nodes,
	};
	int r;

	r = check_text(diag, file);
	if (r < 0)
		return r;
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)of->text,
				     of->text_len);
	r = build(&b);
	yaml_parser_delete(&parser);
	vec_done(&b.open);
	if (r < 0) {
		yaml_doc_done(&b.doc);
		return r;
	}
	*ret = b.doc;
	return 0;
}
