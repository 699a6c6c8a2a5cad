/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Execute a plan and fill the report. */
#pragma once

#include "model/plan.h"
#include "model/report.h"
#include "sys/sys.h"

/* Callbacks that follow the steps. All may be NULL. */
struct exec_watcher {
	/* Called now and then while a step waits to be possible; with NULL when that is
	 * over. */
	void (*wait)(void *data, const struct plan_step *step);
	void (*begin)(void *data, const struct plan_step *step);
	/* The result is RESULT_PENDING where the step is half done: it will begin and
	 * end once more. */
	void (*end)(void *data, const struct plan_step *step,
		    const struct report_entry *entry);
	void *data;
};

/*
 * exec_run() - Execute the steps of the plan in order. A step that fails does not affect
 * others, except that steps that need its object are skipped. Kinds open and close all
 * their objects together.
 *
 * @report: gets an entry for each step. May sleep as long as the kernel takes.
 * Return: 0, whatever the results of the steps; -ENOMEM if the report could not be kept.
 */
int exec_run(struct sys *sys, const struct plan *plan, const struct exec_watcher *watcher,
	     struct report *report);

/*
 * exec_settle() - Wait until udevd has processed the events of exec_run(). Other
 * processes can open the objects meanwhile. May sleep until the deadline.
 */
void exec_settle(struct sys *sys);
/* exec_is_settled() - There is nothing to wait for. */
bool exec_is_settled(const struct sys *sys);

/* exec_report_pending() - The report of a dry run: what exec_run() would try. */
int exec_report_pending(const struct plan *plan, struct report *report);
