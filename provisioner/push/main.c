/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rapiddisk-push: send the status to those whom the configuration names, and end. */
#include "base/cleanup.h"
#include "base/log.h"
#include "base/units.h"
#include "model/config.h"
#include "push/http.h"
#include "push/target.h"
#include "report/push_counts.h"
#include "report/status_file.h"

#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define SPOOL_FOLDER "/var/lib/rapiddisk/push"
#define EXIT_CONFIG  3
#define EXIT_USAGE   64

struct options {
	const char *config, *spool, *sysroot;
};

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "spool", required_argument, NULL, 's' },
	{ "sysroot", required_argument, NULL, 'r' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

static void print_help(void)
{
	fputs("Usage: rapiddisk-push [OPTION]...\n"
	      "Send the status to those whom 'status: push:' of " CONFIG_PATH " names.\n"
	      "\n"
	      "  -c, --config=FILE   the configuration (" CONFIG_PATH ")\n"
	      "      --spool=DIR     what waits to be sent (" SPOOL_FOLDER ")\n"
	      "      --sysroot=DIR   look below DIR (for tests)\n"
	      "  -h, --help          print this\n"
	      "      --version       print the version\n"
	      "\n"
	      "Exit: 0 all was sent, or it is not time yet; 1 some of it waits; 3 the\n"
	      "configuration is invalid; 64 usage.\n",
	      stdout);
}

/* Return: 0; 1: all is done; -EINVAL once the error is on stderr. */
static int parse_options(struct options *o, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "c:h", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			o->config = optarg;
			break;
		case 's':
			o->spool = optarg;
			break;
		case 'r':
			o->sysroot = optarg;
			break;
		case 'h':
			print_help();
			return 1;
		case 'V':
			puts("rapiddisk-push " RAPIDDISK_VERSION);
			return 1;
		default:
			return -EINVAL;
		}
	}
	if (optind == argc)
		return 0;
	log_error("unexpected argument '%s'; see --help", argv[optind]);
	return -EINVAL;
}

static int load_config(const char *path, struct model *ret)
{
	_cleanup_(diag_done) struct diag diag = { 0 };
	int r = diag_init(&diag, path);

	if (r == 0)
		r = config_load_section(path, &status_class, &diag, ret);
	if (r == -EINVAL)
		diag_print(&diag, stderr);
	else if (r < 0)
		log_error("cannot read '%s': %s", path, strerror(-r));
	return r;
}

static int open_folder(const char *path)
{
	int fd;

	/* The service's StateDirectory= has made it; by hand nobody has. */
	(void)mkdir(path, 0755);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	fd = -errno;
	log_error("cannot open '%s': %s", path, strerror(-fd));
	return fd;
}

/*
 * As root, by hand: what it makes has to be the service's, and what the service may not read
 * shall be found out now.
 */
static int become_owner(int folder_fd)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (fstat(folder_fd, &st) < 0)
		return -errno;
	if (st.st_uid == 0)
		return 0;
	if (setgroups(0, NULL) < 0 || setgid(st.st_gid) < 0 || setuid(st.st_uid) < 0)
		return -errno;
	return 0;
}

/* --- the targets --- */

/* Each in a process of its own: one that hangs, or worse, is nothing to the others. */
static pid_t start(const struct push_target *target, const struct kfs *kfs, int folder_fd,
		   const char *host)
{
	pid_t pid = fork();

	if (pid < 0)
		log_error("cannot start a process: %s", strerror(errno));
	if (pid != 0)
		return pid;
	_exit(target_push(target, kfs, folder_fd, host) < 0 ? EXIT_FAILURE
							    : EXIT_SUCCESS);
}

static bool ended_well(pid_t pid)
{
	int status;

	if (pid < 0)
		return false;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

static int push_all(const struct object_list *targets, const struct kfs *kfs,
		    int folder_fd, const char *host)
{
	_cleanup_free_ pid_t *pids = calloc(targets->objs.count, sizeof(*pids));
	int code = EXIT_SUCCESS;

	if (!pids)
		return EXIT_FAILURE;
	for (size_t i = 0; i < targets->objs.count; i++)
		pids[i] = start((const struct push_target *)targets->objs.items[i], kfs,
				folder_fd, host);
	for (size_t i = 0; i < targets->objs.count; i++)
		if (!ended_well(pids[i]))
			code = EXIT_FAILURE;
	return code;
}

/* For rapiddisk-statusd, which cannot look into the spools. */
static int save_counts(const struct object_list *targets, int folder_fd)
{
	_cleanup_(push_counts_done) struct push_counts counts = { 0 };
	_cleanup_free_ char *text = NULL;
	struct fault none = { 0 };
	int r;

	vec_foreach (target, &targets->objs) {
		struct push_count count;

		if (target_count((const struct push_target *)*target, folder_fd, &count) <
		    0)
			continue;
		r = vec_push(&counts.targets, count);
		if (r < 0) {
			free(count.target);
			return r;
		}
	}
	r = push_counts_to_json(&counts, &text);
	return r < 0 ? r : status_file_write(folder_fd, PUSH_COUNTS_FILE, text, &none);
}

static int run(const struct options *o, const struct object_list *targets)
{
	_cleanup_close_ int folder_fd = open_folder(o->spool);
	char host[256] = "localhost";
	struct kfs kfs;
	int code, r;

	if (folder_fd < 0)
		return EXIT_FAILURE;
	if (gethostname(host, sizeof(host) - 1) < 0)
		log_warning("cannot find out the name of this machine: %s, ignoring",
			    strerror(errno));
	r = become_owner(folder_fd);
	if (r == 0)
		r = kfs_init(&kfs, o->sysroot, NULL);
	if (r == 0)
		r = http_init();
	if (r < 0) {
		log_error("cannot begin: %s", strerror(-r));
		return EXIT_FAILURE;
	}
	code = push_all(targets, &kfs, folder_fd, host);
	r = save_counts(targets, folder_fd);
	if (r < 0)
		log_warning("cannot write '%s/counts.json': %s, ignoring", o->spool,
			    strerror(-r));
	kfs_done(&kfs);
	return code;
}

int main(int argc, char **argv)
{
	struct options o = {
		.config = CONFIG_PATH,
		.spool = SPOOL_FOLDER,
		.sysroot = "/",
	};
	_cleanup_(model_done) struct model model = { 0 };
	const struct object_list *targets;
	int r = parse_options(&o, argc, argv);

	if (r != 0)
		return r < 0 ? EXIT_USAGE : EXIT_SUCCESS;
	r = load_config(o.config, &model);
	if (r < 0)
		return r == -EINVAL ? EXIT_CONFIG : EXIT_FAILURE;
	targets = status_push(model_find(&model, &status_class, status_class.section));
	return targets && targets->objs.count > 0 ? run(&o, targets) : EXIT_SUCCESS;
}
