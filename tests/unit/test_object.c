/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/model.h"

#include "base/cleanup.h"
#include "base/macro.h"
#include "fake_class.h"
#include "unit.h"

static void obj_freep(struct obj **obj)
{
	obj_free(*obj);
}

static struct obj *new_thing(const char *name)
{
	struct obj *obj = obj_new(&fake_thing);

	ck_assert_ptr_nonnull(obj);
	ck_assert_int_eq(field_set_string(obj, THING_NAME, name), 0);
	return obj;
}

static struct obj *new_gate(uint64_t id)
{
	struct obj *obj = obj_new(&fake_gate);

	ck_assert_ptr_nonnull(obj);
	field_set_uint(obj, GATE_ID, id);
	return obj;
}

START_TEST(obj_name_of_a_number_is_its_digits)
{
	_cleanup_(obj_freep) struct obj *gate = new_gate(UINT64_MAX);

	ck_assert_str_eq(obj_name(gate), "18446744073709551615");
}
END_TEST

START_TEST(obj_set_defaults_leaves_what_is_set)
{
	_cleanup_(obj_freep) struct obj *obj = new_thing("t1");

	field_set_uint(obj, THING_COUNT, 9);
	ck_assert_int_eq(obj_set_defaults(obj), 0);
	ck_assert_uint_eq(field_uint(obj, THING_COUNT), 9);
	ck_assert(field_is_set(obj, THING_FLAG));
	ck_assert(!field_bool(obj, THING_FLAG));
	ck_assert(field_is_set(obj, THING_MODE));
	ck_assert(!field_is_set(obj, THING_SIZE));
}
END_TEST

START_TEST(obj_field_pos_of_a_default_is_that_of_the_object)
{
	_cleanup_(obj_freep) struct obj *obj = new_thing("t1");

	obj->pos = (struct src_pos){ .line = 3, .column = 5 };
	ck_assert_uint_eq(obj_field_pos(obj, THING_SIZE).line, 3);
	obj->field_pos = calloc(THING_FIELDS, sizeof(*obj->field_pos));
	obj->field_pos[THING_SIZE] = (struct src_pos){ .line = 4, .column = 11 };
	ck_assert_uint_eq(obj_field_pos(obj, THING_SIZE).column, 11);
	ck_assert_uint_eq(obj_field_pos(obj, THING_LABEL).column, 5);
}
END_TEST

static const struct {
	const char *a, *b;
	int order;
} names[] = {
	{ "t2", "t10", -1 },
	{ "t10", "t2", 1 },
	{ "t2", "t2", 0 },
	{ "t", "t0", -1 },
	{ "t1", "t01", 1 },
	{ "t01", "t1", -1 },
	{ "t1a", "t1b", -1 },
	{ "a9", "b1", -1 },
	{ "t1a2", "t01a10", -1 },
	{ "t99999999999999999999", "t100000000000000000000", -1 },
};

START_TEST(obj_compare_orders_numbers_in_names_by_value)
{
	_cleanup_(obj_freep) struct obj *a = new_thing(names[_i].a);
	_cleanup_(obj_freep) struct obj *b = new_thing(names[_i].b);
	int r = obj_compare(a, b);

	ck_assert_msg((r > 0) - (r < 0) == names[_i].order, "'%s', '%s': %d", names[_i].a,
		      names[_i].b, r);
	ck_assert((obj_compare(b, a) > 0) == (r < 0));
}
END_TEST

START_TEST(obj_compare_orders_by_rank_first)
{
	_cleanup_(obj_freep) struct obj *thing = new_thing("z");
	_cleanup_(obj_freep) struct obj *gate = new_gate(0);

	ck_assert_int_lt(obj_compare(thing, gate), 0);
	ck_assert_int_gt(obj_compare(gate, thing), 0);
}
END_TEST

START_TEST(model_finds_each_object_by_class_and_name)
{
	struct model model = { 0 };
	char name[16];

	for (unsigned int i = 0; i < 1000; i++) {
		unsigned int n = i * 7919 % 1000;

		snprintf(name, sizeof(name), "t%u", n);
		ck_assert_int_eq(model_add(&model, new_thing(name)), 0);
		ck_assert_int_eq(model_add(&model, new_gate(n)), 0);
	}
	ck_assert_int_eq(model_sort(&model), 0);
	for (unsigned int i = 0; i < 1000; i++) {
		struct obj *obj;

		snprintf(name, sizeof(name), "t%u", i);
		obj = model_find(&model, &fake_thing, name);
		ck_assert_ptr_nonnull(obj);
		ck_assert_str_eq(obj_name(obj), name);
		obj = model_find(&model, &fake_gate, name + 1);
		ck_assert_ptr_nonnull(obj);
		ck_assert_uint_eq(field_uint(obj, GATE_ID), i);
	}
	ck_assert_ptr_null(model_find(&model, &fake_thing, "t1000"));
	ck_assert_ptr_null(model_find(&model, &fake_gate, "t1"));
	model_done(&model);
	ck_assert_uint_eq(model.objs.count, 0);
}
END_TEST

