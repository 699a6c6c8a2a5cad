/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parse the command line of rapiddisk-statusd. */
#include "statusd/options.h"

#include "base/log.h"
#include "base/units.h"

#include <getopt.h>
#include <stdio.h>

#define IDLE_DEFAULT_MS 60000
#define IDLE_MAX_S	86400

enum { OPTION_SYSROOT = 0x100, OPTION_IDLE, OPTION_NAME };

static const struct option long_options[] = {
	{ "listen", required_argument, NULL, 'l' },
	{ "name", required_argument, NULL, OPTION_NAME },
	{ "idle-exit", required_argument, NULL, OPTION_IDLE },
	{ "sysroot", required_argument, NULL, OPTION_SYSROOT },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

void statusd_options_print_help(void)
{
	fputs("Usage: rapiddisk-statusd [OPTION]...\n"
	      "Serve the status of RAM disks, caches and exports over HTTP.\n"
	      "\n"
	      "Listens on the sockets that systemd passes, or on those given by --listen.\n"
	      "\n"
	      "  -l, --listen=ADDRESS     listen on 127.0.0.1:9118, [::1]:9118, or the path of a\n"
	      "                           Unix socket; repeatable\n"
	      "      --name=NAME          answer requests to the host NAME, besides addresses,\n"
	      "                           localhost and the host name; repeatable\n"
	      "      --idle-exit=SECONDS  exit after this time without a client (60 with the\n"
	      "                           sockets of systemd, otherwise 0: never)\n"
	      "      --sysroot=DIR        read below DIR (for tests)\n"
	      "  -h, --help               print this\n"
	      "      --version            print the version\n",
	      stdout);
}

static int set_idle(struct statusd_options *o, const char *value)
{
	uint64_t seconds;

	if (units_parse_uint(value, &seconds) < 0 || seconds > IDLE_MAX_S) {
		log_error("--idle-exit takes whole seconds, 86400 at most, not '%s'",
			  value);
		return -EINVAL;
	}
	o->idle_ms = seconds * 1000;
	return 0;
}

static int take(struct statusd_options *o, int option, const char *value, bool *has_idle)
{
	switch (option) {
	case 'l':
		return vec_push(&o->listen, value);
	case OPTION_NAME:
		return vec_push(&o->names, value);
	case OPTION_IDLE:
		*has_idle = true;
		return set_idle(o, value);
	case OPTION_SYSROOT:
		o->sysroot = value;
		return 0;
	case 'h':
		o->mode = STATUSD_HELP;
		return 0;
	case 'V':
		o->mode = STATUSD_VERSION;
		return 0;
	default:
		return -EINVAL; /* getopt printed the error */
	}
}

int statusd_options_parse(struct statusd_options *ret, int argc, char **argv)
{
	struct statusd_options *o = ret;
	bool has_idle = false;
	int option;

	*o = (struct statusd_options){ .sysroot = "/" };
	while ((option = getopt_long(argc, argv, "l:h", long_options, NULL)) != -1) {
		int r = take(o, option, optarg, &has_idle);

		if (r < 0)
			return r;
	}
	if (optind < argc) {
		log_error("unexpected argument '%s'; see --help", argv[optind]);
		return -EINVAL;
	}
	if (!has_idle && o->listen.count == 0)
		o->idle_ms = IDLE_DEFAULT_MS;
	return 0;
}

void statusd_options_done(struct statusd_options *options)
{
	vec_done(&options->listen);
	vec_done(&options->names);
}
