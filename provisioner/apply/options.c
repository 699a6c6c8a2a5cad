/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/options.h"

#include "base/log.h"
#include "base/units.h"
#include "model/config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#define TIMEOUT_DEFAULT_MS 10000
#define TIMEOUT_MAX_S	   86400

enum {
	OPTION_CHECK = 0x100,
	OPTION_STATUS,
	OPTION_IMPORT,
	OPTION_TEARDOWN,
	OPTION_PRINT_SCHEMA,
	OPTION_PRINT_INITRAMFS_CONFIG,
	OPTION_PRINT_SOCKET,
	OPTION_DETAILED_EXITCODE,
	OPTION_JSON,
	OPTION_DRIFT,
	OPTION_ADOPT,
	OPTION_NO_PRUNE,
	OPTION_STAGE,
	OPTION_DISCONNECT,
	OPTION_FROM,
	OPTION_TIMEOUT,
	OPTION_LOCK_TIMEOUT,
	OPTION_COLOR,
	OPTION_SYSROOT,
	OPTION_FAULT,
};

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "status", no_argument, NULL, OPTION_STATUS },
	{ "import", no_argument, NULL, OPTION_IMPORT },
	{ "teardown", no_argument, NULL, OPTION_TEARDOWN },
	{ "print-schema", no_argument, NULL, OPTION_PRINT_SCHEMA },
	{ "print-initramfs-config", no_argument, NULL, OPTION_PRINT_INITRAMFS_CONFIG },
	{ "print-socket", no_argument, NULL, OPTION_PRINT_SOCKET },
	{ "detailed-exitcode", no_argument, NULL, OPTION_DETAILED_EXITCODE },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "drift", no_argument, NULL, OPTION_DRIFT },
	{ "adopt", no_argument, NULL, OPTION_ADOPT },
	{ "no-prune", no_argument, NULL, OPTION_NO_PRUNE },
	{ "stage", required_argument, NULL, OPTION_STAGE },
	{ "from", required_argument, NULL, OPTION_FROM },
	{ "disconnect", no_argument, NULL, OPTION_DISCONNECT },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "lock-timeout", required_argument, NULL, OPTION_LOCK_TIMEOUT },
	{ "color", required_argument, NULL, OPTION_COLOR },
	{ "sysroot", required_argument, NULL, OPTION_SYSROOT },
	{ "fault", required_argument, NULL, OPTION_FAULT },
	{ 0 },
};

void options_print_help(void)
{
	fputs("Usage: rapiddisk-apply [OPTION]...\n"
	      "Make RAM disks, caches and NVMe exports agree with " CONFIG_PATH ".\n"
	      "\n"
	      "  -c, --config=FILE        the configuration (" CONFIG_PATH ")\n"
	      "  -n, --dry-run            print the diff and change nothing\n"
	      "      --detailed-exitcode  with --dry-run: 2 when there is something to do\n"
	      "      --json               the plan, the report or the status as JSON\n"
	      "      --drift              note in the status file what differs, change nothing\n"
	      "      --adopt              take over live objects that match the configuration\n"
	      "      --no-prune           remove nothing\n"
	      "      --check              parse and validate only\n"
	      "      --status             what is live, whose it is, how full\n"
	      "      --import             write YAML that describes what is live\n"
	      "      --from=FILE          with --import: what a JSON file of nvmetcli describes\n"
	      "      --teardown           remove all that rapiddisk-apply made\n"
	      "      --print-schema       JSON Schema of the configuration\n"
	      "      --print-initramfs-config  the part that the initramfs needs\n"
	      "      --disconnect         with --teardown: exports go with their connections\n"
	      "      --print-socket       drop-in for rapiddisk-statusd.socket: status.listen\n"
	      "      --stage=STAGE        initramfs, local, network or system: all (system)\n"
	      "      --timeout=SECONDS    the end of all waiting (10)\n"
	      "      --lock-timeout=SECONDS  of that, at most, for another run to end\n"
	      "      --color=WHEN         auto, always or never (auto)\n"
	      "      --sysroot=DIR        work below DIR (for tests)\n"
	      "      --fault=MODE:N       fail:N[:ERRNO] or kill:N at the N-th change (for tests)\n"
	      "  -q, --quiet              print errors only\n"
	      "  -v, --verbose            print more\n"
	      "  -h, --help               print this\n"
	      "      --version            print the version\n"
	      "\n"
	      "Exit: 0 converged; 1 some object could not be; 2 changes are pending\n"
	      "(--detailed-exitcode); 3 the configuration is invalid and nothing was touched;\n"
	      "4 another run holds the lock; 64 usage.\n",
	      stdout);
}

static int usage_error(const char *what, const char *value)
{
	log_error("%s '%s'; see --help", what, value);
	return -EINVAL;
}

static int set_mode(struct options *o, enum apply_mode mode)
{
	if (o->mode != MODE_APPLY && o->mode != mode) {
		log_error(
			"only one of --check, --status, --import, --teardown, --print-schema, "
			"--print-initramfs-config and --print-socket can be given; see --help");
		return -EINVAL;
	}
	o->mode = mode;
	return 0;
}

