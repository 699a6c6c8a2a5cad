/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spool, the state and the payloads of rapiddisk-push, without a network. */
#include "base/cleanup.h"
#include "push/payload.h"
#include "push/spool.h"
#include "unit.h"

#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

START_TEST(reports_are_seen_once)
{
	struct push_state state = { 0 };

	ck_assert_int_eq(push_state_see(&state, "a", "a", 1), 1);
	ck_assert_int_eq(push_state_see(&state, "a", "a", 1), 0);
	ck_assert_int_eq(push_state_see(&state, "a", "a", 2), 1);
	ck_assert_uint_eq(state.missed, 0);
	ck_assert_int_eq(push_state_see(&state, "a", "a", 5), 1);
	ck_assert_uint_eq(state.missed, 2);
	ck_assert_int_eq(push_state_see(&state, "a", "a", 4), 0);
	ck_assert_int_eq(push_state_see(&state, "a",
					"much longer than any boot id of a kernel", 9),
			 0);
}
END_TEST

START_TEST(reports_before_the_first_run_of_a_boot_are_not_missed)
{
	struct push_state state = { 0 };

	/* The report of the initramfs has a file of its own; 2 was overwritten by 3. */
	ck_assert_int_eq(push_state_see(&state, "", "a", 1), 1);
	ck_assert_int_eq(push_state_see(&state, "", "a", 3), 1);
	ck_assert_uint_eq(state.missed, 0);
	ck_assert_int_eq(push_state_see(&state, "a", "a", 5), 1);
	ck_assert_uint_eq(state.missed, 1);
	ck_assert_int_eq(push_state_see(&state, "a", "b", 4), 1);
	ck_assert_uint_eq(state.missed, 1);
}
END_TEST

START_TEST(rejections_of_one_report_are_counted)
{
	struct push_state state = { 0 };

	ck_assert_uint_eq(push_state_reject(&state, 7), 1);
	ck_assert_uint_eq(push_state_reject(&state, 7), 2);
	ck_assert_uint_eq(push_state_reject(&state, 8), 1);
}
END_TEST

START_TEST(what_is_neither_sent_nor_there_was_dropped)
{
	struct push_state state = { .queued = 10, .sent = 6, .missed = 2 };

	ck_assert_uint_eq(push_state_dropped(&state, 4), 2);
	ck_assert_uint_eq(push_state_dropped(&state, 1), 5);
	ck_assert_uint_eq(push_state_dropped(&state, 9), 2);
}
END_TEST

START_TEST(backoff_doubles_up_to_its_limit)
{
	ck_assert_uint_eq(push_backoff_ms(1, 1000, 60000, 0), 500);
	ck_assert_uint_eq(push_backoff_ms(1, 1000, 60000, UINT32_MAX), 1000);
	ck_assert_uint_eq(push_backoff_ms(4, 1000, 60000, UINT32_MAX), 8000);
	ck_assert_uint_eq(push_backoff_ms(UINT64_MAX, 1000, 60000, UINT32_MAX), 60000);
	ck_assert_uint_eq(push_backoff_ms(3, 90000, 60000, 0), 30000);
}
END_TEST

START_TEST(state_comes_back_as_it_went)
{
	struct push_state state = { "boot", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, back;
	_cleanup_free_ char *text = NULL;

	ck_assert_int_eq(push_state_to_json(&state, &text), 0);
	ck_assert_int_eq(push_state_parse(text, strlen(text), &back), 0);
	ck_assert_mem_eq(&state, &back, sizeof(state));
	ck_assert_int_eq(push_state_parse(text, strlen(text) - 3, &back), -EBADMSG);
	ck_assert_uint_eq(back.queued, 0);
}
END_TEST

START_TEST(an_event_wraps_the_report)
{
	const char *report = "{\"finished_at\": \"t\", \"x\": 1}";
	_cleanup_free_ char *event = NULL;
	json_t *json;

	ck_assert_int_eq(payload_event(report, strlen(report), "id", "host", &event), 0);
	json = json_loads(event, 0, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(json, "specversion")), "1.0");
	ck_assert_str_eq(json_string_value(json_object_get(json, "id")), "id");
	ck_assert_str_eq(json_string_value(json_object_get(json, "source")),
			 "/rapiddisk/host");
	ck_assert_str_eq(json_string_value(json_object_get(json, "time")), "t");
	ck_assert_int_eq(
		json_integer_value(json_object_get(json_object_get(json, "data"), "x")),
		1);
	json_decref(json);
	ck_assert_int_eq(payload_event("[", 1, "id", "host", &event), -EBADMSG);
}
END_TEST

