/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts to objects, or to the exact list of what is wrong. */
#include "model/config.h"

#include "base/cleanup.h"
#include "base/macro.h"
#include "fake_class.h"
#include "unit.h"

static struct diag diag;
static struct model model;

static void setup(void)
{
	ck_assert_int_eq(diag_init(&diag, "f"), 0);
}

static void teardown(void)
{
	model_done(&model);
	diag_done(&diag);
}

static int parse(const char *text)
{
	return config_parse(text, strlen(text), fake_classes, &diag, &model);
}

static void parse_well(const char *text)
{
	int r = parse(text);
	_cleanup_free_ char *errors = unit_diag_text(&diag);

	ck_assert_msg(r == 0, "%d for:\n%s\n%s", r, text, errors);
}

/* One line an error: "line:column: message". */
static char *list_errors(void)
{
	_cleanup_free_ char *shown = unit_diag_text(&diag);
	struct buf list = { 0 };
	char *text = NULL;

	for (char *line = strtok(shown, "\n"); line; line = strtok(NULL, "\n"))
		if (strncmp(line, "f:", 2) == 0)
			buf_addf(&list, "%s\n", line + 2);
	ck_assert_int_eq(buf_take(&list, &text), 0);
	return text;
}

START_TEST(config_reads_every_type_of_field)
{
	const struct obj *obj;

	parse_well("version: 1\n"
		   "things:\n"
		   "  - name: t1\n"
		   "    size: min(25%, 8GiB)\n"
		   "    label: \"123\"\n"
		   "    share: '50%'\n"
		   "    count: 7\n"
		   "    flag: true\n"
		   "    mode: fast\n"
		   "  - { size: 4096, name: t0, other: t1 }\n"
		   "gates:\n"
		   "- id: 12\n");
	ck_assert_uint_eq(model.objs.count, 3);
	obj = model_find(&model, &fake_thing, "t1");
	ck_assert_ptr_nonnull(obj);
	ck_assert_str_eq(field_size(obj, THING_SIZE)->text, "min(25%, 8GiB)");
	ck_assert_str_eq(field_string(obj, THING_LABEL), "123");
	ck_assert_str_eq(field_size(obj, THING_SHARE)->text, "50%");
	ck_assert_uint_eq(field_uint(obj, THING_COUNT), 7);
	ck_assert(field_bool(obj, THING_FLAG));
	obj = model_find(&model, &fake_thing, "t0");
	ck_assert_ptr_nonnull(obj);
	ck_assert_uint_eq(field_size(obj, THING_SIZE)->bytes, 4096);
	ck_assert_uint_eq(field_uint(obj, THING_COUNT), 4);
	ck_assert(!field_is_set(obj, THING_LABEL));
	ck_assert_ptr_nonnull(model_find(&model, &fake_gate, "12"));
}
END_TEST

START_TEST(config_keeps_the_place_of_each_value)
{
	const struct obj *obj;
	struct src_pos pos;

	parse_well("version: 1\nthings:\n  - name: t1\n    size: 4KiB\n");
	obj = model_find(&model, &fake_thing, "t1");
	ck_assert_ptr_nonnull(obj);
	ck_assert_uint_eq(obj->pos.line, 3);
	ck_assert_uint_eq(obj->pos.column, 5);
	pos = obj_field_pos(obj, THING_SIZE);
	ck_assert_uint_eq(pos.line, 4);
	ck_assert_uint_eq(pos.column, 11);
}
END_TEST

static const char *const accepted[] = {
	"version: 1",
	"version: 1\n",
	"\xef\xbb\xbfversion: 1\n",
	"---\nversion: 1\n...\n",
	"%YAML 1.1\n---\nversion: 1\n",
	"# a comment\r\nversion: 1\r\nthings: []\r\n",
	"{\"version\": 1, \"things\": [{\"name\": \"t1\", \"size\": \"4KiB\"}]}\n",
	"version: 1\nthings:\n#  - name: t1\n",
	"version: 1\nthings: ~\n",
	"version:\t1\n",
	"version: 1\nthings:\n- name: t1\n  size: 4KiB\n  mode: off\n",
	"version: 1\nthings: [{name: t1, size: \"min(25%, 8GiB)\"}]\n",
};

START_TEST(config_accepts)
{
	parse_well(accepted[_i]);
}
END_TEST

