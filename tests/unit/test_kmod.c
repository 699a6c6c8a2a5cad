/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/kmod.h"

#include "unit.h"

#include <errno.h>

/* By the real library, with all that is called of it. */
START_TEST(test_unknown_module)
{
	struct fault fault = { 0 };

	ck_assert_int_eq(kmod_find("rapiddisk-no-such-module"), -ENOENT);
	ck_assert_int_eq(kmod_load("rapiddisk-no-such-module", &fault), -ENOENT);
}
END_TEST

Suite *suite_kmod(void)
{
	return unit_suite("kmod", test_unknown_module, NULL);
}
