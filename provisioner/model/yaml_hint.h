/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hints for the errors of libyaml. */
#pragma once

#include "base/diag.h"

#include <stdbool.h>

/* yaml_hint() - Return what to do about @problem of libyaml, after "; ", or "". Static. */
const char *yaml_hint(const char *problem);

/*
 * yaml_report_cause() - Report the cause of @problem, which libyaml found in the line of @pos,
 * if it is a missing or a no-break space in that line or the one before.
 * Return: true if the cause was reported.
 */
bool yaml_report_cause(struct diag *diag, const char *problem, struct src_pos pos);
