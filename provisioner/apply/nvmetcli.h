/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files that nvmetcli saves and restores. */
#pragma once

#include "model/model.h"

/*
 * nvmetcli_load() - The hosts, ports and exports that the JSON file @path describes, as if
 * they were live. What nvmetcli knows and the configuration has no key for, and values that
 * it would refuse, are left out with a warning.
 *
 * Return: 0 and a sorted model; -EINVAL, -ENOMEM once the error is in the log.
 */
int nvmetcli_load(const char *path, struct model *ret);