#define HEAD  "version: 1\nthings:\n"
#define THING HEAD "- name: t1\n  size: "

static const struct {
	const char *text, *errors;
} refused[] = {
	/* The whole file. */
	{ "", " the file is empty; begin with 'version: 1'\n" },
	{ "# only\n# comments\n", " the file is empty; begin with 'version: 1'\n" },
	{ "---\n", " the file is empty; begin with 'version: 1'\n" },
	{ "\xff\xfev\0", " is UTF-16 or UTF-32 text; save the file as UTF-8\n" },
	{ "\xfe\xff", " is UTF-16 or UTF-32 text; save the file as UTF-8\n" },
	{ "version: 1\nname: \"caf\xe9\"\n", "2:11: not UTF-8; unexpected byte 0xE9\n" },
	{ "version: 1\n# \x1b[1m\n",
	  "2:3: unexpected character U+001B in a text file\n" },
	{ "version: 1\n# \xef\xbb\xbf\n",
	  "2:3: unexpected character U+FEFF in a text file\n" },
	{ "just words\n",
	  "1:1: expected a mapping that begins with 'version: 1', not a single value\n" },
	{ "- version: 1\n",
	  "1:1: expected a mapping that begins with 'version: 1', not a list\n" },
	{ "version: 1\n---\nversion: 1\n",
	  "2:1: unexpected second document; the file can have only one\n" },

	/* The version. */
	{ "things: []\n",
	  "1:1: the key 'version' is missing; begin the file with 'version: 1'\n" },
	{ "version: 2\nthings: nonsense\nother: 1\n",
	  "1:10: unknown version '2'; this program knows version 1\n" },
	{ "version: 01\n", "1:10: unknown version '01'; this program knows version 1\n" },
	{ "version: '1'\n", "1:10: version: write the number without quotes\n" },
	{ "version:\n", "1:9: version: expected a number; write 'version: 1'\n" },
	{ "version: [1]\n", "1:10: version: expected a number; write 'version: 1'\n" },

	/* Not YAML, or more of it than is needed. */
	{ "version: 1\nthings:\n\t- name: t1\n",
	  "3:1: unexpected tab; YAML indents with spaces\n" },
	{ "version: 1\nthings:\n  - name: t1\n  \tsize: 4KiB\n",
	  "4:3: unexpected tab; YAML indents with spaces\n" },
	{ "version: 1\nthings: [\n",
	  "3:1: not valid YAML: did not find expected node content\n" },
	{ "version: 1\nthings: [",
	  "2:10: not valid YAML: did not find expected node content\n" },
	{ "version: 1\nthings: @x\n",
	  "2:9: not valid YAML: found character that cannot start any token; put a value "
	  "that begins with this character in quotes\n" },
	{ "version: 1\nversion: 1\n",
	  "2:1: the key 'version' occurs twice; first at line 1\n" },
	{ HEAD "- name: t1\n  size: 4KiB\n  size: 8KiB\n  'size': 1MiB\n",
	  "5:3: the key 'size' occurs twice; first at line 4\n"
	  "6:3: the key 'size' occurs twice; first at line 4\n" },
	{ HEAD "- &a\n  name: t1\n  size: 4KiB\n- *a\n",
	  "3:3: anchors ('&a') are not supported\n"
	  "6:3: aliases ('*a') are not supported; write the value out\n" },
	{ HEAD "- name: t1\n  size: &s 4KiB\n- name: t2\n  size: *s\n",
	  "4:9: anchors ('&s') are not supported\n"
	  "6:9: aliases ('*s') are not supported; write the value out\n" },
	{ HEAD "- name: !!str t1\n  size: !x 4KiB\n",
	  "3:9: tags ('tag:yaml.org,2002:str') are not supported\n"
	  "4:9: tags ('!x') are not supported\n" },
	{ HEAD "- <<: {mode: fast}\n  name: t1\n  size: 4KiB\n",
	  "3:3: merge keys ('<<') are not supported\n" },
	{ HEAD "- ? [a, b]\n  : x\n  name: t1\n  size: 4KiB\n",
	  "3:5: a key has to be a word, not a list\n" },
	{ HEAD "- name: \"t1\\0\"\n  size: 4KiB\n",
	  "3:9: a value cannot contain a NUL character\n" },

	/* Sections and their entries. */
	{ "version: 1\nthing: []\nelse: 1\n",
	  "2:1: unknown key 'thing'; did you mean 'things'?\n"
	  "3:1: unknown key 'else'\n" },
	{ "Version: 1\n",
	  "1:1: the key 'version' is missing; begin the file with 'version: 1'\n"
	  "1:1: unknown key 'Version'; did you mean 'version'?\n" },
	{ "version: 1\nthings: {name: t1}\n",
	  "2:9: things: expected a list with '- ' before each entry, not a "
	  "mapping\n" },
	{ "version: 1\nthings: t1\n",
	  "2:9: things: expected a list with '- ' before each entry, not a "
	  "single value\n" },
	{ HEAD "- t1\n-\n- [x]\n",
	  "3:3: things: expected a mapping that begins with 'name: ', not a single value\n"
	  "4:2: things: an entry is empty; delete the entry\n"
	  "5:3: things: expected a mapping that begins with 'name: ', not a list\n" },

	/* Keys. */
	{ HEAD "- name: t1\n  siez: 4KiB\n",
	  "3:3: thing 't1': the key 'size' is missing\n"
	  "4:3: thing 't1': unknown key 'siez'; did you "
	  "mean 'size'?\n" },
	{ THING "4KiB\n  colour: red\n",
	  "5:3: thing 't1': unknown key 'colour'; the keys are name, size, label, share, "
	  "count, flag, mode, other, tags, gates, parts\n" },
	{ THING "4KiB\n  used: 4KiB\n",
	  "5:3: thing 't1': unknown key 'used'; the keys are name, size, label, share, "
	  "count, flag, mode, other, tags, gates, parts\n" },
	{ HEAD "- size: 4KiB\n- {}\n", "3:3: thing: the key 'name' is missing\n"
				       "4:3: thing: the key 'name' is missing\n"
				       "4:3: thing: the key 'size' is missing\n" },
	{ HEAD
	  "- name: t1\n  size: 4KiB\n- name: t2\n  size: 4KiB\n- size: 8KiB\n  name: t1\n",
	  "8:9: thing 't1' occurs twice; first at line 3\n" },
	{ "version: 1\ngates: [{id: 1}, {id: 2}, {id: 1}]\n",
	  "2:32: gate '1' occurs twice; first at line 2\n" },

	/* Names. */
	{ HEAD "- name: t1 junk\n  size: 4KiB\n",
	  "3:11: thing: name 't1 junk': expected 't' and a number, as in 't0'\n" },
	{ HEAD "- name: 't1x'\n  size: 4KiB\n",
	  "3:12: thing: name 't1x': expected 't' and a number, as in 't0'\n" },
	{ HEAD "- name:\n  size: 4KiB\n", "3:8: thing: name has no value\n" },
	{ HEAD "- name: ''\n  size: 4KiB\n",
	  "3:10: thing: name '': expected 't' and a number, as in 't0'\n" },
	{ HEAD "- name: [t1]\n  size: 4KiB\n",
	  "3:9: thing: name: expected a word, not a list\n" },

	/* Sizes, with the caret where it goes wrong. */
	{ THING "-1\n", "4:9: thing 't1': size '-1': a size has no sign\n" },
	{ THING "0\n", "4:9: thing 't1': size '0': has to be at least 512\n" },
	{ THING "1.5GiB\n",
	  "4:10: thing 't1': size '1.5GiB': fractions are not supported; for "
	  "1.5GiB write 1536MiB\n" },
	{ THING "18446744073709551616\n",
	  "4:9: thing 't1': size '18446744073709551616': does "
	  "not fit into 64 bits\n" },
	{ THING "\"min(25%, 8GB)\"\n",
	  "4:20: thing 't1': size 'min(25%, 8GB)': unknown unit; did you mean GiB (powers of 1024)?\n" },
	/* An escape: what is a character of the value is several of the text. */
	{ THING "\"\\x31.5GiB\"\n", "4:9: thing 't1': size '1.5GiB': fractions are not "
				    "supported; for 1.5GiB write 1536MiB\n" },
	{ THING "{a: b}\n", "4:9: thing 't1': size: expected a size, not a mapping\n" },
	{ THING "\n  mode: fast\n", "4:8: thing 't1': size has no value\n" },
	{ THING "null\n", "4:9: thing 't1': size has no value\n" },
	{ "version: 1\nthings: [{name: t1, size: min(25%, 8GiB)}]\n",
	  "2:34: thing 't1': size 'min(25%': a ')' is missing; inside { } put a size with a comma "
	  "in quotes\n"
	  "2:36: thing 't1': unknown key '8GiB)'; the keys are name, size, label, share, "
	  "count, flag, mode, other, tags, gates, parts\n" },

	/* Booleans, numbers, words. */
	{ THING "4KiB\n  flag: yes\n",
	  "5:9: thing 't1': flag 'yes': write true or false\n" },
	{ THING "4KiB\n  flag: 'true'\n",
	  "5:9: thing 't1': flag 'true': write true or false, without quotes\n" },
	{ THING "4KiB\n  count: '4'\n",
	  "5:10: thing 't1': count '4': write the number without quotes\n" },
	{ THING "4KiB\n  count: 4x\n",
	  "5:11: thing 't1': count '4x': expected a whole number, digits only\n" },
	{ THING "4KiB\n  count: 65\n",
	  "5:10: thing 't1': count '65': has to be at most 64\n" },
	{ THING "4KiB\n  mode: fats\n",
	  "5:9: thing 't1': mode 'fats': expected slow, fast or off\n" },
	{ THING "4KiB\n  label: 123\n",
	  "5:10: thing 't1': label '123': YAML does not read this as a string; "
	  "write the value in quotes\n" },
	{ THING "4KiB\n  label: \"a\\nb\"\n",
	  "5:10: thing 't1': label 'a?b': contains a character that cannot be printed\n" },

	/* Lists, and the objects in them. */
	{ THING "4KiB\n  tags: a\n",
	  "5:9: thing 't1': tags: expected a list, as in [a, b], not a single value\n" },
	{ THING "4KiB\n  tags: {a: b}\n",
	  "5:9: thing 't1': tags: expected a list, as in [a, b], not a mapping\n" },
	{ THING "4KiB\n  tags:\n", "5:8: thing 't1': tags has no value\n" },
	{ THING "4KiB\n  tags: [ab, aXb, [c], ~]\n",
	  "5:15: thing 't1': tags 'aXb': expected small letters and colons\n"
	  "5:19: thing 't1': tags: expected a word, not a list\n"
	  "5:24: thing 't1': tags: an entry is empty; delete the entry\n" },
	{ THING "4KiB\n  tags: [b, a, b, c, b]\n",
	  "5:16: thing 't1': tags 'b' occurs twice\n"
	  "5:22: thing 't1': tags 'b' occurs twice\n" },
	{ THING "4KiB\n  tags: [true]\n",
	  "5:10: thing 't1': tags 'true': YAML does not read this as a string; "
	  "write the value in quotes\n" },
	{ THING "4KiB\n  gates: [3, x, \"3\", 03]\ngates: [{id: 3}]\n",
	  "5:14: thing 't1': gates 'x': expected a whole number, digits only\n"
	  "5:17: thing 't1': gates '3': write the number without quotes\n"
	  "5:17: thing 't1': gates '3' occurs twice\n"
	  "5:22: thing 't1': gates '03': write the number without the leading zero\n" },
	{ THING "4KiB\n  gates: [3, 4]\ngates: [{id: 3}]\n",
	  "5:14: thing 't1': the configuration has no gate '4'\n" },
	{ THING "4KiB\n  parts: {id: 1}\n",
	  "5:10: thing 't1': parts: expected a list, not a mapping\n" },
	{ THING "4KiB\n  parts: [1, [], ~]\n",
	  "5:11: thing 't1': parts: expected a mapping that begins with 'id: ', not a "
	  "single value\n"
	  "5:14: thing 't1': parts: expected a mapping that begins with 'id: ', not a list\n"
	  "5:18: thing 't1': parts: expected a mapping that begins with 'id: ', not a "
	  "single value\n" },
	{ THING "4KiB\n  parts: [{id: 1}, {label: a}, {id: 100, label: a}]\n",
	  "5:11: thing 't1': part '1': the key 'label' is missing\n"
	  "5:20: thing 't1': part: the key 'id' is missing\n"
	  "5:37: thing 't1': part: id '100': has to be at most 99\n" },
	{ THING "4KiB\n  parts: [{id: 1, label: a, lable: b, with: 3}]\n",
	  "5:29: thing 't1': part '1': unknown key 'lable'; did you mean 'label'?\n"
	  "5:39: thing 't1': part '1': unknown key 'with'; did you mean 'width'?\n" },
	{ THING "4KiB\n  parts: [{id: 2, label: a}, {id: 1, label: b}, {label: c, id: "
		"2}]\n",
	  "5:64: thing 't1': part '2' occurs twice; first at line 5\n" },
	{ THING "4KiB\n  parts: [{id: 2, label: a, gate: 8}]\n",
	  "5:35: thing 't1': part '2': the configuration has no gate '8'\n" },

	/* A section that is one mapping. */
	{ "version: 1\nlamp: [{color: red}]\n",
	  "2:7: lamp: expected a mapping, not a list\n" },
	{ "version: 1\nlamp: red\n",
	  "2:7: lamp: expected a mapping, not a single value\n" },
	{ "version: 1\nlamp: {colour: red}\n",
	  "2:7: lamp: the key 'color' is missing\n"
	  "2:8: lamp: unknown key 'colour'; did you mean 'color'?\n" },
	{ "version: 1\nlamp: {color: 1}\n",
	  "2:15: lamp: color '1': YAML does not read this as a string; "
	  "write the value in quotes\n" },

	/* Rules that involve several objects. */
	{ THING "4KiB\n  other: t9\n",
	  "5:10: thing 't1': the configuration has no thing 't9'\n" },
	/* An object with an error is still there for the others. */
	{ THING "4KiB\n  other: t2\n- name: t2\n  size: x\n",
	  "7:9: thing 't2': size 'x': expected a number, as in 4096, 512KiB, 2GiB or 25%, or "
	  "min(25%, 8GiB)\n" },
};

