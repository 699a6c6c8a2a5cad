/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tree of plain files that behaves like the kernel's, as far as the rapiddisk module
 * and nvmet go: a write to mgmt makes, changes and removes the folders below sys/block. What it
 * claims of the kernel is held against the real one by tests/vm.
 */
#pragma once

#include "model/model.h"
#include "sys/sys.h"

#include <stdint.h>

struct fake_kernel {
	char root[32];
	struct sys sys;
	bool has_module;     /* can the module be loaded? */
	int refuse_error;    /* a negative errno: attach and resize give it */
	const char *refuse;  /* of this disk only, "rd1"; NULL: of all */
	bool deaf;	     /* writes succeed and change nothing */
	unsigned int writes; /* kernel files written, mgmt and BLKROSET, and changes of
			      * configfs */

	const struct fake_nvmet_kernel *nvmet; /* its attributes, see fake_nvmet.h */
	int bind_error;	       /* a negative errno: a link into a port gives it */
	const char *bind_port; /* only a link into this one; NULL: into any */
	bool no_keyring;       /* for TLS */
	bool passthru; /* a passthru controller is active: enabling does nothing, and
			* Linux 6.1 says no word */
	unsigned int revalidations; /* how often initiators were told of a size */
	/* In what order: .writes when a namespace went on or off and an export onto a
	 * port or off it, for the last and the first time; 0: never. */
	unsigned int last_on, first_off, first_link, last_unlink;
};

/* fake_init() - An empty machine with @ram_bytes of RAM; the module is not loaded yet. */
void fake_init(struct fake_kernel *fake, uint64_t ram_bytes);
/* fake_done() - Removes the tree. */
void fake_done(struct fake_kernel *fake);

void fake_load_module(struct fake_kernel *fake);

/* fake_attach() - A live disk that somebody made; @owner "" is the peer's way. */
void fake_attach(struct fake_kernel *fake, unsigned int number, uint64_t bytes,
		 const char *owner);

/* fake_set() - Write any file of the tree; folders on the way are made. */
void fake_set(struct fake_kernel *fake, const char *path, const char *value);

/* fake_link() - A symbolic link; folders on the way are made. */
void fake_link(struct fake_kernel *fake, const char *path, const char *target);

/* fake_get() - First line of a file, in a buffer of its own; NULL if there is none. */
const char *fake_get(struct fake_kernel *fake, const char *path);

/* fake_mount() - Let rdN be mounted at @where. */
void fake_mount(struct fake_kernel *fake, unsigned int number, const char *where);

/* fake_model() - Desired objects from YAML text (without its version line). */
void fake_model(struct model *ret, const char *yaml);
