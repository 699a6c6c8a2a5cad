/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules that hold for any live objects. */
#pragma once

#include "model/model.h"

/*
 * live_check_config() - Print the objects as a configuration, and parse the configuration: it is
 * valid, and each object is in it or in a comment.
 * Return: NULL; or the rule that does not hold, static text.
 */
const char *live_check_config(const struct model *model);
