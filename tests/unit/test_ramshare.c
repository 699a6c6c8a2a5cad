/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The size of RAM that a share is of stays the same until the next boot. */
#include "base/cleanup.h"
#include "sys/ramshare.h"
#include "unit.h"

#include <errno.h>
#include <sys/stat.h>

#define GIB (UINT64_C(1) << 30)

static char *make_root(struct kfs *kfs, struct fault *fault)
{
	_cleanup_free_ char *run = NULL;
	char *root = unit_dir();

	ck_assert_int_ge(asprintf(&run, "%s/run", root), 0);
	ck_assert_int_eq(mkdir(run, 0755), 0);
	ck_assert_int_eq(kfs_init(kfs, root, fault), 0);
	return root;
}

START_TEST(the_first_run_of_a_boot_decides)
{
	_cleanup_free_ char *root = NULL;
	struct fault fault = { 0 };
	struct kfs kfs = { 0 };

	root = make_root(&kfs, &fault);
	ck_assert_uint_eq(ramshare_bytes(&kfs, 8 * GIB, false), 8 * GIB);
	ck_assert_uint_eq(ramshare_bytes(&kfs, 16 * GIB, true), 16 * GIB);
	ck_assert_uint_eq(ramshare_bytes(&kfs, 8 * GIB, true), 16 * GIB);
	ck_assert_uint_eq(ramshare_bytes(&kfs, 32 * GIB, false), 16 * GIB);
	kfs_done(&kfs);
}
END_TEST

/* The operations: the directory, the new file, its name. */
START_TEST(a_run_that_cannot_remember_computes_anew)
{
	struct fault fault = { .mode = FAULT_FAIL,
			       .at = (unsigned int)_i + 1,
			       .error = -EIO };
	_cleanup_free_ char *root = NULL;
	struct kfs kfs = { 0 };

	root = make_root(&kfs, &fault);
	ck_assert_uint_eq(ramshare_bytes(&kfs, 16 * GIB, true), 16 * GIB);
	ck_assert_uint_eq(fault.seen, _i + 1);
	ck_assert_uint_eq(ramshare_bytes(&kfs, 8 * GIB, false), 8 * GIB);
	kfs_done(&kfs);
}
END_TEST

Suite *suite_ramshare(void)
{
	Suite *suite = unit_suite("ramshare", the_first_run_of_a_boot_decides, NULL);

	unit_add_loop(suite, a_run_that_cannot_remember_computes_anew, 3);
	return suite;
}
