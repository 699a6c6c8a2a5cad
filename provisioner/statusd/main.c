/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rapiddisk-statusd: serve the status over HTTP, without changes and without privilege. */
#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "statusd/listen.h"
#include "statusd/options.h"
#include "statusd/server.h"
#include "statusd/source.h"

#define EXIT_USAGE 64
#define HOST_LEN   256

static int open_listeners(const struct statusd_options *options, struct listeners *ret)
{
	int r = listeners_inherit(ret);

	if (r < 0) {
		log_error("cannot take the sockets that systemd passes: %s",
			  strerror(-r));
		return r;
	}
	vec_foreach (address, &options->listen) {
		r = listeners_open(ret, *address);
		if (r == -EINVAL)
			log_error(
				"--listen takes ADDRESS:PORT or an absolute path, not '%s'",
				*address);
		else if (r < 0)
			log_error("cannot listen on '%s': %s", *address, strerror(-r));
		if (r < 0)
			return r;
	}
	if (ret->fds.count > 0)
		return 0;
	log_error("no address to listen on; give --listen=127.0.0.1:9118, or start "
		  "rapiddisk-statusd.socket");
	return -EINVAL;
}

/* Add the host name, with and without its domain, and the NULL at the end. */
static int add_names(struct statusd_options *options, char *host, char *label)
{
	int r = vec_push(&options->names, host);

	label[strcspn(label, ".")] = '\0';
	if (r == 0)
		r = vec_push(&options->names, label);
	return r < 0 ? r : vec_push(&options->names, NULL);
}

static int serve(struct statusd_options *options)
{
	char host[HOST_LEN] = "localhost", label[HOST_LEN];
	_cleanup_(listeners_done) struct listeners listeners = { 0 };
	struct source source;
	int r = open_listeners(options, &listeners);

	if (r < 0)
		return r == -EINVAL ? EXIT_USAGE : EXIT_FAILURE;
	r = source_init(&source, options->sysroot);
	if (r < 0) {
		log_error("cannot open '%s': %s", options->sysroot, strerror(-r));
		return EXIT_FAILURE;
	}
	/* A longer name would stay "localhost". */
	if (gethostname(host, sizeof(host) - 1) < 0)
		log_warning("cannot read the host name: %s, ignoring", strerror(errno));
	memcpy(label, host, sizeof(host));
	r = add_names(options, host, label);
	if (r == 0)
		r = server_run(&source, &listeners, options->names.items,
			       options->idle_ms);
	source_done(&source);
	if (r < 0)
		log_error("cannot serve requests: %s", strerror(-r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	_cleanup_(statusd_options_done) struct statusd_options options = { 0 };

	log_open_journal(getenv("JOURNAL_STREAM"));
	if (statusd_options_parse(&options, argc, argv) < 0)
		return EXIT_USAGE;
	switch (options.mode) {
	case STATUSD_HELP:
		statusd_options_print_help();
		return EXIT_SUCCESS;
	case STATUSD_VERSION:
		puts("rapiddisk-statusd " RAPIDDISK_VERSION);
		return EXIT_SUCCESS;
	case STATUSD_SERVE:
		break;
	}
	return serve(&options);
}
