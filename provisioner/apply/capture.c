/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plan, record what the plan reads, and write the tree without its secrets. */
#include "apply/capture.h"

#include "apply/private_file.h"
#include "apply/redact.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "engine/reconcile.h"
#include "report/config_text.h"
#include "sys/record.h"

/*
 * The configuration as the model has it: without comments, without the section of the network
 * programs, and without secrets, which no model prints. A section that holds an empty list
 * says something, and stays.
 */
static int print_config(const struct model *desired, struct buf *ret)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return -ENOMEM;
	config_text_print(out, desired->objs.items, desired->objs.count, kind_classes);
	for (const struct obj_class *const *class = kind_classes; *class; class ++) {
		size_t count = 0;

		(void)model_list(desired, *class, &count);
		if (count == 0 && (*class)->section && model_states(desired, *class))
			fprintf(out, "%s: []\n", (*class)->section);
	}
	if (fclose(out) != 0 || !text)
		return -ENOMEM;
	buf_add_bytes(ret, text, len);
	return ret->failed ? -ENOMEM : 0;
}

static int reconcile(struct app *app, struct model *desired, struct report *report)
{
	struct reconcile_options options = {
		.dry_run = true,
		.prune = !app->options.no_prune && !app->options.initramfs,
		.adopt = app->options.adopt,
		.stage = app->options.stage,
		.boot = &app->boot,
	};
	_cleanup_(reconcile_outcome_done) struct reconcile_outcome outcome = { 0 };
	int r = reconcile_run(&app->sys, desired, &options, NULL, report, &outcome);

	if (r < 0)
		log_error("%s", report->message ? report->message : strerror(-r));
	return r;
}

/* All that a dry run looks at, while the recorder listens. */
static int plan(struct app *app, struct buf *config)
{
	_cleanup_(report_done) struct report report = { 0 };
	_cleanup_(model_done) struct model desired = { 0 };
	int r = app_load_config(app, &desired, &report);

	if (r == 0)
		r = print_config(&desired, config);
	if (r < 0)
		return r;
	(void)app_why_turned_off(app);
	if (!app->options.initramfs)
		r = app_look_at_image(app, &desired, &report);
	return r < 0 ? r : reconcile(app, &desired, &report);
}

static int put_config(struct tree *tree, const struct buf *config)
{
	static char path[] = "etc/rapiddisk.yaml";
	const struct tree_entry entry = {
		.path = path,
		.type = TREE_FILE,
		.mode = TREE_MODE_FILE,
		.data = config->data,
		.len = config->len,
	};

	return tree_put(tree, &entry);
}

static int write_tree(const struct app *app, const struct tree *tree)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	buf_addf(&text, "# rapiddisk-apply %s --capture --stage=%s\n\n",
		 RAPIDDISK_VERSION, app->options.stage_name);
	tree_format(tree, &text);
	return text.failed
		       ? -ENOMEM
		       : private_file_write(app->options.capture, text.data, text.len);
}

static int save(const struct app *app, struct tree *tree, const struct buf *config)
{
	int r = redact_tree(tree);

	if (r == 0)
		r = put_config(tree, config);
	if (r == 0)
		r = write_tree(app, tree);
	if (r < 0)
		log_error("cannot write '%s': %s%s", app->options.capture, strerror(-r),
			  r == -ELOOP	 ? "; the name is a symbolic link"
			  : r == -EEXIST ? "; name a regular file"
					 : "");
	else if (!app->options.quiet)
		printf("Wrote %s: read it before you send it.\n", app->options.capture);
	return r;
}

int capture_run(struct app *app)
{
	_cleanup_(buf_done) struct buf config = { 0 };
	_cleanup_(tree_done) struct tree tree = { 0 };
	struct record record;
	int planned, r;

	if (!app->options.sysroot && geteuid() != 0) {
		log_error("cannot capture this machine: %s; run as root",
			  strerror(EACCES));
		return EXIT_PARTIAL;
	}
	app->sys.kfs.reads_extras = true; /* the capture also serves an import */
	record_start(&record, &app->sys);
	planned = plan(app, &config);
	r = record_stop(&record, &tree);
	if (r < 0) {
		log_error("cannot capture this machine: %s", strerror(-r));
		return EXIT_PARTIAL;
	}
	/* Without a configuration no plan was tried; a plan that failed is worth a report. */
	if (!config.data)
		return planned == -EINVAL ? EXIT_CONFIG : EXIT_PARTIAL;
	r = save(app, &tree, &config);
	return planned < 0 || r < 0 ? EXIT_PARTIAL : EXIT_OK;
}
