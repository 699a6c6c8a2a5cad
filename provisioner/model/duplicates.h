/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects that a configuration has twice, in one file or in two. */
#pragma once

#include "model/model.h"

/*
 * duplicates_report() - Report each of the @count objects at @objs that has the key of an earlier
 * object, with both places.
 * @where: the prefix of the message: "export 'a': "; may be "".
 * Return: 0; -EINVAL after a duplicate was reported; -ENOMEM.
 */
int duplicates_report(const struct model *model, struct obj *const *objs, size_t count,
		      const char *where, struct diag *diag);
