/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/fault.h"

#include "base/macro.h"
#include "unit.h"

#include <errno.h>
#include <signal.h>

static const struct {
	const char *text;
	int r;
	enum fault_mode mode;
	unsigned int at;
	int error;
} rows[] = {
	{ "kill:1", 0, FAULT_KILL, 1, 0 },
	{ "fail:3", 0, FAULT_FAIL, 3, -EIO },
	{ "fail:3:16", 0, FAULT_FAIL, 3, -EBUSY },
	{ "", -EINVAL, FAULT_NONE, 0, 0 },
	{ "kill", -EINVAL, FAULT_NONE, 0, 0 },
	{ "kill:", -EINVAL, FAULT_NONE, 0, 0 },
	{ "kill:0", -EINVAL, FAULT_NONE, 0, 0 },
	{ "kill:1:5", -EINVAL, FAULT_NONE, 0, 0 },
	{ "kill:4294967296", -EINVAL, FAULT_NONE, 0, 0 },
	{ "fail:-1", -EINVAL, FAULT_NONE, 0, 0 },
	{ "fail:1:", -EINVAL, FAULT_NONE, 0, 0 },
	{ "fail:1:0", -EINVAL, FAULT_NONE, 0, 0 },
	{ "fail:1:4096", -EINVAL, FAULT_NONE, 0, 0 },
	{ "fail:1:5:5", -EINVAL, FAULT_NONE, 0, 0 },
	{ "fail:0000000000000000000000000000000000000000000000000000000000000001",
	  -EINVAL, FAULT_NONE, 0, 0 },
	{ "stop:1", -EINVAL, FAULT_NONE, 0, 0 },
};

START_TEST(fault_parse_takes_only_what_it_documents)
{
	struct fault fault = { 0 };
	int r = fault_parse(rows[_i].text, &fault);

	ck_assert_msg(r == rows[_i].r, "'%s': %d", rows[_i].text, r);
	ck_assert_msg(fault.mode == rows[_i].mode, "'%s'", rows[_i].text);
	ck_assert_msg(fault.at == rows[_i].at, "'%s'", rows[_i].text);
	ck_assert_msg(fault.error == rows[_i].error, "'%s'", rows[_i].text);
}
END_TEST

START_TEST(fault_point_fails_once_at_its_operation)
{
	struct fault fault = { .mode = FAULT_FAIL, .at = 2, .error = -EBUSY };

	ck_assert_int_eq(fault_point(&fault), 0);
	ck_assert_int_eq(fault_point(&fault), -EBUSY);
	ck_assert_int_eq(fault_point(&fault), 0);
	ck_assert_uint_eq(fault.seen, 3);
}
END_TEST

START_TEST(fault_point_counts_where_there_is_no_fault)
{
	struct fault fault = { 0 };

	ck_assert_int_eq(fault_point(&fault), 0);
	ck_assert_int_eq(fault_point(&fault), 0);
	ck_assert_uint_eq(fault.seen, 2);
}
END_TEST

START_TEST(fault_point_kills_at_its_operation)
{
	struct fault fault = { .mode = FAULT_KILL, .at = 2 };

	ck_assert_int_eq(fault_point(&fault), 0);
	fault_point(&fault);
	exit(EXIT_SUCCESS);
}
END_TEST

Suite *suite_fault(void)
{
	Suite *suite = unit_suite("fault", fault_point_fails_once_at_its_operation,
				  fault_point_counts_where_there_is_no_fault, NULL);
	TCase *killed = tcase_create("kill");

	tcase_add_test_raise_signal(killed, fault_point_kills_at_its_operation, SIGKILL);
	suite_add_tcase(suite, killed);
	unit_add_loop(suite, fault_parse_takes_only_what_it_documents, ARRAY_SIZE(rows));
	return suite;
}