START_TEST(model_finds_the_first_object_of_each_indexed_value)
{
	struct model model = { 0 };
	char text[16];

	for (unsigned int i = 0; i < 1000; i++) {
		struct obj *thing;

		snprintf(text, sizeof(text), "t%u", i);
		thing = new_thing(text);
		snprintf(text, sizeof(text), "label%u", i * 7919 % 100);
		ck_assert_int_eq(field_set_string(thing, THING_LABEL, text), 0);
		ck_assert_int_eq(field_set_string(thing, THING_OTHER, "other"), 0);
		ck_assert_int_eq(model_add(&model, thing), 0);
		ck_assert_int_eq(model_add(&model, new_gate(i)), 0);
	}
	ck_assert_ptr_null(model_find_value(&model, &fake_thing, THING_LABEL, "label1"));
	ck_assert_int_eq(model_sort_values(&model), 0);
	for (unsigned int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "label%u", i * 7919 % 100);
		ck_assert_ptr_eq(model_find_value(&model, &fake_thing, THING_LABEL, text),
				 model.objs.items[2 * i]);
	}
	ck_assert_ptr_null(model_find_value(&model, &fake_thing, THING_LABEL, "label"));
	ck_assert_ptr_null(model_find_value(&model, &fake_thing, THING_OTHER, "other"));
	ck_assert_ptr_null(model_find_value(&model, &fake_gate, THING_LABEL, "label1"));
	model_done(&model);
}
END_TEST

/* A gate has a text for its parity, and one more with a note. */
START_TEST(model_finds_the_first_object_of_each_text)
{
	struct model model = { 0 };

	for (unsigned int i = 1; i <= 1000; i++) {
		struct obj *gate = new_gate(i);

		if (i % 10 == 0)
			ck_assert_int_eq(field_set_string(gate, GATE_NOTE, "ten"), 0);
		ck_assert_int_eq(model_add(&model, gate), 0);
		ck_assert_int_eq(model_add(&model, new_thing("t1")), 0);
	}
	ck_assert_int_eq(model_sort_values(&model), 0);
	ck_assert_ptr_eq(model_find_text(&model, &fake_gate, "odd"), model.objs.items[0]);
	ck_assert_ptr_eq(model_find_text(&model, &fake_gate, "even"),
			 model.objs.items[2]);
	ck_assert_ptr_eq(model_find_text(&model, &fake_gate, "note ten"),
			 model.objs.items[18]);
	ck_assert_ptr_null(model_find_text(&model, &fake_gate, "note"));
	ck_assert_ptr_null(model_find_text(&model, &fake_thing, "odd"));
	/* The texts are made anew. */
	ck_assert_int_eq(model_sort_values(&model), 0);
	ck_assert_ptr_eq(model_find_text(&model, &fake_gate, "even"),
			 model.objs.items[2]);
	model_done(&model);
}
END_TEST

START_TEST(model_resolve_evaluates_the_sizes_of_all_objects)
{
	struct model model = { 0 };
	struct obj *obj = new_thing("t1");
	char *error;
	size_t offset;

	ck_assert_int_eq(field_parse(obj, THING_SIZE, "50%", &error, &offset), 0);
	ck_assert_int_eq(model_add(&model, obj), 0);
	model_resolve(&model, UINT64_C(4) << 30);
	ck_assert_uint_eq(field_size(obj, THING_SIZE)->bytes, UINT64_C(2) << 30);
	model_done(&model);
}
END_TEST

START_TEST(model_lends_what_is_below_a_rank_and_keeps_it)
{
	struct model lender = { 0 }, borrower = { 0 };
	struct obj *thing = new_thing("t1");

	ck_assert_uint_lt(fake_thing.rank, fake_gate.rank);
	ck_assert_int_eq(model_add(&lender, new_gate(1)), 0);
	ck_assert_int_eq(model_add(&lender, thing), 0);
	ck_assert_int_eq(model_lend(&lender, fake_gate.rank, &borrower), 0);
	ck_assert_int_eq(model_add(&borrower, new_gate(2)), 0);
	ck_assert_int_eq(model_sort(&borrower), 0);
	ck_assert_uint_eq(borrower.objs.count, 2);
	ck_assert_ptr_eq(model_find(&borrower, &fake_thing, "t1"), thing);
	ck_assert_ptr_nonnull(model_find(&borrower, &fake_gate, "2"));
	model_done(&borrower);
	ck_assert_int_eq(model_sort(&lender), 0);
	ck_assert_ptr_eq(model_find(&lender, &fake_thing, "t1"), thing);
	ck_assert_ptr_nonnull(model_find(&lender, &fake_gate, "1"));
	model_done(&lender);
}
END_TEST

START_TEST(empty_and_unmade_things_can_be_freed)
{
	struct model model = { 0 };

	obj_free(NULL);
	ck_assert_int_eq(model_sort(&model), 0);
	ck_assert_ptr_null(model_find(&model, &fake_thing, "t1"));
	model_done(&model);
	model_done(&model);
}
END_TEST

Suite *suite_object(void)
{
	Suite *suite = unit_suite("object", obj_name_of_a_number_is_its_digits,
				  obj_set_defaults_leaves_what_is_set,
				  obj_field_pos_of_a_default_is_that_of_the_object,
				  obj_compare_orders_by_rank_first,
				  model_finds_each_object_by_class_and_name,
				  model_finds_the_first_object_of_each_indexed_value,
				  model_finds_the_first_object_of_each_text,
				  model_resolve_evaluates_the_sizes_of_all_objects,
				  model_lends_what_is_below_a_rank_and_keeps_it,
				  empty_and_unmade_things_can_be_freed, NULL);

	unit_add_loop(suite, obj_compare_orders_numbers_in_names_by_value,
		      ARRAY_SIZE(names));
	return suite;
}