static const struct {
	const char *url, *shown;
} names[] = {
	{ "https://a.example/secret/path?token=x", "https://a.example#" },
	{ "http://a.example:9091", "http://a.example:9091#" },
	{ "https://[::1]:1?q", "https://[::1]:1#" },
};

START_TEST(names_show_no_more_than_the_host)
{
	_cleanup_free_ char *name = NULL;
	size_t len = strlen(names[_i].shown);

	ck_assert_int_eq(payload_target_name(names[_i].url, &name), 0);
	ck_assert_msg(strncmp(name, names[_i].shown, len) == 0 && strlen(name) == len + 8,
		      "%s: %s", names[_i].url, name);
}
END_TEST

static const struct {
	const char *text, *token; /* NULL: -EINVAL */
} tokens[] = {
	{ "abc\n", "abc" }, { " a.b-c/d= \r\n", "a.b-c/d=" },
	{ "", NULL },	    { "\n", NULL },
	{ "a\nb", NULL },   { "a\r\nX-Header: b", NULL },
	{ "a b", NULL },    { "\xc3\xa9", NULL },
};

START_TEST(tokens_are_one_word)
{
	_cleanup_free_ char *token = NULL;
	int r = payload_token(tokens[_i].text, &token);

	ck_assert_int_eq(r, tokens[_i].token ? 0 : -EINVAL);
	if (tokens[_i].token)
		ck_assert_str_eq(token, tokens[_i].token);
}
END_TEST

/* --- the spool --- */

struct place {
	char *dir;
	int fd;
};

static void place_init(struct place *place)
{
	place->dir = unit_dir();
	place->fd = open(place->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(place->fd, 0);
}

static void place_done(struct place *place)
{
	close(place->fd);
	free(place->dir);
}

static void queue(struct spool *spool, const char *text, uint64_t max)
{
	ck_assert_int_eq(spool_queue(spool, text, strlen(text), max), 0);
}

static void expect_first(const struct spool *spool, const char *wanted)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	ck_assert_int_eq(spool_read(spool, &spool->items.items[0], &text, &len), 0);
	ck_assert_str_eq(text, wanted);
}

START_TEST(a_spool_keeps_the_newest_in_order)
{
	struct place place;
	struct spool spool;

	place_init(&place);
	ck_assert_int_eq(spool_open(&spool, place.fd, "x"), 0);
	for (int i = 0; i < 12; i++) {
		char text[32];

		snprintf(text, sizeof(text), "report %d", i);
		queue(&spool, text, 3);
	}
	spool_close(&spool);
	ck_assert_int_eq(spool_open(&spool, place.fd, "x"), 0);
	ck_assert_uint_eq(spool.items.count, 3);
	expect_first(&spool, "report 9");
	ck_assert_uint_eq(push_state_dropped(&spool.state, 3), 9);
	ck_assert_int_eq(spool_sent(&spool), 0);
	expect_first(&spool, "report 10");
	ck_assert_uint_eq(spool.state.sent, 1);
	ck_assert_uint_eq(push_state_dropped(&spool.state, 2), 9);
	spool_close(&spool);
	place_done(&place);
}
END_TEST

START_TEST(a_spool_is_one_runs_at_a_time)
{
	struct spool spool, other;
	struct place place;

	place_init(&place);
	ck_assert_int_eq(spool_open(&spool, place.fd, "x"), 0);
	ck_assert_int_eq(spool_open(&other, place.fd, "x"), -EWOULDBLOCK);
	spool_close(&spool);
	ck_assert_int_eq(spool_open(&other, place.fd, "x"), 0);
	spool_close(&other);
	place_done(&place);
}
END_TEST

/* As a kill after the state was saved, and before the file went, leaves it. */
START_TEST(what_counts_as_sent_is_not_sent_again)
{
	struct place place;
	struct spool spool;

	place_init(&place);
	ck_assert_int_eq(spool_open(&spool, place.fd, "x"), 0);
	queue(&spool, "one", 9);
	queue(&spool, "two", 9);
	spool.state.sent = 1;
	spool.state.last_sent = 1;
	ck_assert_int_eq(spool_save(&spool), 0);
	spool_close(&spool);
	ck_assert_int_eq(spool_open(&spool, place.fd, "x"), 0);
	ck_assert_uint_eq(spool.items.count, 1);
	expect_first(&spool, "two");
	ck_assert_uint_eq(push_state_dropped(&spool.state, 1), 0);
	spool_close(&spool);
	place_done(&place);
}
END_TEST

