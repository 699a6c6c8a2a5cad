/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Create, change and remove exports. Links into the ports come last and go first, so that
 * no host sees an incomplete export.
 */
#include "base/cleanup.h"
#include "base/str.h"
#include "kind/export/export.h"
#include "kind/nvmet/attributes.h"
#include "kind/nvmet/claims.h"
#include "kind/say.h"
#include "sys/kfs_change.h"

/* --- hosts and ports --- */

static int set_any_host(struct sys *sys, const char *dir, bool any, struct buf *why)
{
	return nvmet_set(sys, why, dir, "attr_allow_any_host", any ? "1" : "0",
			 any ? "1" : "0");
}

static int let_in(struct sys *sys, const char *host, const char *dir, struct buf *why)
{
	_cleanup_free_ char *target = NULL;
	int r;

	if (str_format(&target, NVMET_HOSTS "/%s", host) < 0)
		return -ENOMEM;
	r = kfs_symlink(&sys->kfs, target, "%s/allowed_hosts/%s", dir, host);
	return r < 0 ? kind_fail(why, r, nvmet_hint(r), "cannot admit host '%s'", host)
		     : 0;
}

static int shut_out(struct sys *sys, const char *host, const char *dir, struct buf *why)
{
	int r = kfs_unlink(&sys->kfs, "%s/allowed_hosts/%s", dir, host);

	return r < 0 && r != -ENOENT
		       ? kind_fail(why, r, nvmet_hint(r),
				   "cannot remove host '%s' from the export", host)
		       : 0;
}

/*
 * The kernel has a list, or lets in anybody, and refuses the one while it has the other. So
 * who is on the list goes before anybody is let in, and that ends before one comes on it:
 * in between nobody new is let in.
 */
static int change_hosts(struct sys *sys, const struct obj *have, const struct obj *want,
			const char *dir, struct buf *why)
{
	bool any = export_of(want)->allow_any_host;
	int r = 0;

	vec_foreach (host, &export_strings(have, EXPORT_HOSTS)->items)
		if (r == 0 && !field_has_item(want, EXPORT_HOSTS, host->text))
			r = shut_out(sys, host->text, dir, why);
	if (r == 0 && any != export_of(have)->allow_any_host)
		r = set_any_host(sys, dir, any, why);
	vec_foreach (host, &export_strings(want, EXPORT_HOSTS)->items)
		if (r == 0 && !field_has_item(have, EXPORT_HOSTS, host->text))
			r = let_in(sys, host->text, dir, why);
	return r;
}

static int link_port(struct sys *sys, const struct obj *obj, const char *port,
		     const char *dir, struct buf *why)
{
	int r = kfs_symlink(&sys->kfs, dir, NVMET_PORTS "/%s/subsystems/%s", port,
			    obj_name(obj));

	return r < 0 && r != -EEXIST
		       ? kind_fail(why, r, nvmet_hint(r),
				   "cannot link the export to port '%s'", port)
		       : 0;
}

static int unlink_port(struct sys *sys, const struct obj *obj, const char *port,
		       struct buf *why)
{
	int r = kfs_unlink(&sys->kfs, NVMET_PORTS "/%s/subsystems/%s", port,
			   obj_name(obj));

	return r < 0 && r != -ENOENT
		       ? kind_fail(why, r, nvmet_hint(r),
				   "cannot unlink the export from port '%s'", port)
		       : 0;
}

