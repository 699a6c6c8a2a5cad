/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Classes with a field of each type, for the tests of the model. */
#pragma once

#include "model/object.h"

enum {
	THING_NAME,
	THING_SIZE,
	THING_LABEL,
	THING_SHARE,
	THING_COUNT,
	THING_FLAG,
	THING_MODE,
	THING_OTHER,
	THING_USED,
	THING_TAGS,
	THING_GATES,
	THING_PARTS,
	THING_SECRET,
	THING_FIELDS,
};

enum { PART_ID, PART_LABEL, PART_WIDTH, PART_SIZE, PART_GATE, PART_FIELDS };
enum { GATE_ID, GATE_NOTE, GATE_FIELDS };
enum { LAMP_COLOR, LAMP_TAGS, LAMP_FIELDS };

/*
 * "things", whose names are t0, t1, ...; `other` has to be the name of one, each of
 * `gates` the id of a gate.
 */
extern const struct obj_class fake_thing;
/* The objects in `parts` of a thing. */
extern const struct obj_class fake_part;
/* "gates", whose key is a number. */
extern const struct obj_class fake_gate;
/* "lamp", a section that is one mapping. */
extern const struct obj_class fake_lamp;
extern const struct obj_class *const fake_classes[];