static int set_stage(struct options *o, const char *value)
{
	static const struct {
		const char *name;
		enum kind_stage stage;
	} stages[] = {
		{ "initramfs", KIND_STAGE_LOCAL },
		{ "local", KIND_STAGE_LOCAL },
		{ "network", KIND_STAGE_NETWORK },
		{ "system", KIND_STAGE_ALL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(stages); i++) {
		if (!streq(value, stages[i].name))
			continue;
		o->initramfs = streq(value, "initramfs");
		o->stage = stages[i].stage;
		o->stage_name = stages[i].name;
		return 0;
	}
	return usage_error("--stage is initramfs, local, network or system, not", value);
}

static int set_color(struct options *o, const char *value)
{
	static const char *const words[] = { "never", "always", "auto" };

	for (int i = 0; i < (int)ARRAY_SIZE(words); i++) {
		if (streq(value, words[i])) {
			o->color = i == 2 ? -1 : i;
			return 0;
		}
	}
	return usage_error("--color is auto, always or never, not", value);
}

static int set_timeout(uint64_t *ret_ms, const char *value)
{
	uint64_t seconds;

	if (units_parse_uint(value, &seconds) < 0 || seconds > TIMEOUT_MAX_S)
		return usage_error("a timeout takes whole seconds, a day at most, not",
				   value);
	*ret_ms = seconds * 1000;
	return 0;
}

static int set_fault(struct options *o, const char *value)
{
	if (fault_parse(value, &o->fault) < 0)
		return usage_error("--fault is kill:N or fail:N[:ERRNO], not", value);
	return 0;
}

static int take(struct options *o, int option, const char *value)
{
	switch (option) {
	case 'c':
		o->config = value;
		return 0;
	case 'n':
		o->dry_run = true;
		return 0;
	case 'q':
		o->quiet = true;
		return 0;
	case 'v':
		o->verbose = true;
		return 0;
	case 'h':
		o->mode = MODE_HELP;
		return 0;
	case 'V':
		o->mode = MODE_VERSION;
		return 0;
	case OPTION_CHECK:
		return set_mode(o, MODE_CHECK);
	case OPTION_STATUS:
		return set_mode(o, MODE_STATUS);
	case OPTION_IMPORT:
		return set_mode(o, MODE_IMPORT);
	case OPTION_TEARDOWN:
		return set_mode(o, MODE_TEARDOWN);
	case OPTION_PRINT_SCHEMA:
		return set_mode(o, MODE_PRINT_SCHEMA);
	case OPTION_PRINT_INITRAMFS_CONFIG:
		return set_mode(o, MODE_PRINT_INITRAMFS_CONFIG);
	case OPTION_PRINT_SOCKET:
		return set_mode(o, MODE_PRINT_SOCKET);
	case OPTION_DETAILED_EXITCODE:
		o->detailed_exitcode = true;
		return 0;
	case OPTION_JSON:
		o->json = true;
		return 0;
	case OPTION_DRIFT:
		o->drift = o->dry_run = true;
		return 0;
	case OPTION_ADOPT:
		o->adopt = true;
		return 0;
	case OPTION_NO_PRUNE:
		o->prune = false;
		return 0;
	case OPTION_FROM:
		o->from = value;
		return 0;
	case OPTION_DISCONNECT:
		o->disconnect = true;
		return 0;
	case OPTION_STAGE:
		return set_stage(o, value);
	case OPTION_TIMEOUT:
		return set_timeout(&o->timeout_ms, value);
	case OPTION_LOCK_TIMEOUT:
		return set_timeout(&o->lock_timeout_ms, value);
	case OPTION_COLOR:
		return set_color(o, value);
	case OPTION_SYSROOT:
		o->sysroot = value;
		return 0;
	case OPTION_FAULT:
		return set_fault(o, value);
	default:
		return -EINVAL; /* getopt has said why */
	}
}

static int check_together(const struct options *o)
{
	bool plans = o->mode == MODE_APPLY || o->mode == MODE_TEARDOWN;

	if (o->dry_run && !plans)
		return usage_error("only apply and --teardown can go with", "--dry-run");
	if (o->detailed_exitcode && !o->dry_run)
		return usage_error("there is no --dry-run beside", "--detailed-exitcode");
	if (o->drift && o->mode != MODE_APPLY)
		return usage_error("only apply can go with", "--drift");
	if (o->adopt && o->mode != MODE_APPLY)
		return usage_error("only apply can go with", "--adopt");
	if (o->from && o->mode != MODE_IMPORT)
		return usage_error("only --import can go with", "--from");
	if (o->disconnect && o->mode != MODE_TEARDOWN)
		return usage_error("only --teardown can go with", "--disconnect");
	if (o->quiet && o->verbose)
		return usage_error("one thing or the other:", "--quiet --verbose");
	return 0;
}

int options_parse(struct options *ret, int argc, char **argv)
{
	struct options o = {
		.config = CONFIG_PATH,
		.prune = true,
		.stage_name = "system",
		.color = -1,
		.timeout_ms = TIMEOUT_DEFAULT_MS,
		.lock_timeout_ms = TIMEOUT_MAX_S * UINT64_C(1000),
	};
	int option;

	while ((option = getopt_long(argc, argv, "c:nqvh", long_options, NULL)) != -1) {
		int r = take(&o, option, optarg);

		if (r < 0)
			return r;
	}
	if (optind < argc)
		return usage_error("unexpected argument", argv[optind]);
	*ret = o;
	return o.mode == MODE_HELP || o.mode == MODE_VERSION ? 0 : check_together(&o);
}
