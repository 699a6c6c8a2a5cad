/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The function of each mode. */
#include "apply/modes.h"

#include "apply/capture.h"
#include "apply/image.h"
#include "apply/nvmetcli.h"
#include "apply/options_print.h"
#include "apply/run.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/visible.h"
#include "engine/observe.h"
#include "engine/reconcile.h"
#include "kind/kinds.h"
#include "model/status.h"
#include "report/config_text.h"
#include "report/json.h"
#include "report/metrics.h"
#include "report/schema.h"
#include "report/status_doc.h"
#include "report/status_file.h"
#include "report/text.h"
#include "sys/net.h"
#include "sys/rundir.h"

#include <assert.h>
#include <unistd.h>

static int run_check(struct app *app)
{
	_cleanup_(report_done) struct report report = { 0 };
	_cleanup_(model_done) struct model desired = { 0 };
	int r = app_load_config(app, &desired, &report);

	if (r == 0 && !app->options.quiet)
		text_print_valid(stdout, &desired, kind_classes);
	return r == 0 ? EXIT_OK : r == -EINVAL ? EXIT_CONFIG : EXIT_PARTIAL;
}

/* Print what was read, also beside a file that cannot be read. */
static int run_cat_config(struct app *app)
{
	_cleanup_(diag_done) struct diag diag = { 0 };
	struct config_source source = app_config(app);
	char sha256[CONFIG_SHA256_LEN];
	const char *gap = "";
	int r = diag_init(&diag, source.path);

	if (r == 0)
		r = config_read(&source, &diag, sha256);
	vec_foreach (file, &diag.files) {
		if (!file->text)
			continue;
		fputs(gap, stdout);
		visible_print(stdout, "# %s", file->name);
		putchar('\n');
		/* A pipe gets the bytes of the file. */
		if (isatty(STDOUT_FILENO))
			visible_print_lines(stdout, file->text, file->text_len);
		else
			fwrite(file->text, 1, file->text_len, stdout);
		gap = "\n";
		if (file->text_len > 0 && file->text[file->text_len - 1] != '\n')
			putchar('\n');
	}
	if (r == -EINVAL)
		log_diag(&diag);
	return r == 0 ? EXIT_OK : r == -EINVAL ? EXIT_CONFIG : EXIT_PARTIAL;
}

/* The status shows live objects, also with an invalid configuration or without one. */
static void look_at_image_quietly(struct app *app, struct report *report)
{
	_cleanup_(diag_done) struct diag diag = { 0 };
	_cleanup_(model_done) struct model desired = { 0 };
	char sha256[CONFIG_SHA256_LEN];

	if (app_read_config(app, &diag, &desired, sha256) == 0)
		(void)app_look_at_image(app, &desired,
					report); /* -ENOMEM: no state is printed */
}

static int print_live(const struct model *observed)
{
	int r = config_text_print_live(stdout, observed, kind_classes);

	if (r < 0)
		log_error("cannot print the configuration: %s", strerror(-r));
	if (r > 0)
		log_warning("%d object%s cannot be described by the configuration; see "
			    "the comments 'left out:'",
			    r, r == 1 ? "" : "s");
	return r < 0 ? EXIT_PARTIAL : EXIT_OK;
}

struct deviations {
	const char *time;
	bool has_title;
};

static void print_deviation(void *data, const struct status_object *object)
{
	struct deviations *printed = data;
	const char *why = object->message ? object->message : object->reason;

	if (!printed->has_title) {
		visible_print(stdout, "not converged at %s:", printed->time);
		putchar('\n');
	}
	printed->has_title = true;
	visible_print(stdout, "! %s %s: %s", object->kind, object->name,
		      why ? why : object->result);
	putchar('\n');
}

/* Print the objects that the last run or drift check of this boot found out of sync, and why. */
static void print_deviations(const struct app *app)
{
	_cleanup_(status_doc_done) struct status_doc doc = { 0 };
	_cleanup_free_ char *text = NULL, *why = NULL;
	struct deviations printed = { 0 };

	if (kfs_read(&app->sys.kfs, &text, RUNDIR "/" STATUS_FILE) < 0 ||
	    status_doc_parse(text, strlen(text), &doc, &why) < 0 || doc.dry_run)
		return;
	printed.time = status_doc_checked_at(&doc);
	if (printed.time)
		status_doc_deviations(&doc, print_deviation, &printed);
}

