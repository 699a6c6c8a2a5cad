/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fault injection: fail or die at the N-th operation that changes anything. */
#pragma once

enum fault_mode { FAULT_NONE, FAULT_FAIL, FAULT_KILL };

/* The fault of a run, shared by all of sys/. All zeroes: no fault. */
struct fault {
	enum fault_mode mode;
	unsigned int at;   /* the operation, from 1 */
	unsigned int seen; /* operations that were counted, in every mode */
	int error;	   /* FAULT_FAIL: the negative errno of the operation */
};

/*
 * fault_parse() - Parse `kill:N`, `fail:N` (EIO) or `fail:N:ERRNO` (a number).
 * Return: 0 or -EINVAL.
 */
int fault_parse(const char *text, struct fault *ret);

/*
 * fault_point() - Count an operation; every operation that changes anything calls this first.
 * Return: 0: execute the operation; the injected errno: do not. Does not return in kill mode.
 */
int fault_point(struct fault *fault);
