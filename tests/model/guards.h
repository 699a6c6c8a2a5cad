/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guards of the module, each of which the model can leave out. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum guard {
	GUARD_LOOKUP_STATE,
	GUARD_LOOKUP_RCU,
	GUARD_GRACE,
	GUARD_TRACKED_COUNTER,
	GUARD_TRACKED_RANGE,
	GUARD_FILL_SLOT,
	GUARD_FILL_AGAIN,
	GUARD_FILL_CANCEL,
	GUARD_FILL_STATE,
	GUARD_FILL_STATUS,
	GUARD_FILL_COPY,
	GUARD_FILL_OPEN,
	GUARD_TRACK_DROP,
	GUARD_TRACK_ORDER,
	GUARD_TRACK_COUNT,
	GUARD_RANGE_ADD,
	GUARD_RANGE_FIRST,
	GUARD_RANGE_DROP,
	GUARD_RANGE_END,
	GUARD_WIDE_ORDER,
	GUARD_THROUGH_DROP,
	GUARD_THROUGH_CANCEL,
	GUARD_THROUGH_COUNT,
	GUARD_THROUGH_TRACKED,
	GUARD_BOUNCE_COUNT,
	GUARD_THROUGH_WHOLE,
	GUARD_THROUGH_RCU,
	GUARD_THROUGH_COPY,
	GUARD_THROUGH_LATE,
	GUARD_THROUGH_STATE,
	GUARD_THROUGH_STATUS,
	GUARD_THROUGH_ACK,
	GUARD_THROUGH_OPEN,
	GUARD_OPEN_RCU,
	GUARD_OPEN_WAIT,
	GUARD_CLOSE_RCU,
	GUARD_CLOSE_WAIT,
	GUARD_SUSPEND_CLEAR,
	NR_GUARDS,
};

struct guard_row {
	const char *name;
	/* The function of the module that has the guard. */
	const char *place;
	/* The module with the guard, as a sentence. */
	const char *text;
	/* The block to watch; the other one has no counterexample for some guards. */
	uint8_t watched;
	/* The invariant holds without the guard, for this reason. NULL: it does not hold. */
	const char *spare;
};

extern const struct guard_row guard_rows[NR_GUARDS];

/* The guard that the model leaves out; NR_GUARDS if it leaves out none. */
extern enum guard guard_removed;

/* True if the model has the guard. */
static inline bool guarded(enum guard guard)
{
	return guard != guard_removed;
}
