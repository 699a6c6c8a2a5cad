/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What hosts, ports and exports share: the tree of the kernel's NVMe target. */
#pragma once

#include "base/buf.h"
#include "model/object.h"
#include "model/plan.h"
#include "sys/claims.h"
#include "sys/net.h"
#include "sys/sys.h"

#include <stdbool.h>
#include <stdint.h>

/* configfs below the root; nvmet's folder is there once its module is loaded. */
#define NVMET		 "sys/kernel/config/nvmet"
#define NVMET_HOSTS	 NVMET "/hosts"
#define NVMET_PORTS	 NVMET "/ports"
#define NVMET_SUBSYSTEMS NVMET "/subsystems"

/* NVMe Base Specification, 4.7: NVMe Qualified Names; NVMF_NQN_FIELD_LEN less its NUL. */
#define NVMET_NQN_MAX 223
#define NVMET_NQN_PATTERN                                                          \
	"^nqn\\.[0-9]{4}-(0[1-9]|1[0-2])\\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?" \
	"(\\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*(:[^ /]+)?$"
#define NVMET_NQN_EXPECTS                                                       \
	"'nqn.', year and month, a domain in reverse, ':' and a name, without " \
	"blanks and slashes, as in 'nqn.2026-11.org.example:disk'"

/* What the discovery service is called; the kernel makes it. */
#define NVMET_DISCOVERY_NQN "nqn.2014-08.org.nvmexpress.discovery"

/* nvmet_hint() - What to do about an errno of configfs; NULL: nothing to be said. */
const char *nvmet_hint(int error);

/*
 * nvmet_read() - An attribute that may be missing, with no blanks at its ends.
 * Return: 0 and *ret, the caller's to free, or NULL where this kernel has no such
 * attribute or nobody has set it; -errno.
 */
int nvmet_read(const struct kfs *kfs, char **ret, const char *fmt, ...) _printf_(3, 4);

/*
 * nvmet_set() - Write the attribute @name of the object in @folder.
 * @shown: the value for the message; NULL: it is a secret, and not shown.
 */
int nvmet_set(struct sys *sys, struct buf *why, const char *folder, const char *name,
	      const char *value, const char *shown);

/*
 * nvmet_list() - As kfs_list(), in order; nothing where the folder is not there.
 */
int nvmet_list(const struct kfs *kfs, struct kfs_names *ret, const char *fmt, ...)
	_printf_(3, 4);

/* nvmet_lists() - Is @name in a list of nvmet_list()? */
bool nvmet_lists(const struct kfs_names *list, const char *name);

/*
 * nvmet_set_owner() - By the claims.
 * @half_made: the object is as the kernel makes it, so that a run may have been killed
 * before it noted the inode. Return: 0 or -errno.
 */
int nvmet_set_owner(const struct kfs *kfs, const struct claims *claims, struct obj *obj,
		    bool half_made);

/*
 * nvmet_find_foreign() - The name of a live export that is not ours and stands on the port
 * or host @have; @observed owns it. NULL: there is none.
 */
const char *nvmet_find_foreign(const struct obj *have, const struct model *observed);

/*
 * nvmet_block_foreign() - Block what would take the export @name of others off the object
 * for a moment: it might not come back. Return: 0 or -ENOMEM.
 */
int nvmet_block_foreign(struct plan_step *step, const char *name);

/*
 * nvmet_expect_size() - Before the device at the path ("/dev/%s") gets another size: note
 * that initiators of our exports have to be told. The note outlives a run that is killed
 * before it told them. Return: 0 or -errno.
 */
int nvmet_expect_size(struct sys *sys, const char *fmt, ...) _printf_(2, 3);

/* What the note is called: claims of this kind, named by nvmet_size_claim(). */
#define NVMET_SIZE_CLAIM "size"

/* nvmet_size_claim() - Return: the caller's to free; NULL: no memory. */
char *nvmet_size_claim(const char *subsystem, const char *id);

/*
 * nvmet_begin() - Claim @want and make its @folder. Return: 0; -errno, with nothing left
 * behind and the sentence in @why.
 */
int nvmet_begin(struct sys *sys, const struct obj *want, const char *folder,
		struct buf *why);

/* nvmet_end() - Remove the empty @folder of @obj, and the claim to it. */
int nvmet_end(struct sys *sys, const struct obj *obj, const char *folder,
	      struct buf *why);

/* nvmet_adopt() - Claim a live object. */
int nvmet_adopt(struct sys *sys, const struct obj *have, struct buf *why);

/* --- who is connected --- */

#define NVMET_ANY_PORT UINT64_MAX

struct nvmet_controller {
	char *subsystem, *host; /* NQNs; host may be NULL */
	uint64_t port;		/* NVMET_ANY_PORT: not known */
};

struct nvmet_controllers {
	VEC(struct nvmet_controller) controllers;
	bool complete; /* the kernel lists them all; else there may be more */
	struct net_connections sockets; /* where it does not */
};

/*
 * nvmet_controllers_load() - What initiators are connected to: all of them by nvmet's
 * folder in debugfs (Linux 6.11, CONFIG_NVME_TARGET_DEBUGFS); without that only those of
 * this machine's own initiator over loop. Return: 0 or -ENOMEM.
 */
int nvmet_controllers_load(const struct kfs *kfs, struct nvmet_controllers *ret);
void nvmet_controllers_done(struct nvmet_controllers *controllers);

/* How many, as far as can be told. */
struct nvmet_use {
	uint64_t controllers;
	const char *host; /* one of them; NULL: not known */
	uint64_t sockets; /* TCP connections of who knows which controllers */
	bool may_be_more; /* by a transport whose connections nobody tells */
};

/*
 * nvmet_set_use() - Set in_use and content of @obj, if there is any. 0 or -ENOMEM.
 */
int nvmet_set_use(struct obj *obj, const struct nvmet_use *use);

/* nvmet_count_sockets() - To the port @id where it is TCP; 0 where all is known anyway. */
uint64_t nvmet_count_sockets(const struct kfs *kfs,
			     const struct nvmet_controllers *controllers, const char *id);

/*
 * nvmet_sees_all() - Is everybody who is connected by port @id seen, as a socket or as a
 * controller of this machine (TCP, loop), whatever the kernel tells?
 */
bool nvmet_sees_all(const struct kfs *kfs, const char *id);
