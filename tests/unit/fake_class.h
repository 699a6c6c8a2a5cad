/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two classes with a field of each type, for the tests of the model. */
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
	THING_FIELDS,
};

enum { GATE_ID, GATE_NOTE, GATE_FIELDS };

/* "things", whose names are t0, t1, ...; `other` has to be the name of one. */
extern const struct obj_class fake_thing;
/* "gates", whose key is a number. */
extern const struct obj_class fake_gate;
extern const struct obj_class *const fake_classes[];
