/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run: the lock, the report and its file, and the output of the steps. */
#include "apply/run.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "engine/exec.h"
#include "engine/reconcile.h"
#include "kind/export/export.h"
#include "report/json.h"
#include "report/status_doc.h"
#include "report/status_file.h"
#include "report/text.h"
#include "sys/clock.h"
#include "sys/devices.h"
#include "sys/kfs_change.h"
#include "sys/machine.h"
#include "sys/notify.h"
#include "sys/rundir.h"
#include "sys/udev_rules.h"

/* If udevd was idle for this time, the kernel has announced all disks that it probed at boot. */
#define PENDING_MS 1000
#define POLL_MS	   50

/* Return: true if udev has got other rules. */
static bool write_late_rules(const struct app *app)
{
	int r = app->late_from ? udev_rules_write(&app->sys.kfs, app->late.rules) : 0;

	if (r < 0)
		log_warning("cannot write '/" UDEV_RULES_LATE "': %s, ignoring",
			    strerror(-r));
	if (r <= 0)
		return false;
	r = udev_rules_reload();
	if (r < 0)
		log_debug("cannot make udevd read its rules: %s", strerror(-r));
	return true;
}

static void look_at_late(struct app *app)
{
	struct late late;

	/* Without memory, the rules of the previous look start a run too many. */
	if (!app->late_from || late_look(&app->sys, app->late_from, &late) < 0)
		return;
	late_done(&app->late);
	app->late = late;
}

/*
 * All that is possible is done. The boot goes on, except for a device that udev is about to
 * announce: a mount by a UUID would take the source instead of its cache. A mount of the map
 * waits for the map in any case.
 */
static void wait_without_boot(struct app *app)
{
	uint64_t now = clock_now_ms();

	look_at_late(app);
	if (app->pending_ms == 0 || devices_are_pending(&app->sys))
		app->pending_ms = now;
	if (now - app->pending_ms < PENDING_MS)
		return;
	(void)write_late_rules(app); /* the run still looks for the devices itself */
	notify_ready();
}

static void step_waits(void *data, const struct plan_step *step)
{
	struct app *app = data;

	if (step && plan_step_is_absent(step) && !app->options.dry_run)
		wait_without_boot(app);
	progress_wait(&app->progress, step);
}

static void step_begins(void *data, const struct plan_step *step)
{
	struct app *app = data;

	progress_begin(&app->progress, step);
}

/* Write a line to the kernel log, for the console and for later readers. */
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

/* Log a failed, blocked or skipped step, with fields by which the journal can be searched. */
static void log_object(const struct report_entry *entry, const char *text)
{
	char error[12];
	const struct journal_field fields[] = {
		{ "MESSAGE_ID", LOG_ID_OBJECT },
		{ "RAPIDDISK_KIND", entry->class->name },
		{ "RAPIDDISK_OBJECT", entry->name },
		{ "RAPIDDISK_ACTION", plan_action_name(entry->action) },
		{ "RAPIDDISK_RESULT", report_result_name(entry->result) },
		{ "ERRNO", entry->error ? error : NULL },
		{ 0 },
	};

	snprintf(error, sizeof(error), "%d", entry->error < 0 ? -entry->error : 0);
	log_event(LOG_LEVEL_ERROR, fields, "%s", text);
}

/* Log the line that the terminal would show, without its sign. */
static void log_step(const struct plan_step *step, const struct report_entry *entry)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return;
	text_print_step(out, false, step, entry);
	if (fclose(out) != 0 || len == 0)
		return;
	text[strcspn(text, "\n")] = '\0';
	log_object(entry, text + strspn(text, "! "));
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
	if (bad && log_has_journal())
		log_step(step, entry);
	else if (!app->options.quiet || bad)
		text_print_step(app->options.quiet ? stderr : stdout, app->color, step,
				entry);
}

