/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory and the disks of the machine, for the peer's list of resources. */
#pragma once

#include "sys/kfs.h"
#include "views/views.h"

/* memory_look() - Set the size of RAM and its free part; both stay 0 if they are unknown. */
void memory_look(const struct kfs *kfs, struct view *view);

/* volumes_look() - List the disks. One that cannot be read is left out. 0 or -ENOMEM. */
int volumes_look(const struct kfs *kfs, struct view *view);
void volumes_done(struct view *view);