static int run_status(struct app *app)
{
	_cleanup_(report_done) struct report report = { 0 };
	_cleanup_(model_done) struct model observed = { 0 };
	_cleanup_free_ char *text = NULL;
	int r;

	/* An import has to be complete; a status shows what its caller may see. */
	if (app->options.mode == MODE_STATUS && !app->options.sysroot && geteuid() != 0)
		observe_unprivileged(&app->sys, LOOK_TO_SHOW);
	app->sys.kfs.reads_extras = app->options.mode == MODE_IMPORT;
	r = reconcile_observe(&app->sys, &observed);
	if (app->options.mode == MODE_STATUS) {
		look_at_image_quietly(app, &report);
		if (app_why_turned_off(app))
			log_warning("%s", app_why_turned_off(app));
	}
	if (r == 0 && app->options.mode == MODE_STATUS && app->options.json)
		r = status_to_json(&observed, &report, &text);
	if (r < 0) {
		log_error("cannot observe the kernel: %s", strerror(-r));
		return EXIT_PARTIAL;
	}
	if (app->options.mode == MODE_IMPORT)
		return print_live(&observed);
	if (text) {
		fputs(text, stdout);
		return EXIT_OK;
	}
	text_print_status(stdout, app->color, app->options.verbose, &observed, &report);
	print_deviations(app);
	return EXIT_OK;
}

static int import_from(const struct app *app)
{
	_cleanup_(model_done) struct model model = { 0 };
	int r = nvmetcli_load(app->options.from, &model);

	return r == 0 ? print_live(&model) : EXIT_PARTIAL;
}

static int run_print_initramfs_config(struct app *app)
{
	_cleanup_(report_done) struct report report = { 0 };
	_cleanup_(model_done) struct model desired = { 0 };
	struct config_source source = app_config(app);
	_cleanup_free_ char *text = NULL;
	int r;

	if (config_is_absent(&source))
		return EXIT_OK;
	r = app_load_config(app, &desired, &report);
	if (r == -EINVAL)
		return EXIT_CONFIG;
	if (r >= 0)
		r = image_print_config(&app->sys, &desired, &text);
	if (r < 0) {
		log_error("cannot write the configuration: %s", strerror(-r));
		return EXIT_PARTIAL;
	}
	fputs(text, stdout);
	return EXIT_OK;
}

/* Read the section `status:` alone. Return: an exit code. */
static int load_status(const struct app *app, struct model *ret,
		       const struct obj **ret_status)
{
	_cleanup_(diag_done) struct diag diag = { 0 };
	struct config_source source = app_config(app);
	int r = diag_init(&diag, source.path);

	if (r == 0)
		r = config_load_section(&source, &status_class, &diag, ret);
	if (r == -EINVAL)
		log_diag(&diag);
	if (r < 0)
		return r == -EINVAL ? EXIT_CONFIG : EXIT_PARTIAL;
	*ret_status = model_find(ret, &status_class, status_class.section);
	return EXIT_OK;
}

/* A '%' begins a specifier of systemd. */
static void print_escaped(const char *text)
{
	for (; *text; text++)
		fputs(*text == '%' ? "%%" : (const char[]){ *text, '\0' }, stdout);
}

/* True if @address, as in "[::]:9118", means all addresses of IPv6, in any notation. */
static bool is_any_v6(const char *address)
{
	_cleanup_free_ char *host = NULL, *text = NULL;

	if (address[0] != '[')
		return false;
	host = strndup(address + 1, strcspn(address + 1, "]"));
	return host && net_canonical(host, &text) == 0 && net_is_wildcard(text);
}

static unsigned long port_number(const char *address)
{
	return strtoul(strrchr(address, ':') + 1, NULL, 10);
}

/* True if the socket of [::] would take the port of an IPv4 address in the list. */
static bool has_both_families(const struct string_list *listen)
{
	vec_foreach (any, &listen->items)
		vec_foreach (other, &listen->items)
			if (is_any_v6(any->text) &&
			    strchr("[/", other->text[0]) == NULL &&
			    port_number(other->text) == port_number(any->text))
				return true;
	return false;
}

