/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file in which rapiddisk-push publishes the counts of its targets. */
#pragma once

#include "base/vec.h"

#include <stddef.h>
#include <stdint.h>

#define PUSH_COUNTS_FILE "counts.json"

struct push_count {
	char *target; /* payload_target_name(): without the secrets that a URL may hold */
	uint64_t waiting, sent, dropped;
};

struct push_counts {
	VEC(struct push_count) targets;
};

/* push_counts_parse() - Parse the file's text. Return: 0; -EBADMSG; -ENOMEM. */
int push_counts_parse(const char *text, size_t len, struct push_counts *ret);

/* push_counts_to_json() - Write the file's text. Return: 0 and *ret; -ENOMEM. */
int push_counts_to_json(const struct push_counts *counts, char **ret);

void push_counts_done(struct push_counts *counts);
