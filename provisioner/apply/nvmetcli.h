/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader of the files that nvmetcli saves and restores. */
#pragma once

#include "model/model.h"

/*
 * nvmetcli_load() - Read the hosts, ports and exports of the JSON file @path as observed
 * objects. Settings without a key, and values that the configuration refuses, are left out
 * with a warning.
 *
 * Return: 0 and a sorted model; -EINVAL or -ENOMEM after the error was logged.
 */
int nvmetcli_load(const char *path, struct model *ret);
