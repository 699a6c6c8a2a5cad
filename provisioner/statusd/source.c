/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Observe the objects for each answer, and parse the status file after it changed. */
#include "statusd/source.h"

#include "base/cleanup.h"
#include "engine/observe.h"
#include "kind/export/export.h"
#include "kind/shown.h"
#include "report/status_file.h"
#include "statusd/volumes.h"
#include "sys/rundir.h"

#include <fcntl.h>

#define PUSH_FOLDER "var/lib/rapiddisk/push"

int source_init(struct source *source, const char *root)
{
	*source = (struct source){ .view.classes = shown_classes };
	return kfs_init(&source->sys.kfs, root, NULL);
}

static void forget(struct source *source)
{
	status_doc_done(&source->doc);
	free(source->text);
	free(source->problem);
	source->text = source->problem = NULL;
	source->len = 0;
	source->st = (struct stat){ 0 };
}

static void forget_view(struct source *source)
{
	model_done(&source->view.observed);
	volumes_done(&source->view);
	push_counts_done(&source->view.push);
	source->view = (struct view){ .classes = shown_classes };
}

void source_done(struct source *source)
{
	forget(source);
	forget_view(source);
	kfs_done(&source->sys.kfs);
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	       a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int set_problem(struct source *source, int error)
{
	int r;

	if (error == -ENOENT)
		r = asprintf(&source->problem,
			     "no run of rapiddisk-apply has ended since the system "
			     "started: '/" RUNDIR "/" STATUS_FILE "' does not exist");
	else
		r = asprintf(
			&source->problem, "cannot read '/" RUNDIR "/" STATUS_FILE "': %s",
			error == -EFBIG ? "the file is too large" : strerror(-error));
	if (r < 0)
		source->problem = NULL;
	return r < 0 ? -ENOMEM : 0;
}

static int parse(struct source *source)
{
	_cleanup_free_ char *why = NULL;
	int r = status_doc_parse(source->text, source->len, &source->doc, &why);

	if (r != -EBADMSG)
		return r;
	if (asprintf(&source->problem,
		     "'/" RUNDIR "/" STATUS_FILE
		     "' is no report: %s; run rapiddisk-apply",
		     why) < 0) {
		source->problem = NULL;
		return -ENOMEM;
	}
	return 0;
}

/* Every error but -ENOMEM becomes a problem to tell. */
static int look_at_status(struct source *source)
{
	_cleanup_close_ int dir =
		kfs_open(&source->sys.kfs, O_RDONLY | O_DIRECTORY, RUNDIR);
	struct stat st;
	int r = dir < 0 ? dir : 0;

	if (r == 0 && fstatat(dir, STATUS_FILE, &st, 0) < 0)
		r = -errno;
	if (r == 0 && source->text && is_same_file(&st, &source->st))
		return 0;
	forget(source);
	if (r == 0)
		r = status_file_read(dir, STATUS_FILE, &source->text, &source->len);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return set_problem(source, r);
	source->st = st;
	return parse(source);
}

/* Without rapiddisk-push the file does not exist. */
static int look_at_push(struct source *source)
{
	_cleanup_close_ int dir =
		kfs_open(&source->sys.kfs, O_RDONLY | O_DIRECTORY, PUSH_FOLDER);
	_cleanup_free_ char *text = NULL;
	size_t len;

	if (dir < 0 || status_file_read(dir, PUSH_COUNTS_FILE, &text, &len) < 0)
		return 0;
	return push_counts_parse(text, len, &source->view.push) == -ENOMEM ? -ENOMEM : 0;
}

/* The observed objects. Only the last run, as root, could count connections. */
static int look_at_objects(struct source *source, enum kfs_look look)
{
	struct view *view = &source->view;
	int r;

	observe_unprivileged(&source->sys, look);
	r = observe_shown(&source->sys, &view->observed);
	if (r == 0 && view->doc)
		status_doc_set_connections(view->doc, &export_class, EXPORT_CONNECTIONS,
					   &view->observed);
	return r;
}

int source_look(struct source *source, unsigned int parts)
{
	struct view *view = &source->view;
	int r;

	forget_view(source);
	r = look_at_status(source);
	if (r < 0) {
		forget(source);
		return r;
	}
	view->problem = source->problem;
	if (!source->problem) {
		view->doc = &source->doc;
		view->text = source->text;
		view->text_len = source->len;
	}
	if (parts & VIEW_OBJECTS)
		r = look_at_objects(source, LOOK_TO_SHOW);
	else if (parts & VIEW_METRICS)
		r = look_at_objects(source, LOOK_FOR_METRICS);
	if (r == 0 && parts & VIEW_METRICS)
		r = look_at_push(source);
	if (parts & VIEW_MEMORY)
		memory_look(&source->sys.kfs, view);
	if (r == 0 && parts & VIEW_VOLUMES)
		r = volumes_look(&source->sys.kfs, view);
	return r;
}
