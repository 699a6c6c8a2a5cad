/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NVMe hosts, shared by the files of the kind. */
#pragma once

#include "kind/kind.h"
#include "model/class.h"

#include <stdbool.h>
#include <stdint.h>

struct host {
	struct obj obj;
	char *nqn;
	char *dhchap_key_file, *dhchap_ctrl_key_file;
	int dhchap_hash, dhchap_dhgroup;
	char *dhchap_key, *dhchap_ctrl_key;
	const char *foreign; /* set by resolve: a foreign export that admits the host */
};

enum {
	HOST_NQN,
	HOST_KEY_FILE,
	HOST_CTRL_KEY_FILE,
	HOST_HASH,
	HOST_DHGROUP,
	HOST_KEY,
	HOST_CTRL_KEY,
};

static inline const struct host *host_of(const struct obj *obj)
{
	return (const struct host *)obj;
}

/* The kernel's names for the words of dhchap_hash and dhchap_dhgroup; NULL-terminated. */
extern const char *const host_hash_names[], *const host_group_names[];

/*
 * host_folder() - Return the directory in configfs; the caller's to free. NULL: -ENOMEM.
 */
char *host_folder(const struct obj *obj);

/*
 * host_loses_key() - True if an update that changes the fields @changed takes a key from
 * the host. The kernel takes no empty key: a host without one is a new host.
 */
bool host_loses_key(const struct obj *want, uint64_t changed);

/*
 * host_read_keys() - Read the key files of @want into its keys; want->unmet says so where
 * one is not as it has to be. Return: 0; -ENOMEM.
 */
int host_read_keys(const struct kfs *kfs, struct obj *want);

extern const struct kind kind_host;

/* The functions of kind_host; see kind.h. */
int host_resolve(struct sys *sys, struct boot *boot, struct obj *want,
		 const struct model *desired, const struct model *observed);
int host_observe(struct sys *sys, struct model *observed);
int host_create(struct sys *sys, const struct obj *want, struct buf *why);
int host_update(struct sys *sys, const struct obj *have, const struct obj *want,
		uint64_t changed, struct buf *why);
int host_remove(struct sys *sys, const struct obj *have, struct buf *why);
int host_judge(struct plan_step *step);
