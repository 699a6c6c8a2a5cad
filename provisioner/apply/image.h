/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the initramfs image has of the configuration, and what it should have. */
#pragma once

#include "model/model.h"
#include "sys/boot.h"
#include "sys/sys.h"

enum image_state {
	IMAGE_UNNEEDED, /* nothing of the configuration belongs there, and nothing is */
	IMAGE_MISSING,	/* what belongs there is not */
	IMAGE_STALE,	/* it has what another configuration said */
	IMAGE_CURRENT,
};

/*
 * image_print_config() - The part of @desired, as it was parsed, that has to be there
 * before the root file system is mounted, as a configuration of its own; "" if there is
 * none. Return: 0 and *ret, the caller's to free; -ENOMEM.
 */
int image_print_config(struct sys *sys, const struct model *desired, char **ret);

/*
 * image_look() - Compare that with what the image of the running kernel was built from,
 * which is in IMAGE_DIR/<release>: the SHA-256 digest of the part that it got.
 * Set the two facts of the initramfs in @boot. Return: 0 or -ENOMEM.
 */
int image_look(struct sys *sys, const struct model *desired, struct boot *boot,
	       enum image_state *ret);

/* image_state_name() - "current", "stale", "missing"; NULL: not needed. */
const char *image_state_name(enum image_state state);

#define IMAGE_DIR "var/lib/rapiddisk/initramfs"
