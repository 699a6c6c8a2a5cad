/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rapiddisk-push: send the status to the collectors of the configuration, and exit. */
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
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define SPOOL_DIRECTORY "/var/lib/rapiddisk/push"
#define EXIT_CONFIG	3
#define EXIT_USAGE	64

struct options {
	const char *config, *spool, *sysroot;
	bool is_test; /* --sysroot was given */
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
	      "Send the status to the collectors of 'status: push:' in " CONFIG_PATH "\n"
	      "and its drop-ins.\n"
	      "\n"
	      "  -c, --config=FILE   read the configuration from FILE (" CONFIG_PATH "\n"
	      "                      and its drop-ins)\n"
	      "      --spool=DIR     keep unsent reports in DIR (" SPOOL_DIRECTORY ")\n"
	      "      --sysroot=DIR   read below DIR (for tests)\n"
	      "  -h, --help          print this\n"
	      "      --version       print the version\n"
	      "\n"
	      "Exit: 0 every report was sent, or no attempt is due; 1 some reports wait; 3 the\n"
	      "configuration is invalid; 64 usage.\n",
	      stdout);
}

/* Return: 0; 1: exit with success; -EINVAL after an error on stderr. */
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
			o->is_test = true;
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

static int load_config(const struct options *o, struct model *ret)
{
	const struct config_source source = {
		.path = o->config,
		.root = o->sysroot,
		.trust = o->is_test ? CONFIG_OF_ANYBODY : CONFIG_OF_OWNER,
	};
	_cleanup_(diag_done) struct diag diag = { 0 };
	int r = diag_init(&diag, source.path);

	if (r == 0)
		r = config_load_section(&source, &status_class, &diag, ret);
	if (r == -EINVAL)
		log_diag(&diag);
	else if (r < 0)
		log_error("cannot read '%s': %s", source.path, strerror(-r));
	return r;
}

/* Give a new spool of root's to the user of the service. Return: 0 or -errno. */
static int give_away(int fd, const char *path)
{
	const struct passwd *user = getpwnam(STATUS_PUSH_USER);

	if (!user) {
		log_error("the user '" STATUS_PUSH_USER
			  "' does not exist; run systemd-sysusers");
		return -ENOENT;
	}
	if (fchown(fd, user->pw_uid, user->pw_gid) == 0)
		return 0;
	log_error("cannot give '%s' to user '" STATUS_PUSH_USER "': %s", path,
		  strerror(errno));
	return -errno;
}

/* Return: the descriptor of the spool; -errno after an error on stderr. */
static int open_directory(const struct options *o)
{
	/* StateDirectory= creates it for the service, but not for a run by hand. */
	bool is_new = mkdir(o->spool, 0755) == 0;
	_cleanup_close_ int fd = open(o->spool, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		int r = -errno;

		log_error("cannot open '%s': %s", o->spool, strerror(-r));
		return r;
	}
	if (is_new && geteuid() == 0 && !o->is_test) {
		int r = give_away(fd, o->spool);

		if (r < 0) {
			/* The next run begins anew. */
			(void)rmdir(o->spool);
			return r;
		}
	}
	return TAKE_FD(fd);
}

/*
 * Drop root in a run by hand: the new files must belong to the user of the service, and a
 * file that the service cannot read must fail here too.
 */
static int become_owner(const struct options *o, int directory_fd)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (fstat(directory_fd, &st) < 0)
		return -errno;
	if (st.st_uid == 0 && o->is_test)
		return 0;
	/* No collector's answer is parsed with the rights of root. */
	if (st.st_uid == 0) {
		log_error("the spool '%s' belongs to root; run 'chown " STATUS_PUSH_USER
			  "' on the directory",
			  o->spool);
		return -EPERM;
	}
	if (setgroups(0, NULL) < 0 || setgid(st.st_gid) < 0 || setuid(st.st_uid) < 0)
		return -errno;
	return 0;
}

/* --- the targets --- */

/* Fork for each target, so that a hang or a crash does not affect the others. */
static pid_t start(const struct push_target *target, const struct kfs *kfs,
		   int directory_fd, const char *host)
{
	pid_t pid = fork();

	if (pid < 0)
		log_error("cannot start a process: %s", strerror(errno));
	if (pid != 0)
		return pid;
	_exit(target_push(target, kfs, directory_fd, host) < 0 ? EXIT_FAILURE
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
		    int directory_fd, const char *host)
{
	_cleanup_free_ pid_t *pids = calloc(targets->objs.count, sizeof(*pids));
	int code = EXIT_SUCCESS;

	if (!pids)
		return EXIT_FAILURE;
	for (size_t i = 0; i < targets->objs.count; i++)
		pids[i] = start((const struct push_target *)targets->objs.items[i], kfs,
				directory_fd, host);
	for (size_t i = 0; i < targets->objs.count; i++)
		if (!ended_well(pids[i]))
			code = EXIT_FAILURE;
	return code;
}

/* Write the counts for rapiddisk-statusd, which cannot read the spools. */
static int save_counts(const struct object_list *targets, int directory_fd)
{
	_cleanup_(push_counts_done) struct push_counts counts = { 0 };
	_cleanup_free_ char *text = NULL;
	struct fault none = { 0 };
	int r;

	vec_foreach (target, &targets->objs) {
		struct push_count count;

		if (target_count((const struct push_target *)*target, directory_fd,
				 &count) < 0)
			continue;
		r = vec_push(&counts.targets, count);
		if (r < 0) {
			free(count.target);
			return r;
		}
	}
	r = push_counts_to_json(&counts, &text);
	return r < 0 ? r : status_file_write(directory_fd, PUSH_COUNTS_FILE, text, &none);
}

static int run(const struct options *o, const struct object_list *targets)
{
	_cleanup_close_ int directory_fd = open_directory(o);
	char host[256] = "localhost";
	struct kfs kfs;
	int code, r;

	if (directory_fd < 0)
		return EXIT_FAILURE;
	if (gethostname(host, sizeof(host) - 1) < 0)
		log_warning("cannot read the host name: %s, ignoring", strerror(errno));
	r = become_owner(o, directory_fd);
	if (r == 0)
		r = kfs_init(&kfs, o->sysroot, NULL);
	if (r == 0)
		r = http_init();
	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		return EXIT_FAILURE;
	}
	code = push_all(targets, &kfs, directory_fd, host);
	r = save_counts(targets, directory_fd);
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
		.spool = SPOOL_DIRECTORY,
		.sysroot = "/",
	};
	_cleanup_(model_done) struct model model = { 0 };
	const struct object_list *targets;
	int r;

	log_open_journal(getenv("JOURNAL_STREAM"));
	r = parse_options(&o, argc, argv);
	if (r != 0)
		return r < 0 ? EXIT_USAGE : EXIT_SUCCESS;
	r = load_config(&o, &model);
	if (r < 0)
		return r == -EINVAL ? EXIT_CONFIG : EXIT_FAILURE;
	targets = status_push(model_find(&model, &status_class, status_class.section));
	return targets && targets->objs.count > 0 ? run(&o, targets) : EXIT_SUCCESS;
}
