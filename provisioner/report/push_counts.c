/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parse and write the counts that rapiddisk-push publishes. */
#include "report/push_counts.h"

#include "report/jsontext.h"

#include <string.h>

/* The file comes from another program, so its length is bounded. */
#define TARGETS_MAX 1000

static int read_one(const json_t *json, struct push_counts *ret)
{
	json_int_t waiting, sent, dropped;
	struct push_count count = { 0 };
	const char *target;
	int r;

	if (json_unpack((json_t *)(uintptr_t)json, "{s:s, s:I, s:I, s:I}", "target",
			&target, "waiting", &waiting, "sent", &sent, "dropped",
			&dropped) < 0 ||
	    waiting < 0 || sent < 0 || dropped < 0)
		return -EBADMSG;
	count = (struct push_count){
		.target = strdup(target),
		.waiting = (uint64_t)waiting,
		.sent = (uint64_t)sent,
		.dropped = (uint64_t)dropped,
	};
	r = count.target ? vec_push(&ret->targets, count) : -ENOMEM;
	if (r < 0)
		free(count.target);
	return r;
}

int push_counts_parse(const char *text, size_t len, struct push_counts *ret)
{
	_cleanup_json_ json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *targets = json_object_get(json, "targets"), *item;
	struct push_counts counts = { 0 };
	size_t i;

	if (!json_is_array(targets) || json_array_size(targets) > TARGETS_MAX)
		return -EBADMSG;
	json_array_foreach (targets, i, item) {
		int r = read_one(item, &counts);

		if (r < 0) {
			push_counts_done(&counts);
			return r;
		}
	}
	*ret = counts;
	return 0;
}

int push_counts_to_json(const struct push_counts *counts, char **ret)
{
	json_t *list = json_array();

	vec_foreach (count, &counts->targets) {
		json_t *item = json_pack(
			"{s:o, s:o, s:o, s:o}", "target", json_text(count->target),
			"waiting", json_u64(count->waiting), "sent",
			json_u64(count->sent), "dropped", json_u64(count->dropped));

		if (json_array_append_new(list, item) < 0) {
			json_decref(list);
			return -ENOMEM;
		}
	}
	return json_take_text(json_pack("{s:o}", "targets", list), false, ret);
}

void push_counts_done(struct push_counts *counts)
{
	vec_foreach (count, &counts->targets)
		free(count->target);
	vec_done(&counts->targets);
}
