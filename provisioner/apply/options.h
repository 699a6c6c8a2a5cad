/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values of the command line of rapiddisk-apply, and the exit status. */
#pragma once

#include "base/fault.h"
#include "kind/kinds.h"

#include <stdbool.h>
#include <stdint.h>

/* rapiddisk-apply(8) documents them under EXIT STATUS. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_PARTIAL = 1,
	EXIT_CHANGES = 2,
	EXIT_CONFIG = 3,
	EXIT_LOCKED = 4,
	EXIT_USAGE = 64,
};

enum apply_mode {
	MODE_APPLY, /* no option names it */
	MODE_CHECK,
	MODE_CAT_CONFIG,
	MODE_STATUS,
	MODE_IMPORT,
	MODE_TEARDOWN,
	MODE_CAPTURE,
	MODE_PRINT_SCHEMA,
	MODE_PRINT_METRICS,
	MODE_PRINT_INITRAMFS_CONFIG,
	MODE_PRINT_SECTIONS,
	MODE_PRINT_SERVICE,
	MODE_PRINT_SOCKET,
	MODE_PRINT_OPTIONS,
	MODE_HELP,
	MODE_VERSION,
};

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
	enum apply_mode mode;
	const char *config, *sysroot;
	const char
		*from; /* --import: a file of nvmetcli; NULL: import the live objects */
	const char *capture; /* --capture: the file to write */
	bool initramfs;	     /* --stage=initramfs */
	enum kind_stage stage;
	const char *stage_name; /* the word of the command line; the report has it too */
	bool disconnect;	/* --teardown may drop connections */
	bool drift; /* --drift: a dry run whose outcome goes into the status file */
	bool no_wait;
	bool dry_run, detailed_exitcode, json, no_prune, adopt, quiet, verbose;
	enum color_when color;
	uint64_t timeout_ms;
	uint64_t lock_timeout_ms; /* for the lock alone; timeout_ms bounds it too */
	struct fault fault;
};
