/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One row a suite, in the order in which they run: suite_NAME() is in test_NAME.c. No
 * include guard: unit.h and main.c read it with a SUITE() of their own. */
SUITE(buf)
SUITE(utf8)
SUITE(units)
SUITE(fault)
SUITE(similar)
SUITE(diag)
SUITE(pattern)
SUITE(scalar)
SUITE(field)
SUITE(object)
SUITE(change)
SUITE(config)
SUITE(config_file)
SUITE(corpus)
SUITE(planner)
SUITE(reconcile)
