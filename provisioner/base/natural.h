/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of names in which people expect them. */
#pragma once

/*
 * natural_compare() - Order two names; numbers in them count by value (rd2 before rd10).
 * Return: <0, 0, >0; 0 for equal strings alone.
 */
int natural_compare(const char *a, const char *b);
