/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read who uses block devices. */
#pragma once

#include "sys/kfs.h"
#include "sys/users_entry.h"

/* users_load() - Read the entries, unless they are read. Return: 0 or -errno. */
int users_load(struct users *users, const struct kfs *kfs);
void users_done(struct users *users);
