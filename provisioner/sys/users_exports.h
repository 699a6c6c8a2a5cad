/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices that this machine exports by the targets of the kernel, also by other programs. */
#pragma once

#include "sys/kfs.h"
#include "sys/users_entry.h"

/* users_add_exports() - Append the exported devices. Return: 0 or -errno. */
int users_add_exports(struct users *users, const struct kfs *kfs);
