/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel modules that the desired objects need. */
#pragma once

#include "kind/kinds.h"

/*
 * modules_want() - Add to @desired the modules that its objects of @stage need. Return: 0
 * or -ENOMEM.
 */
int modules_want(struct model *desired, enum kind_stage stage);
