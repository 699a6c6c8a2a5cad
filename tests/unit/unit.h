/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The helpers of all unit tests. A new suite is test_NAME.c with suite_NAME() and a row in
 * suites.h. */
#pragma once

#include "base/diag.h"

#include <check.h>
#include <stddef.h>

#define SUITE(name) Suite *suite_##name(void);
#include "suites.h"
#undef SUITE

/* unit_suite() - Create a suite of one case. The list of tests ends with NULL. */
Suite *unit_suite(const char *name, ...) __attribute__((sentinel));

/* unit_add_loop() - Add a test that runs once for each @i from 0 to @rows - 1. */
#define unit_add_loop(suite, test, rows) unit_add_loop_test(suite, test, (int)(rows))
void unit_add_loop_test(Suite *suite, const TTest *test, int rows);

/* unit_dir() - Create a directory, which is removed at the end of all tests. The caller
 * frees the path. */
char *unit_dir(void);

/* unit_write() - Write the file @name in @dir. Return: its path, the caller's to free. */
char *unit_write(const char *dir, const char *name, const char *bytes, size_t len);

/*
 * unit_read() - Read a file. Return: the text, NUL-terminated, the caller's to free.
 */
char *unit_read(const char *path, size_t *ret_len);

/* unit_drop_rights() - Drop the rights of root, if the tests have them, until
 * unit_restore_rights(). */
void unit_drop_rights(void);
void unit_restore_rights(void);

/*
 * unit_corpus() - Check each file that @pattern of glob(7) selects; at least one exists. A
 * pattern is relative to the directory of the Makefile. @check returns NULL, or the sentence
 * that does not hold for the bytes.
 */
void unit_corpus(const char *pattern,
		 const char *(*check)(const char *bytes, size_t len));

/* unit_diag_text() - Return the output of diag_print(), the caller's to free. */
char *unit_diag_text(const struct diag *diag);
