/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that appear after a run. udev rules name the devices of the configuration, and start
 * rapiddisk-late@.service for each of them that appears.
 */
#pragma once

#include "base/vec.h"
#include "model/model.h"
#include "sys/numbers.h"
#include "sys/sys.h"

/* The devices that a configuration names and does not create, at one moment. */
struct late {
	char *rules;	     /* for udev; NULL: the configuration names no such device */
	VEC(uint64_t) known; /* devices_sequence() of those that exist */
};

/*
 * late_look() - Look for the devices that @desired names. The rules start no run for a device
 * that exists now, so the run has to look after this. Return: 0; -ENOMEM.
 */
int late_look(const struct sys *sys, const struct model *desired, struct late *ret);

/* late_find_new() - Return the devices that have appeared since @late. Return: 0; -ENOMEM. */
int late_find_new(const struct sys *sys, const struct model *desired,
		  const struct late *late, struct device_numbers *ret);

void late_done(struct late *late);
