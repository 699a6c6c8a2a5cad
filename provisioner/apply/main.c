/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rapiddisk-apply: make the kernel agree with the configuration. */
#include "apply/image.h"
#include "apply/nvmetcli.h"
#include "apply/options.h"
#include "apply/options_print.h"
#include "apply/progress.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "engine/exec.h"
#include "engine/reconcile.h"
#include "kind/export/export.h"
#include "kind/kind.h"
#include "model/config.h"
#include "model/status.h"
#include "report/json.h"
#include "report/schema.h"
#include "report/status_doc.h"
#include "report/status_file.h"
#include "report/text.h"
#include "sys/clock.h"
#include "sys/kmod.h"
#include "sys/machine.h"
#include "sys/rundir.h"

#include <fcntl.h>

struct app {
	struct options options;
	struct sys sys;
	struct progress progress;
	bool color;
};

/* --- output --- */

static bool wants_color(const struct options *o)
{
	const char *no_color = getenv("NO_COLOR");

	if (o->color != COLOR_AUTO)
		return o->color == COLOR_ALWAYS;
	return isatty(STDOUT_FILENO) && !(no_color && no_color[0] != '\0');
}

static int print_json(int (*make)(const struct report *report, char **ret),
		      const struct report *report)
{
	_cleanup_free_ char *text = NULL;
	int r = make(report, &text);

	if (r < 0) {
		log_error("cannot write JSON: %s", strerror(-r));
		return r;
	}
	fputs(text, stdout);
	return 0;
}

static void step_waits(void *data, const struct plan_step *step)
{
	struct app *app = data;

	progress_wait(&app->progress, step);
}

static void step_begins(void *data, const struct plan_step *step)
{
	struct app *app = data;

	progress_begin(&app->progress, step);
}

/* One line for the kernel's log: who boots sees it, and so does who looks later. */
static void log_outcome(const struct report_entry *entry)
{
	const char *text = entry->message ? entry->message : entry->reason;

	log_kernel(entry->result == RESULT_DONE || entry->result == RESULT_UNCHANGED
			   ? LOG_LEVEL_INFO
			   : LOG_LEVEL_WARNING,
		   "%s %s: %s %s%s%s", entry->class->name, entry->name,
		   plan_action_name(entry->action), report_result_name(entry->result),
		   text ? ": " : "", text ? text : "");
}

static void step_ended(void *data, const struct plan_step *step,
		       const struct report_entry *entry)
{
	struct app *app = data;
	bool bad = entry->result == RESULT_FAILED || entry->result == RESULT_BLOCKED ||
		   entry->result == RESULT_SKIPPED;

	progress_end(&app->progress);
	if (entry->result == RESULT_PENDING)
		return;
	if (app->options.initramfs)
		log_outcome(entry);
	if (app->options.json)
		return;
	if (!app->options.quiet || bad)
		text_print_step(app->options.quiet ? stderr : stdout, app->color, step,
				entry);
}

/* What verify found belongs to steps that were printed as done. */
static void print_afterthoughts(const struct app *app, const struct report *report)
{
	vec_foreach (entry, &report->entries) {
		if (entry->result == RESULT_FAILED && entry->error == 0)
			log_error("%s %s: %s", entry->class->name, entry->name,
				  entry->message);
	}
	if (!app->options.quiet && !app->options.json)
		text_print_summary(stdout, app->color, report);
}

/* --- the report --- */

static int start_report(const struct app *app, struct report *report)
{
	char now[CLOCK_TEXT_MAX];

	report->stage = app->options.stage_name;
	report->started_at = strdup(clock_format_now(now));
	if (!report->started_at)
		return -ENOMEM;
	/* Without procfs there is no boot id, and the report says null. */
	(void)machine_boot_id(&app->sys.kfs, &report->boot_id);
	return 0;
}

/* What the file says now; NULL where that is nothing that can be read. */
static char *read_last_report(int rundir_fd)
{
	_cleanup_(status_doc_done) struct status_doc doc = { 0 };
	_cleanup_free_ char *text = NULL, *why = NULL;
	size_t len;

	if (status_file_read(rundir_fd, STATUS_FILE, &text, &len) < 0 ||
	    status_doc_parse(text, len, &doc, &why) < 0)
		return NULL;
	return TAKE_PTR(text);
}

static uint64_t next_sequence(int rundir_fd)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	if (status_file_read(rundir_fd, STATUS_FILE, &text, &len) < 0)
		return 1;
	return report_sequence_of(text) + 1;
}