START_TEST(config_refuses)
{
	_cleanup_free_ char *errors = NULL;
	int r = parse(refused[_i].text);

	errors = list_errors();
	ck_assert_msg(r == -EINVAL, "%d for:\n%s", r, refused[_i].text);
	ck_assert_msg(streq(errors, refused[_i].errors), "for:\n%s\ngot:\n%swanted:\n%s",
		      refused[_i].text, errors, refused[_i].errors);
	ck_assert_ptr_null(model.objs.items);
}
END_TEST

START_TEST(config_reads_lists_and_what_is_in_them)
{
	const struct obj *thing, *part, *lamp;

	parse_well("version: 1\n"
		   "things:\n"
		   "- name: t1\n"
		   "  size: 4KiB\n"
		   "  tags: []\n"
		   "  gates: [4, 3]\n"
		   "  parts:\n"
		   "  - {id: 2, label: two, size: \"min(25%, 8GiB)\"}\n"
		   "  - label: one\n"
		   "    id: 1\n"
		   "    width: 9\n"
		   "gates: [{id: 3}, {id: 4}]\n"
		   "lamp:\n"
		   "  color: red\n"
		   "  tags: [a, 'b c']\n");
	thing = model_find(&model, &fake_thing, "t1");
	ck_assert_ptr_nonnull(thing);
	ck_assert(field_is_set(thing, THING_TAGS));
	ck_assert_uint_eq(field_strings(thing, THING_TAGS)->items.count, 0);
	ck_assert(field_has_item(thing, THING_GATES, "3"));
	ck_assert(!field_has_item(thing, THING_GATES, "1"));
	ck_assert_uint_eq(field_strings(thing, THING_GATES)->items.items[1].pos.column,
			  14);
	ck_assert_uint_eq(field_objects(thing, THING_PARTS)->objs.count, 2);
	part = field_find_object(thing, THING_PARTS, "2");
	ck_assert_ptr_nonnull(part);
	ck_assert_uint_eq(field_uint(part, PART_WIDTH), 8); /* the default */
	ck_assert_uint_eq(part->pos.line, 8);
	model_resolve(&model, UINT64_C(4) << 30);
	ck_assert_uint_eq(field_size(part, PART_SIZE)->bytes, UINT64_C(1) << 30);
	lamp = model_find(&model, &fake_lamp, "lamp");
	ck_assert_ptr_nonnull(lamp);
	ck_assert_str_eq(obj_name(lamp), "lamp");
	ck_assert(field_has_item(lamp, LAMP_TAGS, "b c"));
}
END_TEST

