/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of nvmetcli. */
#include "apply/nvmetcli.h"
#include "fuzz/live.h"
#include "fuzz/property.h"

#include <errno.h>

const char *import_property_check(const char *text, size_t len)
{
	struct model model = { 0 };
	int r = nvmetcli_parse("import", text, len, &model);
	const char *broken;

	if (r < 0)
		return r == -ENOMEM ? "a file that is JSON can be read" : NULL;
	broken = live_check_config(&model);
	model_done(&model);
	return broken;
}
