/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The removal of secrets, and of what no plan depends on, from a recorded tree. */
#pragma once

#include "sys/tree.h"

/*
 * redact_tree() - Rewrite the files of a tree so that a stranger may read them:
 * - A key of an NVMe host becomes a placeholder. Equal keys get the same placeholder, so
 *   that the plan does not change.
 * - A file of a place that is not known becomes a placeholder too: it may be a key file.
 * - The kernel command line keeps the words that rapiddisk-apply knows.
 * - /proc/PID/mountinfo keeps devices and mount points, /proc/meminfo the size of the RAM,
 *   /proc/net/tcp the local ends of connections.
 * - User names, passwords and query values in a URL become asterisks, wherever they are.
 * Return: 0 or -ENOMEM.
 */
int redact_tree(struct tree *tree);