START_TEST(config_reads_an_empty_mapping_section_as_absent)
{
	parse_well("version: 1\nlamp:\n");
	ck_assert_ptr_null(model_find(&model, &fake_lamp, "lamp"));
	/* A mapping lists no objects: nothing may be removed because of it. */
	ck_assert(!model_states(&model, &fake_lamp));
}
END_TEST

START_TEST(config_reports_all_errors_in_one_run)
{
	_cleanup_free_ char *errors = NULL;

	ck_assert_int_eq(parse("version: 1\n"
			       "thinks: []\n"
			       "things:\n"
			       "- name: t1\n"
			       "  size: -1\n"
			       "  flag: on\n"
			       "  flag: true\n"
			       "- name: t1\n"
			       "- nonsense\n"),
			 -EINVAL);
	errors = list_errors();
	ck_assert_str_eq(errors,
			 "2:1: unknown key 'thinks'; did you mean 'things'?\n"
			 "5:9: thing 't1': size '-1': a size has no sign\n"
			 "6:9: thing 't1': flag 'on': write true or false\n"
			 "7:3: the key 'flag' occurs twice; first at line 6\n"
			 "8:3: thing 't1': the key 'size' is missing\n"
			 "8:9: thing 't1' occurs twice; first at line 4\n"
			 "9:3: things: expected a mapping that begins with 'name: ', not "
			 "a single value\n");
}
END_TEST

