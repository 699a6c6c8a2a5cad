/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration and the output, as all modes handle them. */
#include "apply/app.h"

#include "apply/image.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "kind/kinds.h"
#include "model/config.h"
#include "model/status.h"
#include "sys/machine.h"

/* Remove the section of the network programs: no plan has its values. */
static int drop_status(const struct app *app, struct model *desired, struct diag *diag)
{
	struct obj *status = model_take(desired, &status_class);
	const char *unreadable = NULL;

	if (!status)
		return 0;
	if (app->options.mode == MODE_CHECK) {
		status_check_files(status, diag);
		unreadable = status_unreadable(status);
	}
	if (unreadable)
		log_warning(
			"status: push: the user '" STATUS_PUSH_USER
			"', as which rapiddisk-push.service runs, cannot read '%s'; run "
			"'chgrp " STATUS_PUSH_USER "' and 'chmod 640' on the file",
			unreadable);
	obj_free(status);
	return diag_is_empty(diag) ? model_sort(desired) : -EINVAL;
}

struct config_source app_config(const struct app *app)
{
	const struct options *o = &app->options;
	bool is_of_anybody = o->sysroot || o->initramfs ||
			     (o->mode == MODE_CHECK && !streq(o->config, CONFIG_PATH));

	return (struct config_source){
		.path = o->config,
		.root = o->initramfs ? NULL
			: o->sysroot ? o->sysroot
				     : "/",
		.trust = is_of_anybody ? CONFIG_OF_ANYBODY : CONFIG_OF_OWNER,
	};
}

int app_read_config(const struct app *app, struct diag *diag, struct model *desired,
		    char sha256[static CONFIG_SHA256_LEN])
{
	struct config_source source = app_config(app);
	int r = diag_init(diag, source.path);

	if (r == 0)
		r = config_load(&source, kind_classes, diag, desired, sha256);
	return r < 0 ? r : drop_status(app, desired, diag);
}

int app_load_config(const struct app *app, struct model *desired, struct report *report)
{
	_cleanup_(diag_done) struct diag diag = { 0 };
	char sha256[CONFIG_SHA256_LEN] = "";
	int r;

	r = app_read_config(app, &diag, desired, sha256);
	if (r == -EINVAL) {
		log_diag(&diag);
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
	if (!report->config_path) /* absent beside drop-ins */
		report->config_path = strdup(app->options.config);
	report->config_sha256 = strdup(sha256);
	return report->config_sha256 ? 0 : -ENOMEM;
}

int app_look_at_image(struct app *app, const struct model *desired, struct report *report)
{
	enum image_state state;
	int r = image_look(&app->sys, desired, &app->boot, &state);

	if (r < 0)
		return r;
	report->image = image_state_name(state);
	if (state == IMAGE_STALE || state == IMAGE_MISSING)
		report->image_hint = app->boot.next_boot;
	return 0;
}

const char *app_why_turned_off(const struct app *app)
{
	const struct kfs *kfs = &app->sys.kfs;

	if (machine_cmdline_has(kfs, "rapiddisk=0"))
		return "'rapiddisk=0' on the kernel command line turns everything off";
	/* Parameters of dracut for the initramfs alone begin with `rd.`. */
	if (app->options.initramfs && machine_cmdline_has(kfs, "rd.rapiddisk=0"))
		return "'rd.rapiddisk=0' on the kernel command line turns the initramfs off";
	/* kdump's kernel has little memory, and needs it to save the dump. */
	if (kfs_exists(kfs, "proc/vmcore"))
		return "a crash kernel (/proc/vmcore exists) gets no RAM disks and no caches";
	return NULL;
}

int app_print_text(int error, const char *text)
{
	if (error < 0) {
		log_error("cannot write JSON: %s", strerror(-error));
		return EXIT_PARTIAL;
	}
	fputs(text, stdout);
	return EXIT_OK;
}