static void save_report(struct app *app, int rundir_fd, struct report *report)
{
	_cleanup_free_ char *text = NULL, *last = NULL;
	int r;

	report->sequence = next_sequence(rundir_fd);
	if (app->options.drift) {
		last = read_last_report(rundir_fd);
		r = report_merge_drift(last, report, &text);
	} else {
		r = report_to_json(report, &text);
	}
	if (r == 0)
		r = status_file_write(rundir_fd, STATUS_FILE, text, &app->sys.fault);
	/* What the main system's runs say would hide it. */
	if (r == 0 && app->options.initramfs)
		r = status_file_write(rundir_fd, STATUS_FILE_INITRAMFS, text,
				      &app->sys.fault);
	if (r < 0)
		log_warning("cannot write the report into '/" RUNDIR "': %s, ignoring",
			    strerror(-r));
}

/* --- the configuration --- */

/* What is for the network programs: nothing of it can be planned. */
static int drop_status(const struct app *app, struct model *desired, struct diag *diag)
{
	struct obj *status = model_take(desired, &status_class);

	if (!status)
		return 0;
	if (app->options.mode == MODE_CHECK)
		status_check_files(status, diag);
	obj_free(status);
	return diag_is_empty(diag) ? model_sort(desired) : -EINVAL;
}

/* Return: as config_load(). */
static int read_config(const struct app *app, struct diag *diag, struct model *desired,
		       char sha256[static CONFIG_SHA256_LEN])
{
	int r = diag_init(diag, app->options.config);

	if (r == 0)
		r = config_load(app->options.config, kind_classes, diag, desired, sha256);
	return r < 0 ? r : drop_status(app, desired, diag);
}

static int load_config(const struct app *app, struct model *desired,
		       struct report *report)
{
	_cleanup_(diag_done) struct diag diag = { 0 };
	char sha256[CONFIG_SHA256_LEN] = "";
	int r;

	r = read_config(app, &diag, desired, sha256);
	if (r == -EINVAL) {
		diag_print(&diag, stderr);
		report->message =
			strdup("the configuration is invalid; nothing was touched");
		report->verdict = VERDICT_FAILED;
		return r;
	}
	if (r < 0) {
		log_error("cannot read '%s': %s", app->options.config, strerror(-r));
		return r;
	}
	report->config_path = realpath(app->options.config, NULL);
	report->config_sha256 = strdup(sha256);
	return report->config_sha256 ? 0 : -ENOMEM;
}

static int look_at_image(struct app *app, const struct model *desired,
			 struct report *report)
{
	enum image_state state;
	int r = image_look(&app->sys, desired, &state);

	if (r < 0)
		return r;
	report->image = image_state_name(state);
	if (state == IMAGE_STALE || state == IMAGE_MISSING)
		report->image_hint = app->sys.next_boot;
	return 0;
}

/* --- apply, teardown, and their dry runs --- */

static const char *root_hint(int error)
{
	return error == -EACCES ? "; run as root" : "";
}

static int take_lock(const struct app *app, int rundir_fd)
{
	uint64_t end = clock_now_ms() + app->options.lock_timeout_ms;
	int fd = rundir_lock(rundir_fd, 0);

	if (end > app->sys.deadline_ms)
		end = app->sys.deadline_ms;
	if (fd == -EWOULDBLOCK && end > clock_now_ms()) {
		if (isatty(STDERR_FILENO) && !app->options.quiet)
			fputs("waiting for another run to end\n", stderr);
		fd = rundir_lock(rundir_fd, end);
	}
	if (fd == -EWOULDBLOCK)
		log_error("another run of rapiddisk-apply holds '/" RUNDIR "/lock'");
	else if (fd < 0)
		log_error("cannot lock '/" RUNDIR "/lock': %s%s", strerror(-fd),
			  root_hint(fd));
	return fd;
}

static int exit_code_of(const struct app *app, const struct report *report,
			const struct plan *plan)
{
	if (app->options.dry_run && app->options.detailed_exitcode &&
	    plan_has_changes(plan))
		return EXIT_CHANGES;
	return report->verdict == VERDICT_CONVERGED || report->verdict == VERDICT_CHANGED
		       ? EXIT_OK
		       : EXIT_PARTIAL;
}