START_TEST(config_refuses_a_nul_byte)
{
	_cleanup_free_ char *errors = NULL;

	ck_assert_int_eq(config_parse("version: 1\n\0", 12, fake_classes, &diag, &model),
			 -EINVAL);
	errors = list_errors();
	ck_assert_str_eq(errors,
			 "2:1: unexpected NUL byte; the file is not UTF-8 text\n");
}
END_TEST

/* @prefix, then @count times @unit. */
static char *repeat(const char *prefix, const char *unit, size_t count)
{
	struct buf text = { 0 };
	char *ret = NULL;

	buf_add(&text, prefix);
	for (size_t i = 0; i < count; i++)
		buf_add(&text, unit);
	ck_assert_int_eq(buf_take(&text, &ret), 0);
	return ret;
}

START_TEST(config_refuses_ten_thousand_levels)
{
	const char *const units[] = { "[", "{a: ", "- ", "? " };
	_cleanup_free_ char *text = repeat("", units[_i], 10000);
	_cleanup_free_ char *errors = NULL;

	ck_assert_int_eq(parse(text), -EINVAL);
	errors = list_errors();
	ck_assert_msg(strstr(errors, "nesting is deeper than 16 levels\n"), "'%s': %s",
		      units[_i], errors);
	ck_assert_uint_le(diag.entries.count, 16);
}
END_TEST