/* Print a drop-in for the socket unit from the addresses of status.listen. */
static int run_print_socket(struct app *app)
{
	_cleanup_(model_done) struct model model = { 0 };
	const struct obj *status = NULL;
	const struct string_list *listen;
	int code = load_status(app, &model, &status);

	listen = status_listen(status);
	if (code != EXIT_OK || !listen)
		return code;
	puts("[Socket]");
	if (has_both_families(listen))
		puts("BindIPv6Only=ipv6-only");
	puts("ListenStream=");
	vec_foreach (address, &listen->items) {
		fputs("ListenStream=", stdout);
		print_escaped(address->text);
		putchar('\n');
	}
	return EXIT_OK;
}

/* Print a drop-in for the service from status.names. The pattern of a name has no '%'. */
static int run_print_service(struct app *app)
{
	_cleanup_(model_done) struct model model = { 0 };
	const struct obj *status = NULL;
	const struct string_list *names;
	int code = load_status(app, &model, &status);

	names = status_names(status);
	if (code != EXIT_OK || !names || names->items.count == 0)
		return code;
	fputs("[Service]\nEnvironment=\"RAPIDDISK_NAMES=", stdout);
	vec_foreach (name, &names->items)
		printf("%s--name=%s", name == names->items.items ? "" : " ", name->text);
	puts("\"");
	return EXIT_OK;
}

static int run_print_sections(struct app *app)
{
	_cleanup_(report_done) struct report report = { 0 };
	_cleanup_(model_done) struct model desired = { 0 };
	int r = app_load_config(app, &desired, &report);

	if (r < 0)
		return r == -EINVAL ? EXIT_CONFIG : EXIT_PARTIAL;
	for (size_t i = 0; kind_classes[i]; i++) {
		size_t count;

		(void)model_list(&desired, kind_classes[i], &count);
		if (count > 0 && kind_classes[i]->section)
			puts(kind_classes[i]->section);
	}
	return EXIT_OK;
}

static int run_print_schema(struct app *app)
{
	_cleanup_free_ char *text = NULL;
	int r = schema_to_json(kind_classes, &text);

	(void)app;
	return app_print_text(r, text);
}

static int run_print_metrics(struct app *app)
{
	_cleanup_free_ char *text = NULL;
	int r = metrics_table_to_json(kind_classes, &text);

	(void)app;
	return app_print_text(r, text);
}

static int run_print_options(struct app *app)
{
	_cleanup_free_ char *text = NULL;
	int r = options_to_json(&text);

	(void)app;
	return app_print_text(r, text);
}

static int run_import(struct app *app)
{
	return app->options.from ? import_from(app) : run_status(app);
}

static int run_help(struct app *app)
{
	(void)app;
	options_print_help(stdout);
	return EXIT_OK;
}

static int run_version(struct app *app)
{
	(void)app;
	puts("rapiddisk-apply " RAPIDDISK_VERSION);
	return EXIT_OK;
}

typedef int mode_fn(struct app *app);

int modes_run(struct app *app)
{
	static mode_fn *const modes[] = {
		[MODE_APPLY] = run_apply,
		[MODE_CHECK] = run_check,
		[MODE_CAT_CONFIG] = run_cat_config,
		[MODE_STATUS] = run_status,
		[MODE_IMPORT] = run_import,
		[MODE_TEARDOWN] = run_apply,
		[MODE_CAPTURE] = capture_run,
		[MODE_PRINT_SCHEMA] = run_print_schema,
		[MODE_PRINT_METRICS] = run_print_metrics,
		[MODE_PRINT_INITRAMFS_CONFIG] = run_print_initramfs_config,
		[MODE_PRINT_SECTIONS] = run_print_sections,
		[MODE_PRINT_SERVICE] = run_print_service,
		[MODE_PRINT_SOCKET] = run_print_socket,
		[MODE_PRINT_OPTIONS] = run_print_options,
		[MODE_HELP] = run_help,
		[MODE_VERSION] = run_version,
	};

	static_assert(ARRAY_SIZE(modes) == MODE_VERSION + 1, "each mode has a function");
	return modes[app->options.mode](app);
}
