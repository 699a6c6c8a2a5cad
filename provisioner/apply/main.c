/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rapiddisk-apply: make the kernel agree with the configuration. */
#include "apply/modes.h"
#include "apply/options_parse.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "engine/exec.h"
#include "sys/clock.h"
#include "sys/dm.h"
#include "sys/hold.h"
#include "sys/kmod.h"
#include "sys/notify.h"
#include "sys/udev.h"

#include <fcntl.h>
#include <sys/stat.h>

static bool wants_color(const struct options *o)
{
	const char *no_color = getenv("NO_COLOR");

	if (o->color != COLOR_AUTO)
		return o->color == COLOR_ALWAYS;
	return isatty(STDOUT_FILENO) && !(no_color && no_color[0] != '\0');
}

/* The other modes, such as --check, touch nothing of the machine. */
static bool looks_at_devices(const struct app *app)
{
	enum apply_mode mode = app->options.mode;

	return !app->options.sysroot &&
	       (mode == MODE_APPLY || mode == MODE_TEARDOWN || mode == MODE_STATUS ||
		mode == MODE_IMPORT || mode == MODE_CAPTURE ||
		mode == MODE_PRINT_INITRAMFS_CONFIG);
}

static int open_sys(struct app *app)
{
	const char *root = app->options.sysroot ? app->options.sysroot : "/";
	int r;

	app->sys = (struct sys){
		.dm = app->options.sysroot ? &dm_tree : &dm_kernel,
		.udev = app->options.sysroot ? &udev_tree : NULL,
		.initramfs = app->options.initramfs,
		.fault = app->options.fault,
		.hold = app->options.sysroot ? NULL : hold_open,
		.load_module = app->options.sysroot ? NULL : kmod_load,
		.find_module = app->options.sysroot ? NULL : kmod_find,
		.deadline_ms = clock_now_ms() + app->options.timeout_ms,
	};
	r = kfs_init(&app->sys.kfs, root, &app->sys.fault);
	if (r < 0) {
		log_error("cannot open '%s': %s", root, strerror(-r));
		return r;
	}
	/* Without its database, UUID= and the like would match no device, without an error. */
	if (looks_at_devices(app)) {
		r = udevdb_open(&app->sys.udevdb);
		if (r < 0) {
			log_error("cannot open the database of udev: %s; run again",
				  strerror(-r));
			kfs_done(&app->sys.kfs);
			return r;
		}
		app->sys.udev = &udev_system;
	}
	if (app->options.initramfs && !app->options.sysroot)
		log_open_kernel();
	return 0;
}

/*
 * In an initramfs the boot goes on while udev works. This process ends; a child waits for
 * udev until the deadline, and removes the semaphore of libdevmapper.
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
		/* A reader of the output must not wait for the child. */
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

	/* All printed times are UTC; this keeps libc from reading the local time zone. */
	setenv("TZ", "UTC0", 1);
	/*
	 * The network programs read directories of /run as another user, whatever the shell of an
	 * administrator has set. Secret files have modes of their own.
	 */
	umask(022);
	log_open_journal(getenv("JOURNAL_STREAM"));
	if (options_parse(&app.options, argc, argv) < 0)
		return EXIT_USAGE;
	if (app.options.verbose)
		log_set_level(LOG_LEVEL_DEBUG);
	else if (app.options.quiet)
		log_set_level(LOG_LEVEL_ERROR);
	if (open_sys(&app) < 0) {
		notify_ready();
		return EXIT_PARTIAL;
	}
	app.color = wants_color(&app.options);
	progress_init(&app.progress, &app.sys,
		      !app.options.quiet && !app.options.json && !app.options.initramfs);
	code = modes_run(&app);
	/* A run that changed nothing, or not all, has started its unit, too. */
	if (code == EXIT_OK || code == EXIT_PARTIAL)
		notify_ready();
	late_done(&app.late);
	progress_done(&app.progress);
	if (app.options.initramfs)
		settle_apart(&app);
	udevdb_close(app.sys.udevdb);
	kfs_done(&app.sys.kfs);
	/* A full disk or a closed pipe must not pass for success. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		log_error("cannot write the output: %s", strerror(errno));
		return code == EXIT_OK ? EXIT_PARTIAL : code;
	}
	return code;
}