START_TEST(config_keeps_a_bounded_number_of_errors)
{
	_cleanup_free_ char *text = repeat("version: 1\nthings:\n", "- 1\n", 200000);

	ck_assert_int_eq(parse(text), -EINVAL);
	ck_assert_uint_eq(diag.entries.count, DIAG_KEPT_MAX);
	ck_assert_uint_eq(diag.left_out, 200000 - DIAG_KEPT_MAX);
}
END_TEST

START_TEST(config_refuses_ten_thousand_levels_of_indentation)
{
	struct buf text = { 0 };
	_cleanup_free_ char *errors = NULL;

	for (int i = 0; i < 2000; i++)
		buf_addf(&text, "%*sa:\n", i, "");
	ck_assert(!text.failed);
	ck_assert_int_eq(parse(text.data), -EINVAL);
	buf_done(&text);
	errors = list_errors();
	ck_assert_str_eq(errors, "17:17: nesting is deeper than 16 levels\n");
}
END_TEST

START_TEST(config_refuses_a_bomb)
{
	_cleanup_free_ char *errors = NULL;

	ck_assert_int_eq(parse("version: 1\n"
			       "a: &a [x,x,x,x,x,x,x,x,x]\n"
			       "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
			       "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
			       "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"),
			 -EINVAL);
	errors = list_errors();
	ck_assert_ptr_nonnull(strstr(errors, "2:4: anchors ('&a') are not supported\n"));
	ck_assert_ptr_nonnull(strstr(errors, "5:8: aliases ('*c') are not supported"));
}
END_TEST

