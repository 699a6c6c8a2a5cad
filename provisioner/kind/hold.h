/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hold a device while a step acts (sys/hold.h), and say who else has it. */
#pragma once

#include "base/buf.h"
#include "sys/sys.h"

#include <stdint.h>

/*
 * kind_hold() - Hold the device that the step is about to use.
 * @what, @text: the device, as in "source 'UUID=1234'".
 * Return: 0 and *ret_fd, to be closed, or -1 if this machine has no node to hold; -errno and
 * a sentence in @why.
 */
int kind_hold(struct sys *sys, uint64_t number, uint64_t diskseq, const char *what,
	      const char *text, int *ret_fd, struct buf *why);

/*
 * kind_check_exports() - Check before a step that the export which the plan removes first is gone:
 * nvmet holds nothing, so the kernel refuses nobody. @may_be_exported: the device itself, as in
 * struct users_query. @what, @text: as kind_hold(). Return: 0; -errno and a sentence in @why.
 */
int kind_check_exports(struct sys *sys, uint64_t number, bool may_be_exported,
		       const char *what, const char *text, struct buf *why);

/*
 * kind_say_busy() - Describe for a hint who has the device, as far as the kernel says it.
 * Return: 0 and *ret, the caller's to free; -ENOMEM.
 */
int kind_say_busy(struct sys *sys, uint64_t number, char **ret);
