/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parse and write the counters of a target, and compute the backoff after failures. */
#include "push/state.h"

#include "report/jsontext.h"

#include <string.h>

static uint64_t get_number(const json_t *json, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(json, key));

	return value > 0 ? (uint64_t)value : 0;
}

int push_state_parse(const char *text, size_t len, struct push_state *ret)
{
	_cleanup_json_ json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const char *boot_id = json_string_value(json_object_get(json, "boot_id"));
	struct push_state state = { 0 };

	*ret = state;
	if (!json_is_object(json))
		return -EBADMSG;
	if (boot_id && strlen(boot_id) < sizeof(state.boot_id))
		memcpy(state.boot_id, boot_id, strlen(boot_id) + 1);
	state.sequence = get_number(json, "sequence");
	state.queued = get_number(json, "queued");
	state.sent = get_number(json, "sent");
	state.last_sent = get_number(json, "last_sent");
	state.missed = get_number(json, "missed");
	state.failures = get_number(json, "failures");
	state.not_before = (int64_t)get_number(json, "not_before");
	state.sent_at = (int64_t)get_number(json, "sent_at");
	state.rejected = get_number(json, "rejected");
	state.rejections = get_number(json, "rejections");
	*ret = state;
	return 0;
}

int push_state_to_json(const struct push_state *state, char **ret)
{
	return json_take_text(
		json_pack(
			"{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o}",
			"boot_id", state->boot_id, "sequence", json_u64(state->sequence),
			"queued", json_u64(state->queued), "sent", json_u64(state->sent),
			"last_sent", json_u64(state->last_sent), "missed",
			json_u64(state->missed), "failures", json_u64(state->failures),
			"not_before", (json_int_t)state->not_before, "sent_at",
			(json_int_t)state->sent_at, "rejected", json_u64(state->rejected),
			"rejections", json_u64(state->rejections)),
		false, ret);
}

uint64_t push_state_dropped(const struct push_state *state, uint64_t waiting)
{
	uint64_t accounted = state->sent + waiting;

	return state->missed +
	       (state->queued > accounted ? state->queued - accounted : 0);
}

int push_state_see(struct push_state *state, const char *known_boot_id,
		   const char *boot_id, uint64_t sequence)
{
	/* The numbers start at 1 in each boot. */
	if (strcmp(state->boot_id, boot_id) != 0) {
		if (strlen(boot_id) >= sizeof(state->boot_id))
			return 0;
		memcpy(state->boot_id, boot_id, strlen(boot_id) + 1);
		state->sequence = 0;
	}
	if (sequence <= state->sequence)
		return 0;
	if (strcmp(known_boot_id, boot_id) == 0)
		state->missed += sequence - state->sequence - 1;
	state->sequence = sequence;
	return 1;
}

uint64_t push_state_reject(struct push_state *state, uint64_t number)
{
	if (state->rejected != number)
		state->rejections = 0;
	state->rejected = number;
	return ++state->rejections;
}

uint64_t push_backoff_ms(uint64_t failures, uint64_t base_ms, uint64_t max_ms,
			 uint32_t random)
{
	uint64_t span = base_ms;

	for (uint64_t i = 1; i < failures && span < max_ms; i++)
		span *= 2;
	if (span > max_ms)
		span = max_ms;
	return span / 2 + (uint64_t)((double)(span - span / 2) * random / UINT32_MAX);
}