/* Only root sees them; the status shows them to everybody. */
static int note_connections(const struct model *observed, struct report *report)
{
	for (size_t i = 0; i < observed->indexed; i++) {
		const struct obj *obj = observed->index[i];
		struct report_connections connections = { 0 };
		int r;

		if (!export_connections(obj, &connections.count))
			continue;
		connections.export = strdup(obj_name(obj));
		r = connections.export ? vec_push(&report->connections, connections)
				       : -ENOMEM;
		if (r < 0) {
			free(connections.export);
			return r;
		}
	}
	return 0;
}

static int reconcile(struct app *app, struct model *desired, struct report *report)
{
	struct reconcile_options options = {
		.dry_run = app->options.dry_run,
		.prune = !app->options.no_prune && !app->options.initramfs,
		.adopt = app->options.adopt,
		.disconnect = app->options.disconnect,
		.stage = app->options.stage,
	};
	struct exec_watcher watcher = {
		.wait = step_waits,
		.begin = step_begins,
		.end = step_ended,
		.data = app,
	};
	_cleanup_(reconcile_outcome_done) struct reconcile_outcome outcome = { 0 };
	int r = reconcile_run(&app->sys, desired, &options, &watcher, report, &outcome);

	if (r == 0)
		r = note_connections(&outcome.observed, report);
	if (r < 0)
		log_error("%s", report->message ? report->message : strerror(-r));
	if (app->options.json && print_json(report_to_json, report) < 0)
		return EXIT_PARTIAL;
	if (r < 0)
		return EXIT_PARTIAL;
	if (app->options.drift)
		return exit_code_of(app, report, &outcome.plan);
	if (app->options.dry_run && !app->options.json)
		text_print_plan(stdout, app->color, &outcome.plan);
	else if (!app->options.dry_run)
		print_afterthoughts(app, report);
	return exit_code_of(app, report, &outcome.plan);
}

/* Nothing of it may be in the way of the next run: the lock goes with the descriptor. */
static int reconcile_locked(struct app *app, struct model *desired, struct report *report,
			    int rundir_fd)
{
	_cleanup_close_ int lock_fd = take_lock(app, rundir_fd);
	int code;

	if (lock_fd < 0)
		return lock_fd == -EWOULDBLOCK ? EXIT_LOCKED : EXIT_PARTIAL;
	code = reconcile(app, desired, report);
	save_report(app, rundir_fd, report);
	if (!app->options.initramfs)
		exec_settle(&app->sys);
	return code;
}

static int open_rundir(const struct app *app)
{
	int fd = rundir_open(&app->sys.kfs);

	if (fd < 0)
		log_error("cannot open '/" RUNDIR "': %s%s", strerror(-fd),
			  root_hint(fd));
	return fd;
}

static int report_bad_config(struct app *app, struct report *report)
{
	_cleanup_close_ int rundir_fd = -1, lock_fd = -1;
	char now[CLOCK_TEXT_MAX];

	if (app->options.dry_run && !app->options.drift)
		return EXIT_CONFIG;
	rundir_fd = rundir_open(&app->sys.kfs);
	if (rundir_fd >= 0)
		lock_fd = rundir_lock(rundir_fd, 0);
	if (lock_fd < 0)
		return EXIT_CONFIG;
	report->finished_at = strdup(clock_format_now(now));
	save_report(app, rundir_fd, report);
	return EXIT_CONFIG;
}

/* `rd.` is what dracut's users expect of a word that is for the initramfs alone. */
static bool is_turned_off(const struct app *app)
{
	const struct kfs *kfs = &app->sys.kfs;

	return machine_cmdline_has(kfs, "rapiddisk=0") ||
	       (app->options.initramfs && machine_cmdline_has(kfs, "rd.rapiddisk=0"));
}

static void say_turned_off(void)
{
	log_warning("'rapiddisk=0' on the kernel command line turns everything off");
}

static int run_apply(struct app *app)
{
	_cleanup_(report_done) struct report report = { 0 };
	_cleanup_(model_done) struct model desired = { 0 };
	_cleanup_close_ int rundir_fd = -1;
	int r;

	if (is_turned_off(app) && !app->options.dry_run &&
	    app->options.mode == MODE_APPLY) {
		say_turned_off();
		return EXIT_OK;
	}
	r = start_report(app, &report);
	if (r < 0)
		return EXIT_PARTIAL;
	/* A teardown wants nothing, and says so: no file is needed for that. */
	if (app->options.mode == MODE_TEARDOWN)
		desired.states_all = true;
	else
		r = load_config(app, &desired, &report);
	if (r == 0 && !app->options.initramfs)
		r = look_at_image(app, &desired, &report);
	if (r == -EINVAL)
		return report_bad_config(app, &report);
	if (r < 0)
		return EXIT_PARTIAL;
	if (app->options.dry_run && !app->options.drift)
		return reconcile(app, &desired, &report);
	rundir_fd = open_rundir(app);
	if (rundir_fd < 0)
		return EXIT_PARTIAL;
	return reconcile_locked(app, &desired, &report, rundir_fd);
}

