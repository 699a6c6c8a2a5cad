/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The modes of rapiddisk-apply. */
#pragma once

#include "apply/app.h"

/* modes_run() - Execute the mode of the options. Return: the exit code. */
int modes_run(struct app *app);
