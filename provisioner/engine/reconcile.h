/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pipeline: observe, plan, execute, verify. */
#pragma once

#include "engine/exec.h"
#include "kind/kinds.h"
#include "model/plan.h"
#include "model/report.h"
#include "sys/sys.h"

#include <stdbool.h>

struct reconcile_options {
	bool dry_run;		       /* stop after the first plan */
	bool no_wait;		       /* do not wait for absent devices */
	bool prune, adopt, disconnect; /* as in struct plan_policy */
	enum kind_stage stage;
	struct boot *boot; /* NULL: no fact is known */
};

/* The result of a run; the plan points into the two models. */
struct reconcile_outcome {
	struct model observed; /* before anything was changed */
	struct plan plan;
};

/* reconcile_observe() - All that is live, sorted. Return: 0 or -errno. */
int reconcile_observe(struct sys *sys, struct model *ret);

/*
 * reconcile_run() - Make the kernel agree with @desired, or, of a dry run, say how.
 * udev may still work some of it off afterwards: see exec_settle().
 *
 * @desired: from the configuration; the modules that it needs are added to it. Only
 *	objects of the classes that it states are removed (model_states()).
 * @watcher: sees each step as it goes; may be NULL.
 * @report: gets entries, verdict, and the time of the end.
 * @ret: for who prints the plan; free with reconcile_outcome_done(), also after a
 *failure.
 *
 * Return: 0, whatever single objects gave; -errno if the whole could not be done, and
 * then report->message says what.
 */
int reconcile_run(struct sys *sys, struct model *desired,
		  const struct reconcile_options *options,
		  const struct exec_watcher *watcher, struct report *report,
		  struct reconcile_outcome *ret);

void reconcile_outcome_done(struct reconcile_outcome *outcome);
