/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A look at the kernel by a program that only shows it. */
#pragma once

#include "model/model.h"
#include "sys/sys.h"

/*
 * observe_shown() - Observe all objects of shown_kinds[], sorted, with sys->dm and
 * sys->kfs.look as the caller set them. Return: 0 or -ENOMEM.
 */
int observe_shown(struct sys *sys, struct model *ret);

/*
 * observe_unprivileged() - Let @sys observe what everybody may read: device-mapper by
 * dm_sysfs, and @look, which is not LOOK_TO_PLAN.
 */
void observe_unprivileged(struct sys *sys, enum kfs_look look);
