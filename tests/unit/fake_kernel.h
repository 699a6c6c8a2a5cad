/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tree of plain files that behaves like the files of the rapiddisk module and of nvmet: a
 * write to mgmt creates, changes and removes directories below sys/block. tests/vm checks the
 * same behaviour of the real kernel.
 */
#pragma once

#include "model/model.h"
#include "sys/sys.h"

#include <stdint.h>

struct fake_kernel {
	char root[32];
	struct sys sys;
	bool has_module;     /* can the module be loaded? */
	int refuse_error;    /* a negative errno: attach and resize fail with it */
	const char *refuse;  /* for this disk only, "rd1"; NULL: for all disks */
	bool deaf;	     /* writes succeed and change nothing */
	unsigned int writes; /* kernel files written, mgmt and BLKROSET, and changes of
			      * configfs */

	const struct fake_nvmet_kernel *nvmet; /* its attributes, see fake_nvmet.h */
	int bind_error;	       /* a negative errno: a link into a port fails with it */
	const char *bind_port; /* only a link into this port; NULL: into any port */
	bool no_keyring;       /* for TLS */
	bool passthru; /* a passthru controller is active: enabling does nothing, and
			* Linux 6.1 reports no error */
	unsigned int revalidations; /* number of size changes that initiators saw */
	/* The order of events: .writes at the last or first time that a namespace was
	 * switched on or off, or that an export was linked or unlinked; 0: never. */
	unsigned int last_on, first_off, first_link, last_unlink;
};

/* fake_init() - Create a machine with @ram_bytes of RAM and without the module. */
void fake_init(struct fake_kernel *fake, uint64_t ram_bytes);
/* fake_done() - Remove the tree. */
void fake_done(struct fake_kernel *fake);

void fake_load_module(struct fake_kernel *fake);

/* fake_attach() - Create a live disk; @owner is "" for a disk of rapiddisk 9. */
void fake_attach(struct fake_kernel *fake, unsigned int number, uint64_t bytes,
		 const char *owner);

/* fake_set() - Write a file of the tree, and create its directories. */
void fake_set(struct fake_kernel *fake, const char *path, const char *value);

/* fake_link() - Create a symbolic link and its directories. */
void fake_link(struct fake_kernel *fake, const char *path, const char *target);

/* fake_remove() - Remove a path of the tree, with all below. */
void fake_remove(struct fake_kernel *fake, const char *path);

/* fake_get() - Return the first line of a file, in a static buffer; NULL if no file exists. */
const char *fake_get(struct fake_kernel *fake, const char *path);

/* fake_mount() - Mount rdN at @where. */
void fake_mount(struct fake_kernel *fake, unsigned int number, const char *where);

/* fake_model() - Parse desired objects from YAML without its version line. */
void fake_model(struct model *ret, const char *yaml);
