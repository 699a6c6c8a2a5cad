/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fault injection: fail, or die, at the n-th operation that changes anything. */
#pragma once

enum fault_mode { FAULT_NONE, FAULT_FAIL, FAULT_KILL };

/* All zeroes: no fault. One per run, handed to each port; @seen counts the operations. */
struct fault {
	enum fault_mode mode;
	unsigned int at;   /* the operation, from 1 */
	unsigned int seen; /* operations so far, counted in every mode */
	int error;	   /* FAULT_FAIL: the negative errno that the operation gives */
};

/*
 * fault_parse() - `kill:N`, `fail:N` (EIO) or `fail:N:ERRNO` (a number).
 * Return: 0 or -EINVAL.
 */
int fault_parse(const char *text, struct fault *ret);

/*
 * fault_point() - To be called before each operation that changes anything.
 * Return: 0: go on; the injected errno: do not. In kill mode it does not return.
 */
int fault_point(struct fault *fault);
