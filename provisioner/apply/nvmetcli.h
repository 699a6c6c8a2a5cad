/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader of the files that nvmetcli saves and restores. */
#pragma once

#include "model/model.h"

/*
 * nvmetcli_load() - Read the hosts, ports and exports of the JSON file @path as observed
 * objects. Settings without a key, and values that the configuration refuses, are noted in
 * obj.extra, obj.unsaid and model.remarks.
 *
 * Return: 0 and a sorted model; -EINVAL or -ENOMEM after the error was logged.
 */
int nvmetcli_load(const char *path, struct model *ret);

/* nvmetcli_parse() - As nvmetcli_load(), of a text. @name: the file, for messages. */
int nvmetcli_parse(const char *name, const char *text, size_t len, struct model *ret);
