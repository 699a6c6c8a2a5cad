/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz/live.h"

#include "base/cleanup.h"
#include "kind/kinds.h"
#include "model/config.h"
#include "report/config_text.h"

/* Name a file for each secret, as the administrator has to: the empty name is refused. */
static char *name_files(const char *text)
{
	static const char empty[] = "_file: \"\"\n";
	struct buf out = { 0 };
	const char *next;
	char *all;

	for (; (next = strstr(text, empty)); text = next + strlen(empty)) {
		buf_add_bytes(&out, text, (size_t)(next - text));
		buf_add(&out, "_file: /etc/key\n");
	}
	buf_add(&out, text);
	return buf_take(&out, &all) < 0 ? NULL : all;
}

/* *ret_left_out: the objects that are comments. */
static char *print(const struct model *model, size_t *ret_left_out)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int r = out ? config_text_print_live(out, model, kind_classes) : -ENOMEM;

	if (out)
		fclose(out);
	*ret_left_out = r > 0 ? (size_t)r : 0;
	return r < 0 ? NULL : name_files(text);
}

static const char *check_text(const struct model *model, const char *text,
			      size_t left_out)
{
	_cleanup_(model_done) struct model again = { 0 };
	_cleanup_(diag_done) struct diag diag = { 0 };
	int r = diag_init(&diag, "import");

	if (r == 0)
		r = config_parse(text, strlen(text), kind_classes, &diag, &again);
	if (r == -ENOMEM)
		return NULL;
	if (r < 0) {
		diag_print(&diag, stderr);
		return "the configuration is valid";
	}
	return again.objs.count + left_out == model->objs.count + model->remarks.count
		       ? NULL
		       : "each object is in the configuration or in a comment";
}

const char *live_check_config(const struct model *model)
{
	_cleanup_free_ char *config = NULL;
	size_t left_out;

	config = print(model, &left_out);
	return config ? check_text(model, config, left_out) : NULL;
}
