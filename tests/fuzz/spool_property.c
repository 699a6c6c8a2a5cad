/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The spool of a target: the first part is its state, and each line of the second one is the name
 * of a file. The third part is the file of a token, and a URL.
 */
#include "push/spool.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "fuzz/property.h"
#include "fuzz/scratch.h"
#include "push/payload.h"

#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>

#define FILES_MAX   16
#define REPORTS_MAX 4

static const char *check_state(struct part part)
{
	struct push_state state, again;
	_cleanup_free_ char *text = NULL;

	if (push_state_parse(part.bytes, part.len, &state) < 0)
		return memcmp(&state, &(struct push_state){ 0 }, sizeof(state)) == 0
			       ? NULL
			       : "a state that is refused is empty";
	if (state.not_before < 0 || state.sent_at < 0)
		return "no time is negative";
	if (push_state_to_json(&state, &text) < 0)
		return "a state can be written";
	if (push_state_parse(text, strlen(text), &again) < 0 ||
	    memcmp(&state, &again, sizeof(state)) != 0)
		return "a state is read as it was written";
	return NULL;
}

static const char *check_items(const struct spool *spool)
{
	const struct push_state *state = &spool->state;

	for (size_t i = 0; i < spool->items.count; i++) {
		uint64_t number = spool->items.items[i].number;

		if (number <= state->last_sent || number > state->queued)
			return "a report that waits is queued and was not sent";
		if (i > 0 && number <= spool->items.items[i - 1].number)
			return "the reports have different numbers, the oldest first";
	}
	return push_state_dropped(state, spool->items.count) <=
			       state->missed + state->queued
		       ? NULL
		       : "no more reports are dropped than there were";
}

static const char *use(struct spool *spool)
{
	uint64_t queued = spool->state.queued, last;
	const char *broken = check_items(spool);

	if (broken)
		return broken;
	if (spool_queue(spool, "{}", 2, REPORTS_MAX) < 0)
		return "a report can be queued";
	last = spool->items.items[spool->items.count - 1].number;
	if (last != queued + 1 || spool->items.count > REPORTS_MAX)
		return "a new report is the last one, within the limit";
	broken = check_items(spool);
	if (!broken && spool_sent(spool) < 0)
		broken = "a report can be counted as sent";
	return broken ? broken : check_items(spool);
}

static const char *check_spool(int parent)
{
	struct spool spool, again;
	const char *broken;

	if (spool_open(&spool, parent, "spool") < 0)
		return "a spool can be opened, whatever is in it";
	broken = use(&spool);
	spool_close(&spool);
	if (broken)
		return broken;
	if (spool_open(&again, parent, "spool") < 0)
		return "a spool can be opened again";
	if (memcmp(&spool.state, &again.state, sizeof(spool.state)) != 0)
		broken = "a spool has the state that it was left in";
	spool_close(&again);
	return broken;
}

static void put_files(struct part state, char *names)
{
	char *name;

	scratch_remove("spool");
	scratch_put("spool/state.json", state.bytes, state.len);
	for (int i = 0; i < FILES_MAX && (name = strsep(&names, "\n")); i++) {
		_cleanup_free_ char *path = NULL;

		if (!*name || *name == '.' || strchr(name, '/') || strlen(name) > 200)
			continue;
		if (str_format(&path, "spool/%s", name) == 0)
			scratch_text(path, "{}");
	}
}

static const char *check_token(const char *text)
{
	_cleanup_free_ char *token = NULL, *again = NULL;
	int r = payload_token(text, &token);

	if (r < 0)
		return token ? "a token that is refused is none" : NULL;
	for (const char *c = token; *c; c++)
		if (*c <= ' ' || *c > '~')
			return "a token fits into a header";
	return payload_token(token, &again) == 0 && streq(token, again)
		       ? NULL
		       : "a token is one";
}

static const char *check_names(const char *text, struct part part)
{
	_cleanup_free_ char *name = NULL, *event = NULL;
	json_t *json;

	if (payload_target_name(text, &name) < 0)
		return NULL;
	if (!strrchr(name, '#') || strlen(strrchr(name, '#')) != 9 ||
	    strlen(name) > strlen(text) + 9)
		return "the name of a target ends with a digest";
	if (payload_event(part.bytes, part.len, "id", "host", &event) < 0)
		return NULL;
	json = json_loads(event, 0, NULL);
	json_decref(json);
	return json ? NULL : "an event is JSON";
}

const char *spool_property_check(const char *bytes, size_t len)
{
	struct part rest = { bytes, len }, state = part_next(&rest);
	_cleanup_free_ char *names = part_text(part_next(&rest)), *text = part_text(rest);
	_cleanup_close_ int parent =
		open(scratch_root(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *broken = check_state(state);

	if (broken || parent < 0)
		return broken;
	put_files(state, names);
	broken = check_spool(parent);
	if (!broken)
		broken = check_token(text);
	return broken ? broken : check_names(text, rest);
}
