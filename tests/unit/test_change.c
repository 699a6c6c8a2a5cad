/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/change.h"

#include "base/cleanup.h"
#include "base/macro.h"
#include "fake_class.h"
#include "model/config.h"
#include "unit.h"

static struct model wanted, live;

static void teardown(void)
{
	model_done(&wanted);
	model_done(&live);
}

/* The only thing of a file; @rest stands behind its name and size. */
static struct obj *thing(struct model *model, const char *rest)
{
	_cleanup_(diag_done) struct diag diag = { 0 };
	_cleanup_free_ char *text = NULL, *errors = NULL;
	int r;

	ck_assert_int_ge(asprintf(&text,
				  "version: 1\ngates: [{id: 1}, {id: 2}, {id: 3}]\n"
				  "things: [{name: t1, size: 4KiB%s}]\n",
				  rest),
			 0);
	ck_assert_int_eq(diag_init(&diag, "f"), 0);
	r = config_parse(text, strlen(text), fake_classes, &diag, model);
	errors = unit_diag_text(&diag);
	ck_assert_msg(r == 0, "%s", errors);
	return model_find(model, &fake_thing, "t1");
}

/* One line a change: "name: from -> to". */
static char *differences(const char *have, const char *want)
{
	struct obj *a = thing(&live, have), *b = thing(&wanted, want);
	_cleanup_(changes_done) struct changes found = { 0 };
	struct buf out = { 0 };
	char *text;

	ck_assert_int_eq(changes_find(a, b, obj_differing(a, b), &found), 0);
	vec_foreach (change, &found.changes)
		buf_addf(&out, "%s: %s -> %s\n", change->name, change->from, change->to);
	ck_assert_int_eq(buf_take(&out, &text), 0);
	return text;
}

static const struct {
	const char *have, *want, *differences;
} rows[] = {
	{ "", "", "" },
	{ ", count: 5", ", count: 6", "count: 5 -> 6\n" },
	/* Lists are sets, and what the file leaves open is as it is. */
	{ ", tags: [a, b]", ", tags: [b, a]", "" },
	{ ", tags: [a, b]", "", "" },
	{ ", tags: [a, b]", ", tags: [b, c]", "tags: [a, b] -> [b, c]\n" },
	{ ", tags: [a]", ", tags: []", "tags: [a] -> []\n" },
	{ "", ", tags: []", "tags:  -> []\n" },
	{ ", gates: [1, 2]", ", gates: [2]", "gates: [1, 2] -> [2]\n" },
	/* Objects in lists, by their keys. */
	{ ", parts: [{id: 1, label: a}, {id: 2, label: b}]",
	  ", parts: [{id: 2, label: b}, {id: 1, label: a}]", "" },
	{ ", parts: [{id: 1, label: a, size: 4KiB}]", ", parts: [{id: 1, label: a}]",
	  "" },
	{ ", parts: [{id: 1, label: a}, {id: 2, label: b}]",
	  ", parts: [{id: 1, label: x, width: 9}, {id: 3, label: c}]",
	  "parts[2]: {label: b} -> \n"
	  "parts[1].label: a -> x\n"
	  "parts[1].width: 8 -> 9\n"
	  "parts[3]:  -> {label: c}\n" },
	{ ", parts: [{id: 1, label: a}]", ", parts: [{id: 1, label: a, size: 4KiB}]",
	  "parts[1].size:  -> 4KiB\n" },
	{ "", ", parts: [{id: 1, label: 'a, b', size: '25%'}]",
	  "parts[1]:  -> {label: \"a, b\", size: 25%}\n" },
};

START_TEST(changes_name_each_value_that_differs)
{
	_cleanup_free_ char *text = differences(rows[_i].have, rows[_i].want);

	ck_assert_msg(streq(text, rows[_i].differences), "for '%s' and '%s', got:\n%s",
		      rows[_i].have, rows[_i].want, text);
	teardown();
}
END_TEST

START_TEST(changes_never_show_a_secret)
{
	struct obj *a = thing(&live, ""), *b = thing(&wanted, "");
	_cleanup_(changes_done) struct changes found = { 0 };
	struct buf text = { 0 };

	ck_assert_int_eq(field_set_string(a, THING_SECRET, "open"), 0);
	ck_assert_int_eq(field_set_string(b, THING_SECRET, "sesame"), 0);
	ck_assert_uint_eq(obj_differing(a, b), UINT64_C(1) << THING_SECRET);
	ck_assert_int_eq(changes_find(a, b, obj_differing(a, b), &found), 0);
	ck_assert_uint_eq(found.changes.count, 1);
	ck_assert_str_eq(found.changes.items[0].from, "(not shown)");
	ck_assert_str_eq(found.changes.items[0].to, "(not shown)");
	obj_print(a, 0, &text);
	ck_assert_ptr_nonnull(strstr(text.data, "secret: (not shown)"));
	ck_assert_ptr_null(strstr(text.data, "open"));
	buf_done(&text);
	ck_assert_int_eq(field_set_string(a, THING_SECRET, "sesame"), 0);
	ck_assert_uint_eq(obj_differing(a, b), 0);
	teardown();
}
END_TEST

Suite *suite_change(void)
{
	Suite *suite = unit_suite("change", changes_never_show_a_secret, NULL);

	unit_add_loop(suite, changes_name_each_value_that_differs, ARRAY_SIZE(rows));
	return suite;
}