/* --- the other modes --- */

static int run_check(struct app *app)
{
	_cleanup_(report_done) struct report report = { 0 };
	_cleanup_(model_done) struct model desired = { 0 };
	int r = load_config(app, &desired, &report);

	return r == 0 ? EXIT_OK : r == -EINVAL ? EXIT_CONFIG : EXIT_PARTIAL;
}

/* The status is of what is live, with a configuration, a bad one, or none. */
static void look_at_image_quietly(struct app *app, struct report *report)
{
	_cleanup_(diag_done) struct diag diag = { 0 };
	_cleanup_(model_done) struct model desired = { 0 };
	char sha256[CONFIG_SHA256_LEN];

	if (read_config(app, &diag, &desired, sha256) == 0)
		(void)look_at_image(app, &desired, report); /* -ENOMEM: it is not said */
}

static int run_status(struct app *app)
{
	_cleanup_(report_done) struct report report = { 0 };
	_cleanup_(model_done) struct model observed = { 0 };
	_cleanup_free_ char *text = NULL;
	int r = reconcile_observe(&app->sys, &observed);

	if (app->options.mode == MODE_STATUS) {
		look_at_image_quietly(app, &report);
		if (is_turned_off(app))
			say_turned_off();
	}
	if (r == 0 && app->options.mode == MODE_STATUS && app->options.json)
		r = status_to_json(&observed, &report, &text);
	if (r < 0) {
		log_error("cannot observe what is live: %s", strerror(-r));
		return EXIT_PARTIAL;
	}
	if (app->options.mode == MODE_IMPORT)
		text_print_live_config(stdout, &observed, kind_classes);
	else if (text)
		fputs(text, stdout);
	else
		text_print_status(stdout, app->color, &observed, &report);
	return EXIT_OK;
}

static int run_import_from(const struct app *app)
{
	_cleanup_(model_done) struct model model = { 0 };
	int r = nvmetcli_load(app->options.from, &model);

	if (r == 0)
		text_print_live_config(stdout, &model, kind_classes);
	return r == 0 ? EXIT_OK : EXIT_PARTIAL;
}

static int run_print_initramfs_config(struct app *app)
{
	_cleanup_(report_done) struct report report = { 0 };
	_cleanup_(model_done) struct model desired = { 0 };
	_cleanup_free_ char *text = NULL;
	int r = load_config(app, &desired, &report);

	if (r == -EINVAL)
		return EXIT_CONFIG;
	if (r == 0)
		r = image_print_config(&app->sys, &desired, &text);
	if (r < 0) {
		log_error("cannot write it: %s", strerror(-r));
		return EXIT_PARTIAL;
	}
	fputs(text, stdout);
	return EXIT_OK;
}

/* For systemd-socket units: where the status is shown. */
static int run_print_socket(const struct app *app)
{
	_cleanup_(diag_done) struct diag diag = { 0 };
	_cleanup_(model_done) struct model model = { 0 };
	const struct string_list *listen;
	int r = diag_init(&diag, app->options.config);

	if (r == 0)
		r = config_load_section(app->options.config, &status_class, &diag,
					&model);
	if (r == -EINVAL)
		diag_print(&diag, stderr);
	if (r < 0)
		return r == -EINVAL ? EXIT_CONFIG : EXIT_PARTIAL;
	listen = status_listen(model_find(&model, &status_class, status_class.section));
	if (!listen)
		return EXIT_OK;
	puts("[Socket]\nListenStream=");
	vec_foreach (address, &listen->items)
		printf("ListenStream=%s\n", address->text);
	return EXIT_OK;
}

static int run_print_schema(void)
{
	_cleanup_free_ char *text = NULL;
	int r = schema_to_json(kind_classes, &text);

	if (r < 0) {
		log_error("cannot write JSON: %s", strerror(-r));
		return EXIT_PARTIAL;
	}
	fputs(text, stdout);
	return EXIT_OK;
}

