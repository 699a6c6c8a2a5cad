/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Print JSON as text that ends with a newline. */
#include "report/jsontext.h"

int json_take_text(json_t *json, bool is_compact, char **ret)
{
	_cleanup_free_ char *text = NULL;

	text = json ? json_dumps(json, is_compact ? 0 : JSON_INDENT(2)) : NULL;
	json_decref(json);
	if (!text || asprintf(ret, "%s\n", text) < 0)
		return -ENOMEM;
	return 0;
}
