/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The key `on_change` of several kinds. */
#pragma once

enum on_change { ON_CHANGE_REFUSE, ON_CHANGE_REPLACE };

/* By the enum, NULL-terminated. */
extern const char *const on_change_words[];
