/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of the options, and the functions that store an option's argument. */
#include "apply/option_rows.h"

#include "base/units.h"
#include "model/config.h"

#include <assert.h>

#define TIMEOUT_MAX_S 86400

static void *member_of(const struct option_row *row, struct options *o)
{
	return (char *)o + row->member;
}

static int set_flag(const struct option_row *row, struct options *o, const char *argument)
{
	(void)argument;
	*(bool *)member_of(row, o) = true;
	return 0;
}

static int set_text(const struct option_row *row, struct options *o, const char *argument)
{
	*(const char **)member_of(row, o) = argument;
	return 0;
}

static int set_seconds(const struct option_row *row, struct options *o,
		       const char *argument)
{
	uint64_t seconds;

	if (units_parse_uint(argument, &seconds) < 0 || seconds > TIMEOUT_MAX_S)
		return -EINVAL;
	*(uint64_t *)member_of(row, o) = seconds * 1000;
	return 0;
}

static const char *const stage_words[] = { "initramfs", "local", "network", "system",
					   NULL };

static int set_stage(const struct option_row *row, struct options *o,
		     const char *argument)
{
	static const enum kind_stage stages[] = {
		KIND_STAGE_LOCAL,
		KIND_STAGE_LOCAL,
		KIND_STAGE_NETWORK,
		KIND_STAGE_ALL,
	};

	static_assert(ARRAY_SIZE(stages) == ARRAY_SIZE(stage_words) - 1, "one per word");
	for (size_t i = 0; row->words[i]; i++) {
		if (!streq(argument, row->words[i]))
			continue;
		o->initramfs = i == 0;
		o->stage = stages[i];
		o->stage_name = row->words[i];
	}
	return 0;
}

static const char *const color_words[] = {
	[COLOR_AUTO] = "auto",
	[COLOR_ALWAYS] = "always",
	[COLOR_NEVER] = "never",
	NULL,
};

static int set_color(const struct option_row *row, struct options *o,
		     const char *argument)
{
	for (int i = 0; row->words[i]; i++)
		if (streq(argument, row->words[i]))
			o->color = (enum color_when)i;
	return 0;
}

static int set_fault(const struct option_row *row, struct options *o,
		     const char *argument)
{
	(void)row;
	return fault_parse(argument, &o->fault);
}

const char *const option_group_titles[] = {
	[GROUP_MODE] = "Instead of converging",
	[GROUP_RUN] = "Options of a run",
	[GROUP_OUTPUT] = "Output",
	[GROUP_TESTS] = "For tests and for building the documents",
};

#define IN(mode) (1U << (mode))

/* clang-format off */
#define FLAG(name) .set = set_flag, .member = offsetof(struct options, name)
#define TEXT(name) .set = set_text, .member = offsetof(struct options, name)
/* clang-format on */

