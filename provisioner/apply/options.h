/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of rapiddisk-apply. */
#pragma once

#include "base/fault.h"
#include "kind/kind.h"

#include <stdbool.h>
#include <stdint.h>

/* The exit codes of design section 2. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_PARTIAL = 1,
	EXIT_CHANGES = 2,
	EXIT_CONFIG = 3,
	EXIT_LOCKED = 4,
	EXIT_USAGE = 64,
};

enum apply_mode {
	MODE_APPLY,
	MODE_CHECK,
	MODE_STATUS,
	MODE_IMPORT,
	MODE_TEARDOWN,
	MODE_PRINT_SCHEMA,
	MODE_PRINT_INITRAMFS_CONFIG,
	MODE_PRINT_SOCKET,
	MODE_HELP,
	MODE_VERSION,
};

struct options {
	enum apply_mode mode;
	const char *config, *sysroot;
	const char *from; /* --import: a file of nvmetcli; NULL: what is live */
	bool initramfs;	  /* --stage=initramfs */
	enum kind_stage stage;
	const char *stage_name; /* as it was given, and as the report has it */
	bool disconnect;	/* --teardown may drop connections */
	bool drift; /* --drift: a dry run whose outcome goes into the status file */
	bool dry_run, detailed_exitcode, json, prune, adopt, quiet, verbose;
	int color; /* 1 always, 0 never, -1 on a terminal */
	uint64_t timeout_ms;
	uint64_t lock_timeout_ms; /* of that, for the lock */
	struct fault fault;
};

/*
 * options_parse() - Return: 0; -EINVAL once the error is on stderr. The strings stay
 * argv's own.
 */
int options_parse(struct options *ret, int argc, char **argv);

void options_print_help(void);
