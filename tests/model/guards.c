/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guards.h"

#include <stddef.h>

enum guard guard_removed = NR_GUARDS;

const struct guard_row guard_rows[NR_GUARDS] = {
	[GUARD_LOOKUP_STATE] = {
		.name = "lookup-state",
		.place = "read.c:rc_find_valid",
		.text = "a lookup returns VALID slots alone",
	},
	[GUARD_LOOKUP_RCU] = {
		.name = "lookup-rcu",
		.place = "read.c:rc_map_read",
		.text = "a hit is copied in the RCU read section of its lookup",
	},
	[GUARD_GRACE] = {
		.name = "grace",
		.place = "slots.h:rc_slot_retire",
		.text = "a RETIRED slot becomes FREE after a grace period",
	},
	[GUARD_TRACKED_COUNTER] = {
		.name = "tracked-counter",
		.place = "track.h:rc_tracked_run",
		.text = "nobody publishes a block that the counter of writers has",
	},
	[GUARD_TRACKED_RANGE] = {
		.name = "tracked-range",
		.place = "track.h:rc_tracked_run",
		.text = "nobody publishes a block in a range of a write",
	},
	[GUARD_FILL_SLOT] = {
		.name = "fill-slot",
		.place = "read.c:rc_busy_run",
		.text = "a fill leaves out blocks that have a slot",
	},
	[GUARD_FILL_AGAIN] = {
		.name = "fill-again",
		.place = "read.c:rc_fill_add",
		.text = "a fill looks again at a block that it adds in a later hold of the lock",
		.watched = 1,
	},
	[GUARD_FILL_CANCEL] = {
		.name = "fill-cancel",
		.place = "index.c:rc_index_invalidate",
		.text = "a write cancels a FILLING slot",
	},
	[GUARD_FILL_STATE] = {
		.name = "fill-state",
		.place = "read.c:rc_fill_publish",
		.text = "a fill does not publish a CANCELLED slot",
	},
	[GUARD_FILL_STATUS] = {
		.name = "fill-status",
		.place = "read.c:rc_end_fill",
		.text = "a fill that failed publishes nothing",
	},
	[GUARD_FILL_COPY] = {
		.name = "fill-copy",
		.place = "read.c:rc_fill_finish",
		.text = "a fill copies to the caller before it publishes",
	},
	[GUARD_FILL_OPEN] = {
		.name = "fill-open",
		.place = "read.c:rc_fill_take",
		.text = "no fill begins while the index opens",
	},
	[GUARD_TRACK_DROP] = {
		.name = "track-drop",
		.place = "write.c:rc_track_begin",
		.text = "a counted write removes its blocks",
	},
	[GUARD_TRACK_ORDER] = {
		.name = "track-order",
		.place = "write.c:rc_track_begin",
		.text = "a counted write removes its blocks before it is sent, not at its end",
	},
	[GUARD_TRACK_COUNT] = {
		.name = "track-count",
		.place = "write.c:rc_track_begin",
		.text = "a counted write counts in its blocks until its end",
	},
	[GUARD_RANGE_ADD] = {
		.name = "range-add",
		.place = "write.c:rc_range_begin",
		.text = "a large write adds its range",
	},
	[GUARD_RANGE_FIRST] = {
		.name = "range-first",
		.place = "write.c:rc_range_begin",
		.text = "a large write adds its range before it removes the first block",
	},
	[GUARD_RANGE_DROP] = {
		.name = "range-drop",
		.place = "write.c:rc_range_begin",
		.text = "a large write removes its blocks",
	},
	[GUARD_RANGE_END] = {
		.name = "range-end",
		.place = "write.c:rc_end_range",
		.text = "the range of a large write stays until its end",
	},
	[GUARD_WIDE_ORDER] = {
		.name = "wide-order",
		.place = "write.c:rc_map_write",
		.text = "a wide discard removes its blocks before it is sent, not at its end",
	},
	[GUARD_THROUGH_DROP] = {
		.name = "through-drop",
		.place = "write.c:rc_write_through_add",
		.text = "a write-through removes the VALID slot of a block",
	},
	[GUARD_THROUGH_CANCEL] = {
		.name = "through-cancel",
		.place = "index.c:rc_index_invalidate",
		.text = "a write cancels the WRITING slot of another",
	},
	[GUARD_THROUGH_COUNT] = {
		.name = "through-count",
		.place = "index.c:rc_index_invalidate",
		.text = "a write whose WRITING slot is cancelled counts from there on",
	},
	[GUARD_THROUGH_TRACKED] = {
		.name = "through-tracked",
		.place = "write.c:rc_write_through_add",
		.text = "a write-through leaves out blocks of tracked writes",
	},
	[GUARD_BOUNCE_COUNT] = {
		.name = "bounce-count",
		.place = "write.c:rc_write_through_add",
		.text = "a write-through counts in blocks that it does not publish",
	},
	[GUARD_THROUGH_WHOLE] = {
		.name = "through-whole",
		.place = "write.c:rc_write_through_add",
		.text = "a write-through of a part publishes a block that was cached alone",
	},
	[GUARD_THROUGH_RCU] = {
		.name = "through-rcu",
		.place = "write.c:rc_map_write",
		.text = "the rest of a block is copied in the RCU read section of its lookup",
	},
	[GUARD_THROUGH_COPY] = {
		.name = "through-copy",
		.place = "write.c:rc_write_copy",
		.text = "a write-through sends the copy that it publishes",
	},
	[GUARD_THROUGH_LATE] = {
		.name = "through-late",
		.place = "write.c:rc_end_write_through",
		.text = "a write-through publishes at its end, not before it is sent",
	},
	[GUARD_THROUGH_STATE] = {
		.name = "through-state",
		.place = "write.c:rc_write_through_publish",
		.text = "a write-through does not publish a CANCELLED slot",
	},
	[GUARD_THROUGH_STATUS] = {
		.name = "through-status",
		.place = "write.c:rc_end_write_through",
		.text = "a write-through that failed publishes nothing",
	},
	[GUARD_THROUGH_ACK] = {
		.name = "through-ack",
		.place = "map.c:rc_end_io",
		.text = "a write-through publishes before it is acknowledged",
		.spare = "until it publishes, its slot stays WRITING, and whoever changes the block cancels it",
	},
	[GUARD_THROUGH_OPEN] = {
		.name = "through-open",
		.place = "write.c:rc_write_through_begin",
		.text = "no write-through begins while the index opens",
	},
	[GUARD_OPEN_RCU] = {
		.name = "open-rcu",
		.place = "cache.c:rc_cache_open",
		.text = "the index opens after a grace period",
	},
	[GUARD_OPEN_WAIT] = {
		.name = "open-wait",
		.place = "cache.c:rc_cache_open",
		.text = "the index opens after the end of all untracked writes",
	},
	[GUARD_CLOSE_RCU] = {
		.name = "close-rcu",
		.place = "cache.c:rc_cache_close",
		.text = "the index is freed after a grace period",
	},
	[GUARD_CLOSE_WAIT] = {
		.name = "close-wait",
		.place = "cache.c:rc_cache_close",
		.text = "the index is freed after the end of all I/O that pins it",
	},
	[GUARD_SUSPEND_CLEAR] = {
		.name = "suspend-clear",
		.place = "target.c:rc_postsuspend",
		.text = "a suspend drops all content",
	},
};