START_TEST(config_refuses_more_nodes_than_any_machine_needs)
{
	_cleanup_free_ char *text = repeat("version: 1\nthings:\n", "-\n", 600000);
	_cleanup_free_ char *errors = NULL;

	ck_assert_int_eq(parse(text), -EINVAL);
	errors = list_errors();
	ck_assert_ptr_nonnull(strstr(
		errors, "the configuration has more than 500000 keys and values\n"));
}
END_TEST

START_TEST(config_refuses_a_text_above_the_limit)
{
	_cleanup_free_ char *text =
		repeat("version: 1\n#", "0123456789abcdef", CONFIG_SIZE_MAX / 16);
	_cleanup_free_ char *errors = NULL;

	ck_assert_int_eq(parse(text), -EINVAL);
	errors = list_errors();
	ck_assert_str_eq(errors, " is larger than 16 MiB\n");
}
END_TEST

START_TEST(config_reads_ten_thousand_objects)
{
	struct buf text = { 0 };

	buf_add(&text, "version: 1\nthings:\n");
	for (int i = 0; i < 10000; i++)
		buf_addf(&text, "- name: t%d\n  size: 4KiB\n  mode: fast\n  label: x\n",
			 i);
	ck_assert(!text.failed);
	parse_well(text.data);
	ck_assert_uint_eq(model.objs.count, 10000);
	buf_done(&text);
}
END_TEST

START_TEST(config_names_a_long_value_only_in_part)
{
	_cleanup_free_ char *text = repeat(THING, "x", 100000);
	_cleanup_free_ char *shown = NULL;

	ck_assert_int_eq(parse(text), -EINVAL);
	shown = unit_diag_text(&diag);
	ck_assert_uint_lt(strlen(shown), 1000);
}
END_TEST

static void add(Suite *suite, const TTest *test, size_t rows)
{
	TCase *tcase = tcase_create(test->name);

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, test, 0, (int)rows);
	suite_add_tcase(suite, tcase);
}

/* Each break of a line begins a directive, and no later text is looked at. */
static const struct {
	const char *text, *error;
} directives[] = {
	{ "%TAG ! x\n---\nversion: 1\n", "1:1: directives ('%TAG') " },
	{ "%YAML 1.1\n%YAML 1.1\n---\nversion: 1\n", "2:1: directives ('%YAML') " },
	{ "a: 1\xc2\x85%X\n", "2:1: directives ('%X') " },
	{ "version: 1\n...\n%TAG !a! b\n\001", "3:1: directives ('%TAG') " },
};

START_TEST(config_refuses_directives_before_it_parses)
{
	_cleanup_free_ char *errors = NULL;

	ck_assert_int_eq(parse(directives[_i].text), -EINVAL);
	errors = list_errors();
	ck_assert_msg(
		strncmp(errors, directives[_i].error, strlen(directives[_i].error)) == 0,
		"%s", errors);
	ck_assert_ptr_eq(strchr(errors, '\n') + 1, errors + strlen(errors));
}
END_TEST

START_TEST(config_accepts_the_directive_of_the_version)
{
	parse_well("%YAML 1.1\n---\nversion: 1\n");
}
END_TEST

Suite *suite_config(void)
{
	Suite *suite = suite_create("config");

	add(suite, config_reads_every_type_of_field, 1);
	add(suite, config_keeps_the_place_of_each_value, 1);
	add(suite, config_accepts, ARRAY_SIZE(accepted));
	add(suite, config_reads_lists_and_what_is_in_them, 1);
	add(suite, config_reads_an_empty_mapping_section_as_absent, 1);
	add(suite, config_refuses, ARRAY_SIZE(refused));
	add(suite, config_reports_all_errors_in_one_run, 1);
	add(suite, config_refuses_a_nul_byte, 1);
	add(suite, config_refuses_ten_thousand_levels, 4);
	add(suite, config_refuses_ten_thousand_levels_of_indentation, 1);
	add(suite, config_keeps_a_bounded_number_of_errors, 1);
	add(suite, config_refuses_a_bomb, 1);
	add(suite, config_refuses_more_nodes_than_any_machine_needs, 1);
	add(suite, config_refuses_a_text_above_the_limit, 1);
	add(suite, config_reads_ten_thousand_objects, 1);
	add(suite, config_names_a_long_value_only_in_part, 1);
	add(suite, config_refuses_directives_before_it_parses, ARRAY_SIZE(directives));
	add(suite, config_accepts_the_directive_of_the_version, 1);
	return suite;
}
