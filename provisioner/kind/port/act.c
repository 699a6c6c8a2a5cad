/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Create, change and remove ports. The kernel opens the listener with the first linked
 * export, and permits no new address until the last export is unlinked.
 */
#include "base/cleanup.h"
#include "base/str.h"
#include "kind/nvmet/attributes.h"
#include "kind/nvmet/claims.h"
#include "kind/port/port.h"
#include "kind/say.h"
#include "sys/kfs_change.h"

#include <inttypes.h>

/* Set the transport first: with none set, kernels read beyond a table for the others. */
static int set_place(struct sys *sys, const char *dir, int transport, const char *address,
		     bool has_service, uint64_t service, struct buf *why)
{
	const char *type = port_transport_words[transport];
	const char *family = port_family(transport, address);
	char number[21];
	int r = nvmet_set(sys, why, dir, "addr_trtype", type, type);

	snprintf(number, sizeof(number), "%" PRIu64, service);
	if (r == 0)
		r = nvmet_set(sys, why, dir, "addr_adrfam", family, family);
	if (r == 0)
		r = nvmet_set(sys, why, dir, "addr_traddr", address, address);
	if (r == 0 && has_service)
		r = nvmet_set(sys, why, dir, "addr_trsvcid", number, number);
	return r;
}

/*
 * `tsas` first: with tls1.3 it sets `treq` to required, and only then "not required" means
 * that hosts without TLS are let in too.
 */
static int set_tls(struct sys *sys, const struct obj *want, const char *dir,
		   struct buf *why)
{
	const char *const attribute = "addr_tsas";
	int tls = port_of(want)->tls, r;

	if (port_of(want)->transport != TRANSPORT_TCP ||
	    (tls == TLS_OFF && !kfs_exists(&sys->kfs, "%s/%s", dir, attribute)))
		return 0;
	r = kfs_write(&sys->kfs, tls == TLS_OFF ? "none" : "tls1.3", "%s/%s", dir,
		      attribute);
	if (r == -ENOENT || (r == -EINVAL && tls != TLS_OFF))
		return kind_fail(why, r,
				 "this kernel has no TLS for NVMe targets, or no keyring "
				 "for it (CONFIG_NVME_TARGET_TCP_TLS)",
				 "cannot set tls to '%s'", port_tls_words[tls]);
	if (r < 0)
		return kind_fail(why, r, nvmet_hint(r), "cannot set '%s'", attribute);
	if (tls == TLS_OFF)
		return 0;
	return nvmet_set(sys, why, dir, "addr_treq",
			 tls == TLS_REQUIRED ? "required" : "not required",
			 port_tls_words[tls]);
}

static int set_address(struct sys *sys, const struct obj *want, const char *dir,
		       struct buf *why)
{
	const struct port *port = port_of(want);
	int r = set_place(sys, dir, port->transport, port->address,
			  field_is_set(want, PORT_SERVICE), port->service, why);

	return r < 0 ? r : set_tls(sys, want, dir, why);
}

static int add_referral(struct sys *sys, const struct obj *item, const char *port_folder,
			struct buf *why)
{
	const struct referral *referral = referral_of(item);
	_cleanup_free_ char *dir = NULL;
	int r;

	if (str_format(&dir, "%s/referrals/%s", port_folder, obj_name(item)) < 0)
		return -ENOMEM;
	r = kfs_mkdir(&sys->kfs, "%s", dir);
	if (r < 0)
		return kind_fail(why, r, nvmet_hint(r), "cannot create referral '%s'",
				 obj_name(item));
	r = set_place(sys, dir, referral->transport, referral->address, true,
		      referral->service, why);
	if (r == 0)
		r = nvmet_set(sys, why, dir, "enable", "1", "1");
	if (r < 0)
		(void)kfs_rmdir(&sys->kfs, "%s", dir); /* the first error counts */
	return r;
}

static int remove_referral(struct sys *sys, const struct obj *item,
			   const char *port_folder, struct buf *why)
{
	int r = kfs_rmdir(&sys->kfs, "%s/referrals/%s", port_folder, obj_name(item));

	return r < 0 && r != -ENOENT
		       ? kind_fail(why, r, nvmet_hint(r), "cannot remove referral '%s'",
				   obj_name(item))
		       : 0;
}

