/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Breadth-first search over all states of the model. */
#pragma once

#include <stdint.h>
#include <stdio.h>

struct exploration {
	uint32_t nr_states;
	/* Number of steps to the farthest state, or to the violation. */
	uint32_t depth;
	/* The invariant that does not hold; NULL if all hold in all states. */
	const char *violation;
};

/*
 * explore() - Visit all states, or those up to the first violation, which no shorter sequence
 * of steps reaches.
 * @trace: receives the steps to the violation in words; NULL if nobody wants them
 * Return: 0; -ENOMEM.
 */
int explore(FILE *trace, struct exploration *ret);
