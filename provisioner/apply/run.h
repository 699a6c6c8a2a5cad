/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The modes that plan: apply and --teardown, and their dry runs. */
#pragma once

#include "apply/app.h"

/* run_apply() - Return: the exit code. */
int run_apply(struct app *app);