/* @have NULL: no live referrals; @want NULL: remove all. */
static int change_referrals(struct sys *sys, const struct obj *have,
			    const struct obj *want, const char *dir, struct buf *why)
{
	int r = 0;

	for (size_t i = 0; r == 0 && have && field_is_set(have, PORT_REFERRALS) &&
			   i < field_objects(have, PORT_REFERRALS)->objs.count;
	     i++) {
		const struct obj *live =
			field_objects(have, PORT_REFERRALS)->objs.items[i];
		const struct obj *item =
			want ? field_find_object(want, PORT_REFERRALS, obj_name(live))
			     : NULL;

		if (!item || obj_differing(live, item))
			r = remove_referral(sys, live, dir, why);
	}
	for (size_t i = 0; r == 0 && want && field_is_set(want, PORT_REFERRALS) &&
			   i < field_objects(want, PORT_REFERRALS)->objs.count;
	     i++) {
		const struct obj *item =
			field_objects(want, PORT_REFERRALS)->objs.items[i];
		const struct obj *live =
			have ? field_find_object(have, PORT_REFERRALS, obj_name(item))
			     : NULL;

		if (!live || obj_differing(live, item))
			r = add_referral(sys, item, dir, why);
	}
	return r;
}

/* Undo what port_create() has done. */
static void take_back(struct sys *sys, const struct obj *want, const char *dir)
{
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 };
	_cleanup_(buf_done) struct buf ignored = { 0 };

	if (kfs_list_sorted(&sys->kfs, &names, "%s/referrals", dir) == 0)
		vec_foreach (name, &names.names)
			(void)kfs_rmdir(&sys->kfs, "%s/referrals/%s", dir, *name);
	(void)nvmet_end(sys, want, dir, &ignored); /* the first error counts */
}

int port_create(struct sys *sys, const struct obj *want, struct buf *why)
{
	_cleanup_free_ char *dir = port_folder(want);
	int r = dir ? nvmet_begin(sys, want, dir, why) : -ENOMEM;

	if (r < 0)
		return r;
	r = set_address(sys, want, dir, why);
	if (r == 0)
		r = change_referrals(sys, NULL, want, dir, why);
	if (r < 0)
		take_back(sys, want, dir);
	return r;
}

static int unlink_all(struct sys *sys, const struct kfs_names *links, const char *dir,
		      struct buf *why)
{
	vec_foreach (name, &links->names) {
		int r = kfs_unlink(&sys->kfs, "%s/subsystems/%s", dir, *name);

		if (r < 0 && r != -ENOENT)
			return kind_fail(why, r, nvmet_hint(r),
					 "cannot unlink export '%s'", *name);
	}
	return 0;
}

static int link_all(struct sys *sys, const struct kfs_names *links, const char *dir,
		    struct buf *why)
{
	vec_foreach (name, &links->names) {
		_cleanup_free_ char *target = NULL;
		int r;

		if (str_format(&target, NVMET_SUBSYSTEMS "/%s", *name) < 0)
			return -ENOMEM;
		r = kfs_symlink(&sys->kfs, target, "%s/subsystems/%s", dir, *name);
		if (r < 0 && r != -EEXIST)
			return kind_fail(why, r, nvmet_hint(r),
					 "cannot link export '%s' again", *name);
	}
	return 0;
}

/* Restore address and links, so that connected hosts keep a working port. */
static void restore(struct sys *sys, const struct obj *have,
		    const struct kfs_names *links, const char *dir)
{
	_cleanup_(buf_done) struct buf ignored = { 0 };

	if (!field_is_set(have, PORT_TRANSPORT) || !field_is_set(have, PORT_ADDRESS))
		return;
	(void)unlink_all(sys, links, dir, &ignored);
	if (set_address(sys, have, dir, &ignored) == 0)
		(void)link_all(sys, links, dir, &ignored);
}

/* The kernel refuses a new address while an export is linked (nvmet_is_port_enabled()). */
static int move(struct sys *sys, const struct obj *have, const struct obj *want,
		const char *dir, struct buf *why)
{
	_cleanup_(kfs_names_done) struct kfs_names links = { 0 };
	int r = kfs_list_sorted(&sys->kfs, &links, "%s/subsystems", dir);

	if (r < 0)
		return kind_fail(why, r, nvmet_hint(r), "cannot list the linked exports");
	r = unlink_all(sys, &links, dir, why);
	if (r == 0)
		r = set_address(sys, want, dir, why);
	if (r == 0)
		r = link_all(sys, &links, dir, why);
	if (r < 0)
		restore(sys, have, &links, dir);
	return r;
}

int port_update(struct sys *sys, const struct obj *have, const struct obj *want,
		uint64_t changed, struct buf *why)
{
	_cleanup_free_ char *dir = port_folder(have);
	int r = dir ? 0 : -ENOMEM;

	if (r == 0 && changed & ~(UINT64_C(1) << PORT_REFERRALS))
		r = move(sys, have, want, dir, why);
	if (r == 0 && changed & 1u << PORT_REFERRALS)
		r = change_referrals(sys, have, want, dir, why);
	return r;
}

int port_remove(struct sys *sys, const struct obj *have, struct buf *why)
{
	_cleanup_free_ char *dir = port_folder(have);
	int r = dir ? change_referrals(sys, have, NULL, dir, why) : -ENOMEM;

	return r < 0 ? r : nvmet_end(sys, have, dir, why);
}
