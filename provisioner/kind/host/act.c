/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Create, change and remove hosts. A host authenticates with its key (DH-HMAC-CHAP, NVMe
 * Base Specification, 8.3.4.5).
 */
#include "base/cleanup.h"
#include "kind/host/host.h"
#include "kind/nvmet/attributes.h"
#include "kind/nvmet/claims.h"
#include "kind/say.h"
#include "sys/kfs_change.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* CONFIGFS_ATTR() creates the attribute readable for all; the key file is not. */
static int set_secret(struct sys *sys, struct buf *why, const char *dir, const char *name,
		      const char *value)
{
	int r = kfs_chmod(&sys->kfs, S_IRUSR | S_IWUSR, "%s/%s", dir, name);

	return r < 0 ? kind_fail(why, r, nvmet_hint(r),
				 "cannot restrict the mode of '%s'", name)
		     : nvmet_set(sys, why, dir, name, value, NULL);
}

static int set_attributes(struct sys *sys, const struct obj *want, uint64_t changed,
			  const char *dir, struct buf *why)
{
	const struct host *host = host_of(want);
	int r = 0;

	changed &= want->set;
	if (changed & 1u << HOST_HASH)
		r = nvmet_set(sys, why, dir, "dhchap_hash",
			      host_hash_names[host->dhchap_hash],
			      host_hash_names[host->dhchap_hash]);
	if (r == 0 && changed & 1u << HOST_DHGROUP)
		r = nvmet_set(sys, why, dir, "dhchap_dhgroup",
			      host_group_names[host->dhchap_dhgroup],
			      host_group_names[host->dhchap_dhgroup]);
	if (r == 0 && changed & 1u << HOST_KEY)
		r = set_secret(sys, why, dir, "dhchap_key", host->dhchap_key);
	if (r == 0 && changed & 1u << HOST_CTRL_KEY)
		r = set_secret(sys, why, dir, "dhchap_ctrl_key", host->dhchap_ctrl_key);
	return r;
}

int host_create(struct sys *sys, const struct obj *want, struct buf *why)
{
	_cleanup_free_ char *dir = host_folder(want);
	struct buf ignored = { 0 };
	int r = dir ? nvmet_begin(sys, want, dir, why) : -ENOMEM;

	if (r < 0)
		return r;
	r = set_attributes(sys, want, UINT64_MAX, dir, why);
	if (r < 0)
		(void)nvmet_end(sys, want, dir, &ignored); /* the first error counts */
	buf_done(&ignored);
	return r;
}

static int relink(struct sys *sys, const struct obj *obj, const char *dir,
		  const struct kfs_names *subsystems, struct buf *why)
{
	vec_foreach (name, &subsystems->names) {
		int r = kfs_symlink(&sys->kfs, dir,
				    NVMET_SUBSYSTEMS "/%s/allowed_hosts/%s", *name,
				    obj_name(obj));

		if (r < 0 && r != -EEXIST)
			return kind_fail(why, r, nvmet_hint(r),
					 "cannot link the host to export '%s' again",
					 *name);
	}
	return 0;
}

/* Unlink the host from all subsystems, and keep in @subsystems those that had it. */
static int unlink_all(struct sys *sys, const struct obj *obj,
		      struct kfs_names *subsystems, struct buf *why)
{
	size_t kept = 0;
	int r = kfs_list_sorted(&sys->kfs, subsystems, NVMET_SUBSYSTEMS);

	for (size_t i = 0; r == 0 && i < subsystems->names.count; i++) {
		char *name = subsystems->names.items[i];

		if (!kfs_exists(&sys->kfs, NVMET_SUBSYSTEMS "/%s/allowed_hosts/%s", name,
				obj_name(obj))) {
			free(name);
			subsystems->names.items[i] = NULL;
			continue;
		}
		subsystems->names.items[i] = NULL;
		subsystems->names.items[kept++] = name;
		r = kfs_unlink(&sys->kfs, NVMET_SUBSYSTEMS "/%s/allowed_hosts/%s", name,
			       obj_name(obj));
	}
	/* On failure the rest of the list keeps its names and is freed with it. */
	if (r < 0)
		return kind_fail(why, r, nvmet_hint(r),
				 "cannot unlink the host from an export");
	subsystems->names.count = kept;
	return 0;
}

static int remake(struct sys *sys, const struct obj *want, const char *dir,
		  struct buf *why)
{
	_cleanup_(kfs_names_done) struct kfs_names subsystems = { 0 };
	int r = unlink_all(sys, want, &subsystems, why), linked;

	if (r == 0)
		r = nvmet_end(sys, want, dir, why);
	if (r == 0)
		r = host_create(sys, want, why);
	if (r < 0)
		return r;
	linked = relink(sys, want, dir, &subsystems, why);
	return linked;
}

int host_update(struct sys *sys, const struct obj *have, const struct obj *want,
		uint64_t changed, struct buf *why)
{
	_cleanup_free_ char *dir = host_folder(have);

	if (!dir)
		return -ENOMEM;
	return host_loses_key(want, changed)
		       ? remake(sys, want, dir, why)
		       : set_attributes(sys, want, changed, dir, why);
}

int host_remove(struct sys *sys, const struct obj *have, struct buf *why)
{
	_cleanup_free_ char *dir = host_folder(have);

	return dir ? nvmet_end(sys, have, dir, why) : -ENOMEM;
}