const struct option_row option_rows[] = {
	{
		.name = "check",
		.group = GROUP_MODE,
		.mode = MODE_CHECK,
		.help = "Validate the configuration, without a look at this machine",
		.more = "Needs no privilege. --dry-run tells whether the machine has the "
			"memory and the devices.",
	},
	{
		.name = "cat-config",
		.group = GROUP_MODE,
		.mode = MODE_CAT_CONFIG,
		.help = "Print the files of the configuration that are read, in their order",
		.more = "Before each file is a comment with its path. The text is not "
			"validated, and a masked file is not printed. On a terminal, "
			"control characters are printed as \\xHH.",
	},
	{
		.name = "status",
		.group = GROUP_MODE,
		.mode = MODE_STATUS,
		.help = "Print the live objects, their owners and their use",
		.more = "Objects that the last run or drift check of this boot found out of "
			"sync follow, with the reason.",
	},
	{
		.name = "import",
		.group = GROUP_MODE,
		.mode = MODE_IMPORT,
		.help = "Print a configuration that describes the live objects",
		.more = "An object that the configuration cannot describe is a comment "
			"with the reason. If a host has a key, name the file of the key in the output: the "
			"configuration is invalid until then. While the modules of rapiddisk 9 are loaded, "
			"the output contains its RAM disks and caches.",
	},
	{
		.name = "teardown",
		.group = GROUP_MODE,
		.mode = MODE_TEARDOWN,
		.help = "Remove every owned object",
		.more = "The object that was created last goes first. Objects in use stay. "
			"Reads no configuration.",
	},
	{
		.name = "capture",
		.group = GROUP_MODE,
		.argument = "FILE",
		TEXT(capture),
		.mode = MODE_CAPTURE,
		.help = "Write what a run reads of this machine to FILE, for a bug report",
		.more = "Only root can read FILE. A symbolic link is refused, and a "
			"regular file is replaced. Changes nothing. Keys, passwords and the parameters of foreign maps "
			"are left out; BUG REPORTS lists what stays. --stage, --adopt and "
			"--no-prune count as in a run.",
	},
	{
		.name = "print-schema",
		.group = GROUP_MODE,
		.mode = MODE_PRINT_SCHEMA,
		.help = "Print the JSON Schema of the configuration",
	},
	{
		.name = "print-metrics",
		.group = GROUP_MODE,
		.mode = MODE_PRINT_METRICS,
		.help = "Print the table of the metrics as JSON",
	},
	{
		.name = "print-initramfs-config",
		.group = GROUP_MODE,
		.mode = MODE_PRINT_INITRAMFS_CONFIG,
		.help = "Print the part of the configuration that the initramfs needs",
		.more = "The hooks that build the image call this. The part is one file, "
			"into which the drop-ins are merged. Prints nothing if the initramfs "
			"needs no part of the configuration, or if no configuration exists.",
	},
	{
		.name = "print-sections",
		.group = GROUP_MODE,
		.mode = MODE_PRINT_SECTIONS,
		.help = "Print the sections of the configuration that have objects",
		.more = "One name on a line. rapiddisk-generator calls this.",
	},
	{
		.name = "print-service",
		.group = GROUP_MODE,
		.mode = MODE_PRINT_SERVICE,
		.help = "Print a drop-in for rapiddisk-statusd.service from status.names",
		.more = "Prints nothing if the configuration has no `status.names`.",
	},
	{
		.name = "print-socket",
		.group = GROUP_MODE,
		.mode = MODE_PRINT_SOCKET,
		.help = "Print a drop-in for rapiddisk-statusd.socket from status.listen",
		.more = "Prints nothing if the configuration has no `status.listen`.",
	},
	{
		.name = "help",
		.letter = 'h',
		.group = GROUP_MODE,
		.mode = MODE_HELP,
		.help = "Print this list",
	},
	{
		.name = "version",
		.group = GROUP_MODE,
		.mode = MODE_VERSION,
		.help = "Print the version",
	},
	{
		.name = "config",
		.letter = 'c',
		.group = GROUP_RUN,
		.argument = "FILE",
		.value = CONFIG_PATH,
		TEXT(config),
		.help = "Read the configuration from FILE",
		.more = "Drop-ins are read beside /etc/rapiddisk.yaml, and beside no other "
			"file.",
	},
	{
		.name = "from",
		.group = GROUP_RUN,
		.argument = "FILE",
		TEXT(from),
		.modes = IN(MODE_IMPORT),
		.help = "Import from FILE, a JSON file of nvmetcli",
		.more = "Prints the hosts, ports and exports of the file instead of the live "
			"objects. nvmetcli(1) writes such a file.",
	},
	{
		.name = "dry-run",
		.letter = 'n',
		.group = GROUP_RUN,
		FLAG(dry_run),
		.modes = IN(MODE_APPLY) | IN(MODE_TEARDOWN),
		.help = "Print the plan and change nothing",
		.more = "Each line begins with a sign: `+` create, `~` change, `-/+` replace, "
			"`-` remove, `!` blocked, with the reason. Prints `converged` if no step "
			"is needed.",
	},
	{
		.name = "detailed-exitcode",
		.group = GROUP_RUN,
		FLAG(detailed_exitcode),
		.with = "dry-run",
		.help = "Exit with 2 if changes are pending",
	},
	{
		.name = "drift",
		.group = GROUP_RUN,
		FLAG(drift),
		.modes = IN(MODE_APPLY),
		.implied = "dry-run",
		.help = "Record the drift in the status file and change nothing",
		.more = "Writes the drift into /run/rapiddisk/status.json, beside the report "
			"of the last run, for rapiddisk-statusd(8) and rapiddisk-push(8), and "
			"prints nothing. `rapiddisk-drift.timer` calls this every ten minutes.",
	},
	{
		.name = "adopt",
		.group = GROUP_RUN,
		FLAG(adopt),
		.modes = IN(MODE_APPLY) | IN(MODE_CAPTURE),
		.help = "Adopt foreign objects that match the configuration",
	},
	{
		.name = "no-prune",
		.group = GROUP_RUN,
		FLAG(no_prune),
		.help = "Keep owned objects that the configuration no longer lists",
	},
	{
		.name = "disconnect",
		.group = GROUP_RUN,
		FLAG(disconnect),
		.modes = IN(MODE_TEARDOWN),
		.help = "Remove exports that have connections too",
	},
	{
		.name = "stage",
		.group = GROUP_RUN,
		.argument = "STAGE",
		.words = stage_words,
		.value = "system",
		.set = set_stage,
		.help = "Limit the run to one stage of the boot",
		.more = "`system` is the whole configuration, `network` its hosts, ports and "
			"exports, `local` everything else. `initramfs` is `local` for the "
			"initramfs: it removes nothing, takes the device of the root file system "
			"from `root=` on the kernel command line, and writes each result to the "
			"kernel log too.",
	},
	{
		.name = "timeout",
		.group = GROUP_RUN,
		.argument = "SECONDS",
		.expects = "whole seconds, 86400 at most",
		.value = "10",
		.set = set_seconds,
		.member = offsetof(struct options, timeout_ms),
		.help = "Limit all waiting to SECONDS",
		.more = "A run waits for another run, for devices and addresses that have not "
			"appeared yet, and for disks that udev holds open. The wait for absent "
			"devices ends a fifth of the time, 5 seconds at most, before the rest.",
	},
	{
		.name = "no-wait",
		.group = GROUP_RUN,
		FLAG(no_wait),
		.help = "Do not wait for absent devices and addresses",
		.more = "Without this option a run creates all that it can, and then waits for "
			"the rest as long as the key `wait` says.",
	},
	{
		.name = "lock-timeout",
		.group = GROUP_RUN,
		.argument = "SECONDS",
		.expects = "whole seconds, 86400 at most",
		.set = set_seconds,
		.member = offsetof(struct options, lock_timeout_ms),
		.help = "Limit the wait for another run to SECONDS",
		.more = "Without this option, the other run may take all of --timeout.",
	},
	{
		.name = "json",
		.group = GROUP_OUTPUT,
		FLAG(json),
		.help = "Print the plan, the report or the status as JSON",
	},
	{
		.name = "color",
		.group = GROUP_OUTPUT,
		.argument = "WHEN",
		.words = color_words,
		.value = "auto",
		.set = set_color,
		.help = "Color the output",
		.more = "`auto` colors it on a terminal, unless the environment has "
			"`NO_COLOR`.",
	},
	{
		.name = "quiet",
		.letter = 'q',
		.group = GROUP_OUTPUT,
		FLAG(quiet),
		.without = "verbose",
		.help = "Print errors only",
	},
	{
		.name = "verbose",
		.letter = 'v',
		.group = GROUP_OUTPUT,
		FLAG(verbose),
		.without = "quiet",
		.help = "Print debug messages too",
	},
	{
		.name = "sysroot",
		.group = GROUP_TESTS,
		.argument = "DIR",
		TEXT(sysroot),
		.help = "Work on the tree below DIR instead of the kernel",
	},
	{
		.name = "fault",
		.group = GROUP_TESTS,
		.argument = "MODE:N",
		.expects = "kill:N or fail:N[:ERRNO]",
		.set = set_fault,
		.help = "Die (kill:N) or fail (fail:N[:ERRNO]) at the N-th change",
	},
	{
		.name = "print-options",
		.group = GROUP_TESTS,
		.mode = MODE_PRINT_OPTIONS,
		.help = "Print the table of options as JSON",
	},
	{ 0 },
};