static int run_print_options(void)
{
	_cleanup_free_ char *text = NULL;
	int r = options_to_json(&text);

	if (r < 0) {
		log_error("cannot write JSON: %s", strerror(-r));
		return EXIT_PARTIAL;
	}
	puts(text);
	return EXIT_OK;
}

static int run_mode(struct app *app)
{
	switch (app->options.mode) {
	case MODE_APPLY:
	case MODE_TEARDOWN:
		return run_apply(app);
	case MODE_STATUS:
	case MODE_IMPORT:
		return app->options.from ? run_import_from(app) : run_status(app);
	case MODE_CHECK:
		return run_check(app);
	case MODE_PRINT_SCHEMA:
		return run_print_schema();
	case MODE_PRINT_INITRAMFS_CONFIG:
		return run_print_initramfs_config(app);
	case MODE_PRINT_SOCKET:
		return run_print_socket(app);
	case MODE_PRINT_OPTIONS:
		return run_print_options();
	case MODE_HELP:
		options_print_help(stdout);
		return EXIT_OK;
	case MODE_VERSION:
		puts("rapiddisk-apply " RAPIDDISK_VERSION);
		return EXIT_OK;
	}
	return EXIT_USAGE;
}

/* --check and its like touch nothing of the machine. */
static bool looks_at_devices(const struct app *app)
{
	enum apply_mode mode = app->options.mode;

	return !app->options.sysroot &&
	       (mode == MODE_APPLY || mode == MODE_TEARDOWN || mode == MODE_STATUS ||
		mode == MODE_IMPORT || mode == MODE_PRINT_INITRAMFS_CONFIG);
}

static int open_sys(struct app *app)
{
	const char *root = app->options.sysroot ? app->options.sysroot : "/";
	int r;

	app->sys = (struct sys){
		.dm = app->options.sysroot ? &dm_tree : &dm_kernel,
		.initramfs = app->options.initramfs,
		.fault = app->options.fault,
		.load_module = app->options.sysroot ? NULL : kmod_load,
		.deadline_ms = clock_now_ms() + app->options.timeout_ms,
	};
	r = kfs_init(&app->sys.kfs, root, &app->sys.fault);
	if (r < 0) {
		log_error("cannot open '%s': %s", root, strerror(-r));
		return r;
	}
	/* Without it, devices are found by their paths alone. */
	if (looks_at_devices(app) && udevdb_open(&app->sys.udev) < 0)
		app->sys.udev = NULL;
	if (app->options.initramfs && !app->options.sysroot)
		log_open_kernel();
	return 0;
}

/*
 * In an initramfs the boot goes on while udev works: this ends, and a process of its own
 * waits, until the deadline, and takes away the semaphore that libdevmapper waits by.
 */
static void settle_apart(struct app *app)
{
	_cleanup_close_ int null_fd = -1;
	pid_t pid;

	if (exec_is_settled(&app->sys))
		return;
	fflush(stdout);
	pid = fork();
	if (pid > 0)
		return;
	if (pid == 0) {
		/* Who reads what this prints is not to wait for that one. */
		null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		for (int fd = STDIN_FILENO; null_fd >= 0 && fd <= STDERR_FILENO; fd++)
			(void)dup2(null_fd, fd);
		(void)setsid();
	}
	exec_settle(&app->sys);
	if (pid == 0)
		_exit(EXIT_OK);
}

int main(int argc, char **argv)
{
	struct app app = { 0 };
	int code;

	/* All times that it tells are UTC: what the local time is need not be read. */
	setenv("TZ", "UTC0", 1);
	if (options_parse(&app.options, argc, argv) < 0)
		return EXIT_USAGE;
	if (app.options.verbose)
		log_set_level(LOG_LEVEL_DEBUG);
	else if (app.options.quiet)
		log_set_level(LOG_LEVEL_ERROR);
	if (open_sys(&app) < 0)
		return EXIT_PARTIAL;
	app.color = wants_color(&app.options);
	progress_init(&app.progress, &app.sys,
		      !app.options.quiet && !app.options.json && !app.options.initramfs);
	code = run_mode(&app);
	progress_done(&app.progress);
	if (app.options.initramfs)
		settle_apart(&app);
	udevdb_close(app.sys.udev);
	kfs_done(&app.sys.kfs);
	/* A full disk or a closed pipe must not pass for success. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		log_error("cannot write the output: %s", strerror(errno));
		return code == EXIT_OK ? EXIT_PARTIAL : code;
	}
	return code;
}
