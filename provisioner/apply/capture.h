/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --capture: this machine as a golden case. */
#pragma once

#include "apply/app.h"

/*
 * capture_run() - Plan, record what the plan was made from, and write it into a file without
 * its secrets. Return: the exit code.
 */
int capture_run(struct app *app);
