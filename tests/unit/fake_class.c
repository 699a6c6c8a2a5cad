/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_class.h"

#include "base/buf.h"
#include "base/macro.h"

struct thing {
	struct obj obj;
	char *name, *label, *other;
	struct size size, share, used;
	uint64_t count;
	bool flag;
	int mode;
	struct string_list tags, gates;
	struct object_list parts;
	char *secret;
};

struct part {
	struct obj obj;
	uint64_t id, width;
	struct size size;
	char *label, *gate;
};

struct lamp {
	struct obj obj;
	char *color;
	struct string_list tags;
};

struct gate {
	struct obj obj;
	uint64_t id;
	char *note;
};

static const char *const modes[] = { "slow", "fast", "off", NULL };

static const struct field thing_fields[] = {
	[THING_NAME] =
		FIELD(thing, name, FIELD_STRING, .flags = FIELD_KEY | FIELD_REQUIRED,
		      .pattern = "^t[0-9]+$", .expects = "'t' and a number, as in 't0'"),
	[THING_SIZE] = FIELD(thing, size, FIELD_SIZE, .flags = FIELD_REQUIRED, .min = 512,
			     .max = UINT64_C(1) << 40, .multiple = 512),
	[THING_LABEL] = FIELD(thing, label, FIELD_STRING,
			      .flags = FIELD_IMMUTABLE | FIELD_INDEXED),
	[THING_SHARE] = FIELD(thing, share, FIELD_SIZE, .flags = 0),
	[THING_COUNT] =
		FIELD(thing, count, FIELD_UINT, .min = 1, .max = 64, .value = "4"),
	[THING_FLAG] = FIELD(thing, flag, FIELD_BOOL, .value = "false"),
	[THING_MODE] = FIELD(thing, mode, FIELD_ENUM, .flags = FIELD_POLICY,
			     .value = "slow", .words = modes),
	[THING_OTHER] =
		FIELD(thing, other, FIELD_STRING, .flags = 0, .refers = &fake_thing),
	[THING_USED] = FIELD(thing, used, FIELD_SIZE, .flags = FIELD_LIVE),
	[THING_TAGS] = FIELD(thing, tags, FIELD_STRINGS, .pattern = "^[a-z:]+$",
			     .expects = "small letters and colons"),
	[THING_GATES] = FIELD(thing, gates, FIELD_STRINGS, .refers = &fake_gate),
	[THING_PARTS] = FIELD(thing, parts, FIELD_OBJECTS, .items = &fake_part),
	[THING_SECRET] =
		FIELD(thing, secret, FIELD_STRING, .flags = FIELD_DERIVED | FIELD_SECRET),
};

static const struct field part_fields[] = {
	[PART_ID] = FIELD(part, id, FIELD_UINT, .flags = FIELD_KEY | FIELD_REQUIRED,
			  .min = 1, .max = 99),
	[PART_LABEL] = FIELD(part, label, FIELD_STRING, .flags = FIELD_REQUIRED),
	[PART_WIDTH] = FIELD(part, width, FIELD_UINT, .value = "8"),
	[PART_SIZE] = FIELD(part, size, FIELD_SIZE, .flags = 0),
	[PART_GATE] = FIELD(part, gate, FIELD_STRING, .refers = &fake_gate),
};

static const struct field gate_fields[] = {
	[GATE_ID] = FIELD(gate, id, FIELD_UINT, .flags = FIELD_KEY | FIELD_REQUIRED),
	[GATE_NOTE] = FIELD(gate, note, FIELD_STRING, .flags = 0),
};

static const struct field lamp_fields[] = {
	[LAMP_COLOR] = FIELD(lamp, color, FIELD_STRING, .flags = FIELD_REQUIRED),
	[LAMP_TAGS] = FIELD(lamp, tags, FIELD_STRINGS, .flags = 0),
};

static void thing_validate(const struct obj *want, const struct model *desired,
			   struct diag *diag)
{
	(void)desired;
	if (field_is_set(want, THING_OTHER) &&
	    streq(field_string(want, THING_OTHER), obj_name(want)))
		diag_add(diag, obj_field_pos(want, THING_OTHER),
			 "thing '%s': it is no other thing than itself", obj_name(want));
}

const struct obj_class fake_thing = {
	.name = "thing",
	.section = "things",
	.size = sizeof(struct thing),
	.rank = 10,
	.field_count = THING_FIELDS,
	.fields = thing_fields,
	.validate = thing_validate,
};

static bool gate_print_text(const struct obj *obj, unsigned int i, struct buf *out)
{
	const struct gate *gate = (const struct gate *)obj;

	if (i == 1 && field_is_set(obj, GATE_NOTE))
		buf_addf(out, "note %s", gate->note);
	else if (i == 0)
		buf_add(out, gate->id % 2 ? "odd" : "even");
	else
		return false;
	return true;
}

const struct obj_class fake_gate = {
	.name = "gate",
	.section = "gates",
	.size = sizeof(struct gate),
	.rank = 20,
	.field_count = GATE_FIELDS,
	.fields = gate_fields,
	.print_text = gate_print_text,
};

const struct obj_class fake_part = {
	.name = "part",
	.size = sizeof(struct part),
	.field_count = PART_FIELDS,
	.fields = part_fields,
};

const struct obj_class fake_lamp = {
	.name = "lamp",
	.section = "lamp",
	.single = true,
	.size = sizeof(struct lamp),
	.rank = 30,
	.field_count = LAMP_FIELDS,
	.fields = lamp_fields,
};

const struct obj_class *const fake_classes[] = { &fake_thing, &fake_gate, &fake_lamp,
						 NULL };