/* @want NULL: unlink from all ports. */
static int unlink_ports(struct sys *sys, const struct obj *have, const struct obj *want,
			struct buf *why)
{
	vec_foreach (item, &export_strings(have, EXPORT_PORTS)->items) {
		int r = 0;

		if (!want || !field_has_item(want, EXPORT_PORTS, item->text))
			r = unlink_port(sys, have, item->text, why);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Link the export into the ports that lack it. */
static int link_ports(struct sys *sys, const struct obj *want, const char *dir,
		      struct buf *why)
{
	vec_foreach (item, &export_strings(want, EXPORT_PORTS)->items) {
		int r = link_port(sys, want, item->text, dir, why);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Link the previous ports again, so that connected hosts keep a working export. */
static void go_back(struct sys *sys, const struct obj *have, const struct obj *want,
		    const char *dir)
{
	_cleanup_(buf_done) struct buf ignored = { 0 };

	/* The first error counts. */
	(void)unlink_ports(sys, want, have, &ignored);
	(void)link_ports(sys, have, dir, &ignored);
}

/* --- the whole --- */

/* Remove @obj, which may exist only in part. */
static int take_away(struct sys *sys, const struct obj *obj, const char *dir,
		     struct buf *why)
{
	int r = unlink_ports(sys, obj, NULL, why);

	vec_foreach (item, &export_namespaces(obj)->objs)
		if (r == 0)
			r = export_remove_namespace(sys, obj, *item, dir, why);
	vec_foreach (host, &export_strings(obj, EXPORT_HOSTS)->items)
		if (r == 0)
			r = shut_out(sys, host->text, dir, why);
	return r < 0 ? r : nvmet_end(sys, obj, dir, why);
}

static int fill(struct sys *sys, const struct obj *want, const char *dir, struct buf *why)
{
	const struct export *export = export_of(want);
	const struct export nobody = { .obj = { .class = want->class } };
	int r = nvmet_set(sys, why, dir, "attr_serial", export->serial, export->serial);

	if (r == 0)
		r = nvmet_set(sys, why, dir, "attr_model", export->model, export->model);
	if (r == 0)
		r = change_hosts(sys, &nobody.obj, want, dir, why);
	return r < 0 ? r : export_add_namespaces(sys, NULL, want, dir, why);
}

int export_create(struct sys *sys, const struct obj *want, struct buf *why)
{
	_cleanup_free_ char *dir = export_folder(want);
	_cleanup_(buf_done) struct buf ignored = { 0 };
	int r = dir ? nvmet_begin(sys, want, dir, why) : -ENOMEM;

	if (r < 0)
		return r;
	r = export_claim_host_name(sys, want);
	if (r < 0)
		kind_fail(why, r, NULL, "cannot add the claim in '/run/rapiddisk/owned'");
	else
		r = fill(sys, want, dir, why);
	if (r < 0)
		(void)take_away(sys, want, dir, &ignored); /* the first error counts */
	return r;
}

int export_open(struct sys *sys, const struct obj *have, const struct obj *want,
		struct buf *why)
{
	_cleanup_free_ char *dir = export_folder(want);
	_cleanup_(buf_done) struct buf ignored = { 0 };
	int r = dir ? link_ports(sys, want, dir, why) : -ENOMEM;

	if (r < 0 && dir && have)
		go_back(sys, have, want, dir);
	else if (r < 0 && dir)
		(void)take_away(sys, want, dir, &ignored); /* the first error counts */
	return r;
}

void export_close(struct sys *sys, const struct obj *have, const struct obj *want)
{
	_cleanup_(buf_done) struct buf ignored = { 0 };

	(void)unlink_ports(sys, have, want, &ignored); /* the next part tries again */
}

int export_update(struct sys *sys, const struct obj *have, const struct obj *want,
		  uint64_t changed, struct buf *why)
{
	_cleanup_free_ char *dir = export_folder(have);
	int r = dir ? unlink_ports(sys, have, want, why) : -ENOMEM;

	(void)changed;
	if (r == 0)
		r = export_drop_namespaces(sys, have, want, dir, why);
	if (r == 0)
		r = change_hosts(sys, have, want, dir, why);
	if (r == 0)
		r = export_add_namespaces(sys, have, want, dir, why);
	if (r < 0 && dir)
		go_back(sys, have, want, dir);
	return r;
}

int export_remove(struct sys *sys, const struct obj *have, struct buf *why)
{
	_cleanup_free_ char *dir = export_folder(have);
	int r = dir ? take_away(sys, have, dir, why) : -ENOMEM;

	if (r < 0)
		return r;
	r = export_release_host_name(sys);
	return r < 0 ? kind_fail(why, r, NULL,
				 "cannot drop the claim in '/run/rapiddisk/owned'")
		     : 0;
}
