/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One execution of rapiddisk-apply: its options, the machine, and the functions that several
 * modes need. */
#pragma once

#include "apply/late.h"
#include "apply/options.h"
#include "apply/progress.h"
#include "base/diag.h"
#include "model/config.h"
#include "model/report.h"
#include "sys/boot.h"
#include "sys/sys.h"

#include <stdbool.h>

struct app {
	struct options options;
	struct sys sys;
	struct boot boot;
	struct progress progress;
	bool color;
	struct late late;	       /* as of before the last look of the run */
	const struct model *late_from; /* NULL: the run writes no rules of late devices */
	uint64_t pending_ms; /* last time at which udev was busy during a wait */
};

/*
 * app_config() - Return the file of the configuration, and whether drop-ins are read. The
 * initramfs has one file, into which all were merged. Any user's file counts for a test, in an
 * initramfs, which root built, and for --check of a file that does not command root.
 */
struct config_source app_config(const struct app *app);

/*
 * app_read_config() - Read the configuration, without the section for the network programs.
 * Return: as config_load().
 */
int app_read_config(const struct app *app, struct diag *diag, struct model *desired,
		    char sha256[static CONFIG_SHA256_LEN]);

/*
 * app_load_config() - Read the configuration, print its errors, and set its path and digest
 * in @report.
 * Return: 0; -EINVAL if the configuration is invalid; another -errno.
 */
int app_load_config(const struct app *app, struct model *desired, struct report *report);

/* app_look_at_image() - Set the state of the initramfs image in @report. 0 or -ENOMEM. */
int app_look_at_image(struct app *app, const struct model *desired,
		      struct report *report);

/*
 * app_why_turned_off() - Return the reason why a run may change nothing: a word of the kernel
 * command line, or a crash kernel. NULL if a run may act.
 */
const char *app_why_turned_off(const struct app *app);

/*
 * app_print_text() - Print the text of a writer that returned @error. Return: an exit code.
 */
int app_print_text(int error, const char *text);
