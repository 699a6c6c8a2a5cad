/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of the configuration that belongs into the initramfs image, and its state. */
#pragma once

#include "model/model.h"
#include "sys/boot.h"
#include "sys/sys.h"

enum image_state {
	IMAGE_UNNEEDED, /* no part belongs into the image, and the image has no part */
	IMAGE_MISSING,	/* a part belongs into the image, and the image has no part */
	IMAGE_STALE,	/* the image has the part of another configuration */
	IMAGE_CURRENT,
};

/*
 * image_print_config() - Print the objects of @desired, as parsed, that have to exist before
 * the root file system is mounted, as a configuration; "" if no object has to.
 * Return: 0 and *ret, the caller's to free; -ENOMEM.
 */
int image_print_config(struct sys *sys, const struct model *desired, char **ret);

/*
 * image_look() - Compare the digest of this part with IMAGE_DIR/<release>, the digest of the
 * part in the image of the running kernel.
 * Set the two facts of the initramfs in @boot. Return: 0 or -ENOMEM.
 */
int image_look(struct sys *sys, const struct model *desired, struct boot *boot,
	       enum image_state *ret);

/* image_state_name() - "current", "stale", "missing"; NULL: not needed. */
const char *image_state_name(enum image_state state);

#define IMAGE_DIR "var/lib/rapiddisk/initramfs"