/* As a kill after the file was written, and before the state counted it, leaves it. */
START_TEST(what_the_state_does_not_count_is_queued_anew)
{
	struct push_state before;
	struct place place;
	struct spool spool;

	place_init(&place);
	ck_assert_int_eq(spool_open(&spool, place.fd, "x"), 0);
	queue(&spool, "one", 9);
	before = spool.state;
	queue(&spool, "two", 9);
	spool.state = before;
	ck_assert_int_eq(spool_save(&spool), 0);
	spool_close(&spool);
	ck_assert_int_eq(spool_open(&spool, place.fd, "x"), 0);
	ck_assert_uint_eq(spool.items.count, 1);
	queue(&spool, "two", 9);
	ck_assert_uint_eq(spool.items.count, 2);
	ck_assert_uint_eq(spool.state.queued, 2);
	spool_close(&spool);
	place_done(&place);
}
END_TEST

START_TEST(a_spool_without_its_state_sends_its_items)
{
	_cleanup_free_ char *folder = NULL, *state = NULL;
	struct place place;
	struct spool spool;

	place_init(&place);
	ck_assert_int_eq(spool_open(&spool, place.fd, "x"), 0);
	queue(&spool, "one", 9);
	queue(&spool, "two", 9);
	ck_assert_int_eq(spool_sent(&spool), 0);
	spool_close(&spool);
	ck_assert_int_ge(asprintf(&folder, "%s/x", place.dir), 0);
	state = unit_write(folder, "state.json", "garbage", 7);
	ck_assert_int_eq(spool_open(&spool, place.fd, "x"), 0);
	ck_assert_uint_eq(spool.items.count, 1);
	expect_first(&spool, "two");
	ck_assert_uint_eq(push_state_dropped(&spool.state, 1), 0);
	spool_close(&spool);
	place_done(&place);
}
END_TEST

START_TEST(a_spool_that_others_write_to_is_refused)
{
	struct place place;
	struct spool spool;

	place_init(&place);
	ck_assert_int_eq(mkdirat(place.fd, "x", 0700), 0);
	ck_assert_int_eq(fchmodat(place.fd, "x", 0777, 0), 0);
	ck_assert_int_eq(spool_open(&spool, place.fd, "x"), -EPERM);
	ck_assert_int_eq(fchmodat(place.fd, "x", 0755, 0), 0);
	ck_assert_int_eq(spool_open(&spool, place.fd, "x"), 0);
	spool_close(&spool);
	place_done(&place);
}
END_TEST

static const char *const links[] = { "x/lock", "x/state.json" };

START_TEST(a_spool_follows_no_link)
{
	_cleanup_free_ char *target = NULL;
	struct place place;
	struct spool spool;

	place_init(&place);
	target = unit_write(place.dir, "target", "{}", 2);
	ck_assert_int_eq(mkdirat(place.fd, "x", 0700), 0);
	ck_assert_int_eq(symlinkat(target, place.fd, links[_i]), 0);
	ck_assert_int_eq(spool_open(&spool, place.fd, "x"), -ELOOP);
	place_done(&place);
}
END_TEST

START_TEST(a_report_of_a_spool_is_no_link)
{
	static const struct spool_item item = { 1, "00000000000000000000000000000000" };
	_cleanup_free_ char *target = NULL, *text = NULL;
	struct place place;
	struct spool spool;
	size_t len;

	place_init(&place);
	target = unit_write(place.dir, "target", "secret", 6);
	ck_assert_int_eq(spool_open(&spool, place.fd, "x"), 0);
	ck_assert_int_eq(
		symlinkat(target, spool.dir_fd,
			  "00000000000000000001-00000000000000000000000000000000.json"),
		0);
	ck_assert_int_eq(spool_read(&spool, &item, &text, &len), -ELOOP);
	spool_close(&spool);
	place_done(&place);
}
END_TEST

Suite *suite_push(void)
{
	Suite *suite = unit_suite(
		"push", reports_are_seen_once,
		reports_before_the_first_run_of_a_boot_are_not_missed,
		rejections_of_one_report_are_counted,
		what_is_neither_sent_nor_there_was_dropped,
		backoff_doubles_up_to_its_limit, state_comes_back_as_it_went,
		an_event_wraps_the_report, a_spool_keeps_the_newest_in_order,
		a_spool_is_one_runs_at_a_time, what_counts_as_sent_is_not_sent_again,
		what_the_state_does_not_count_is_queued_anew,
		a_spool_without_its_state_sends_its_items,
		a_spool_that_others_write_to_is_refused, a_report_of_a_spool_is_no_link,
		NULL);

	unit_add_loop(suite, a_spool_follows_no_link, ARRAY_SIZE(links));

	unit_add_loop(suite, names_show_no_more_than_the_host, ARRAY_SIZE(names));
	unit_add_loop(suite, tokens_are_one_word, ARRAY_SIZE(tokens));
	return suite;
}