/* Print the errors that verify found in steps that were printed as done. */
static void print_afterthoughts(const struct app *app, const struct report *report)
{
	vec_foreach (entry, &report->entries) {
		_cleanup_free_ char *text = NULL;

		if (entry->result == RESULT_FAILED && entry->error == 0 &&
		    str_format(&text, "%s %s: %s", entry->class->name, entry->name,
			       entry->message) == 0)
			log_object(entry, text);
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
	/* Without procfs the boot id is unknown, and null in the report. */
	(void)machine_boot_id(&app->sys.kfs, &report->boot_id);
	return 0;
}

/* Return: the text of the status file; NULL if it cannot be read or parsed. */
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
	/* Runs of the main system replace the status file, but not this one. */
	if (r == 0 && app->options.initramfs)
		r = status_file_write(rundir_fd, STATUS_FILE_INITRAMFS, text,
				      &app->sys.fault);
	if (r < 0)
		log_warning("cannot write the report into '/" RUNDIR "': %s, ignoring",
			    strerror(-r));
}

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
		/* The run before may wait for an absent device. Only mounts need this
		 * run to end before the boot goes on, and they need the local stage. */
		if (app->options.stage != KIND_STAGE_LOCAL)
			notify_ready();
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

/* Only root can observe connections. The report shows them to everybody. */
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

static int print_report(const struct report *report)
{
	_cleanup_free_ char *text = NULL;
	int r = report_to_json(report, &text);

	return app_print_text(r, text);
}

static int reconcile(struct app *app, struct model *desired, struct report *report)
{
	struct reconcile_options options = {
		.dry_run = app->options.dry_run,
		.no_wait = app->options.no_wait,
		.prune = !app->options.no_prune && !app->options.initramfs,
		.adopt = app->options.adopt,
		.disconnect = app->options.disconnect,
		.stage = app->options.stage,
		.boot = &app->boot,
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
	if (app->options.json && print_report(report) != EXIT_OK)
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

/* Devices start the unit of the default configuration, and only a run of all local objects
 * knows all of them. */
static bool writes_late_rules(const struct options *options)
{
	return !options->sysroot && !options->initramfs && !options->dry_run &&
	       options->stage != KIND_STAGE_NETWORK &&
	       streq(options->config, CONFIG_PATH);
}

/* A device that udev announced between the last look of the run and the new rules is announced
 * again, and starts a run. */
static void announce_missed(struct app *app)
{
	_cleanup_(device_numbers_done) struct device_numbers missed = { 0 };
	char number[NUMBERS_TEXT_MAX];

	notify_ready();
	while (devices_are_pending(&app->sys) && clock_now_ms() < app->sys.deadline_ms)
		clock_sleep_ms(POLL_MS);
	if (late_find_new(&app->sys, app->late_from, &app->late, &missed) < 0)
		return;
	vec_foreach (device, &missed.numbers) {
		int r = kfs_write(&app->sys.kfs, "change", "sys/dev/block/%s/uevent",
				  numbers_format(*device, number));

		if (r < 0)
			log_debug("cannot announce device %s: %s", number, strerror(-r));
	}
}

/* The kernel releases the lock with the descriptor, however the run ends. */
static int reconcile_locked(struct app *app, struct model *desired, struct report *report,
			    int rundir_fd)
{
	_cleanup_close_ int lock_fd = take_lock(app, rundir_fd);
	bool has_new_rules;
	int code;

	if (lock_fd < 0)
		return lock_fd == -EWOULDBLOCK ? EXIT_LOCKED : EXIT_PARTIAL;
	app->late_from = writes_late_rules(&app->options) ? desired : NULL;
	look_at_late(app);
	code = reconcile(app, desired, report);
	has_new_rules = write_late_rules(app);
	save_report(app, rundir_fd, report);
	if (!app->options.initramfs)
		exec_settle(&app->sys);
	if (code == EXIT_PARTIAL && has_new_rules && app->late.rules) {
		close(TAKE_FD(lock_fd));
		announce_missed(app);
	}
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

int run_apply(struct app *app)
{
	_cleanup_(report_done) struct report report = { 0 };
	_cleanup_(model_done) struct model desired = { 0 };
	_cleanup_close_ int rundir_fd = -1;
	int r;

	if (app_why_turned_off(app) && !app->options.dry_run &&
	    app->options.mode == MODE_APPLY) {
		log_warning("%s", app_why_turned_off(app));
		return EXIT_OK;
	}
	r = start_report(app, &report);
	if (r < 0)
		return EXIT_PARTIAL;
	/* The desired state of a teardown is empty for every class, without a file. */
	if (app->options.mode == MODE_TEARDOWN)
		desired.states_all = true;
	else
		r = app_load_config(app, &desired, &report);
	if (r == 0 && !app->options.initramfs)
		r = app_look_at_image(app, &desired, &report);
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
