/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exports: made, changed and removed. The links into the ports come last and go first: what
 * is not complete nobody can see.
 */
#include "base/cleanup.h"
#include "kind/export/export.h"
#include "kind/nvmet/nvmet.h"
#include "kind/say.h"
#include "sys/devices.h"

/* --- namespaces --- */

/*
 * The device's own path, not the link that named it: the kernel looks it up each time the
 * namespace is enabled.
 */
static int device_path(struct sys *sys, const struct obj *item, char **ret)
{
	const struct namespace *namespace = namespace_of(item);
	const char *text = namespace->device.text, *folder = "";
	uint64_t number;
	int r;

	/* A name may be that of a node in both folders. */
	if (text[0] == '/')
		text++;
	else
		folder = namespace->made == &cache_class ? "dev/mapper/" : "dev/";
	/* What this run made has been named since the plan. */
	r = kfs_device_number(&sys->kfs, &number, "%s%s", folder, text);
	if (r < 0)
		return r;
	if (!namespace->made)
		return devices_path(&sys->kfs, number, ret);
	if (asprintf(ret, "/%s%s", folder, text) < 0) {
		*ret = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int fail_to_enable(struct buf *why, int r, const struct obj *item,
			  const char *path)
{
	return kind_fail(why, r,
			 r == -EACCES ? "the kernel exports only what can be written to"
				      : nvmet_hint(r),
			 "cannot enable namespace '%s' on '%s'", obj_name(item), path);
}

static int fill_namespace(struct sys *sys, const struct obj *item, const char *folder,
			  struct buf *why)
{
	const struct namespace *namespace = namespace_of(item);
	_cleanup_free_ char *path = NULL;
	int r = device_path(sys, item, &path);

	if (r < 0)
		return kind_fail(why, r, "it vanished meanwhile",
				 "cannot find device '%s'", namespace->device.text);
	r = nvmet_set(sys, why, folder, "device_path", path, path);
	if (r == 0)
		r = nvmet_set(sys, why, folder, "device_uuid", namespace->uuid,
			      namespace->uuid);
	if (r == 0)
		r = nvmet_set(sys, why, folder, "device_nguid", namespace->nguid,
			      namespace->nguid);
	if (r < 0)
		return r;
	r = kfs_write(&sys->kfs, "1", "%s/enable", folder);
	return r < 0 ? fail_to_enable(why, r, item, path) : 0;
}

/* Linux 6.1 says yes and does nothing where a passthru controller is active. */
static int check_enabled(struct sys *sys, const struct obj *item, const char *folder,
			 struct buf *why)
{
	_cleanup_free_ char *enabled = NULL;
	int r = kfs_read(&sys->kfs, &enabled, "%s/enable", folder);

	if (r == 0 && !streq(enabled, "1"))
		r = -EBUSY;
	return r < 0 ? fail_to_enable(why, r, item, namespace_of(item)->device.text) : 0;
}

static int take_namespace(struct sys *sys, const char *folder)
{
	_cleanup_free_ char *enabled = NULL;
	int r = nvmet_read(&sys->kfs, &enabled, "%s/enable", folder);

	if (r == 0 && enabled && streq(enabled, "1"))
		r = kfs_write(&sys->kfs, "0", "%s/enable", folder);
	if (r == 0)
		r = kfs_rmdir(&sys->kfs, "%s", folder);
	return r == -ENOENT ? 0 : r;
}

static char *namespace_folder(const char *subsystem, const struct obj *item)
{
	char *text;

	return asprintf(&text, "%s/namespaces/%s", subsystem, obj_name(item)) < 0 ? NULL
										  : text;
}

static int drop_size_claim(struct sys *sys, const struct obj *obj, const struct obj *item)
{
	_cleanup_free_ char *claim = nvmet_size_claim(obj_name(obj), obj_name(item));

	return claim ? claims_drop(&sys->kfs, NVMET_SIZE_CLAIM, claim) : -ENOMEM;
}

static int remove_namespace(struct sys *sys, const struct obj *obj,
			    const struct obj *item, const char *subsystem,
			    struct buf *why)
{
	_cleanup_free_ char *folder = namespace_folder(subsystem, item);
	int r = folder ? take_namespace(sys, folder) : -ENOMEM;

	if (r == 0)
		r = drop_size_claim(sys, obj, item);

	return r < 0 ? kind_fail(why, r, nvmet_hint(r), "cannot remove namespace '%s'",
				 obj_name(item))
		     : 0;
}

/* @is_new: nobody but us has been at the subsystem. */
static int add_namespace(struct sys *sys, const struct obj *item, const char *subsystem,
			 bool is_new, struct buf *why)
{
	_cleanup_free_ char *folder = namespace_folder(subsystem, item);
	int r = folder ? kfs_mkdir(&sys->kfs, "%s", folder) : -ENOMEM;

	if (r < 0)
		return kind_fail(why, r, nvmet_hint(r), "cannot make namespace '%s'",
				 obj_name(item));
	r = fill_namespace(sys, item, folder, why);
	if (r == 0 && !is_new)
		r = check_enabled(sys, item, folder, why);
	if (r < 0)
		(void)take_namespace(sys, folder); /* the first error is reported */
	return r;
}

/* A device that became larger below it. The note that they have to be told goes last. */
static int announce_size(struct sys *sys, const struct obj *obj, const struct obj *item,
			 const char *subsystem, struct buf *why)
{
	int r = kfs_write(&sys->kfs, "1", "%s/namespaces/%s/revalidate_size", subsystem,
			  obj_name(item));

	/* Linux before 5.8 has no such file, and notices by itself. */
	if (r == 0 || r == -ENOENT)
		r = drop_size_claim(sys, obj, item);
	return r < 0 ? kind_fail(why, r, nvmet_hint(r),
				 "cannot tell initiators the size of namespace '%s'",
				 obj_name(item))
		     : 0;
}

#define CAPACITY_BIT (UINT64_C(1) << NAMESPACE_CAPACITY)

bool export_is_another(const struct obj *live, const struct obj *item)
{
	return obj_differing(live, item) & ~CAPACITY_BIT;
}

static int drop_namespaces(struct sys *sys, const struct obj *have,
			   const struct obj *want, const char *folder, struct buf *why)
{
	vec_foreach (live, &export_namespaces(have)->objs) {
		const struct obj *item =
			field_find_object(want, EXPORT_NAMESPACES, obj_name(*live));
		int r;

		if (item && !export_is_another(*live, item))
			continue;
		r = remove_namespace(sys, have, *live, folder, why);
		if (r < 0)
			return r;
	}
	return 0;
}

/* @have NULL: there are none so far. */
static int add_namespaces(struct sys *sys, const struct obj *have, const struct obj *want,
			  const char *folder, struct buf *why)
{
	vec_foreach (item, &export_namespaces(want)->objs) {
		const struct obj *live =
			have ? field_find_object(have, EXPORT_NAMESPACES, obj_name(*item))
			     : NULL;
		int r = 0;

		if (!live || export_is_another(live, *item))
			r = add_namespace(sys, *item, folder, !have, why);
		else if (obj_differing(live, *item))
			r = announce_size(sys, want, *item, folder, why);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- hosts and ports --- */

static int set_any_host(struct sys *sys, const char *folder, bool any, struct buf *why)
{
	return nvmet_set(sys, why, folder, "attr_allow_any_host", any ? "1" : "0",
			 any ? "1" : "0");
}

static int let_in(struct sys *sys, const char *host, const char *folder, struct buf *why)
{
	_cleanup_free_ char *target = NULL;
	int r;

	if (asprintf(&target, NVMET_HOSTS "/%s", host) < 0) {
		target = NULL;
		return -ENOMEM;
	}
	r = kfs_symlink(&sys->kfs, target, "%s/allowed_hosts/%s", folder, host);
	return r < 0 ? kind_fail(why, r, nvmet_hint(r), "cannot let in host '%s'", host)
		     : 0;
}

static int shut_out(struct sys *sys, const char *host, const char *folder,
		    struct buf *why)
{
	int r = kfs_unlink(&sys->kfs, "%s/allowed_hosts/%s", folder, host);

	return r < 0 && r != -ENOENT ? kind_fail(why, r, nvmet_hint(r),
						 "cannot shut out host '%s'", host)
				     : 0;
}

/*
 * The kernel has a list, or lets in anybody, and refuses the one while it has the other. So
 * who is on the list goes before anybody is let in, and that ends before one comes on it:
 * in between nobody new is let in.
 */
static int change_hosts(struct sys *sys, const struct obj *have, const struct obj *want,
			const char *folder, struct buf *why)
{
	bool any = export_of(want)->allow_any_host;
	int r = 0;

	vec_foreach (host, &export_strings(have, EXPORT_HOSTS)->items)
		if (r == 0 && !field_has_item(want, EXPORT_HOSTS, host->text))
			r = shut_out(sys, host->text, folder, why);
	if (r == 0 && any != export_of(have)->allow_any_host)
		r = set_any_host(sys, folder, any, why);
	vec_foreach (host, &export_strings(want, EXPORT_HOSTS)->items)
		if (r == 0 && !field_has_item(have, EXPORT_HOSTS, host->text))
			r = let_in(sys, host->text, folder, why);
	return r;
}

static int link_port(struct sys *sys, const struct obj *obj, const char *port,
		     const char *folder, struct buf *why)
{
	int r = kfs_symlink(&sys->kfs, folder, NVMET_PORTS "/%s/subsystems/%s", port,
			    obj_name(obj));

	return r < 0 && r != -EEXIST ? kind_fail(why, r, nvmet_hint(r),
						 "cannot open it on port '%s'", port)
				     : 0;
}

static int unlink_port(struct sys *sys, const struct obj *obj, const char *port,
		       struct buf *why)
{
	int r = kfs_unlink(&sys->kfs, NVMET_PORTS "/%s/subsystems/%s", port,
			   obj_name(obj));

	return r < 0 && r != -ENOENT ? kind_fail(why, r, nvmet_hint(r),
						 "cannot take it off port '%s'", port)
				     : 0;
}

/* @want NULL: off all of them. */
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

/* Into those in which it is not yet. */
static int link_ports(struct sys *sys, const struct obj *want, const char *folder,
		      struct buf *why)
{
	vec_foreach (item, &export_strings(want, EXPORT_PORTS)->items) {
		int r = link_port(sys, want, item->text, folder, why);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Back to the ports that it had: who is there keeps what works. */
static void go_back(struct sys *sys, const struct obj *have, const struct obj *want,
		    const char *folder)
{
	_cleanup_(buf_done) struct buf ignored = { 0 };

	/* The first error counts. */
	(void)unlink_ports(sys, want, have, &ignored);
	(void)link_ports(sys, have, folder, &ignored);
}

/* --- the whole --- */

/* Removes @obj, which may be there only in part. */
static int take_away(struct sys *sys, const struct obj *obj, const char *folder,
		     struct buf *why)
{
	int r = unlink_ports(sys, obj, NULL, why);

	vec_foreach (item, &export_namespaces(obj)->objs)
		if (r == 0)
			r = remove_namespace(sys, obj, *item, folder, why);
	vec_foreach (host, &export_strings(obj, EXPORT_HOSTS)->items)
		if (r == 0)
			r = shut_out(sys, host->text, folder, why);
	return r < 0 ? r : nvmet_end(sys, obj, folder, why);
}

static int fill(struct sys *sys, const struct obj *want, const char *folder,
		struct buf *why)
{
	const struct export *export = export_of(want);
	const struct export nobody = { .obj = { .class = want->class } };
	int r = nvmet_set(sys, why, folder, "attr_serial", export->serial,
			  export->serial);

	if (r == 0)
		r = nvmet_set(sys, why, folder, "attr_model", export->model,
			      export->model);
	if (r == 0)
		r = change_hosts(sys, &nobody.obj, want, folder, why);
	return r < 0 ? r : add_namespaces(sys, NULL, want, folder, why);
}

int export_create(struct sys *sys, const struct obj *want, struct buf *why)
{
	_cleanup_free_ char *folder = export_folder(want);
	_cleanup_(buf_done) struct buf ignored = { 0 };
	int r = folder ? nvmet_begin(sys, want, folder, why) : -ENOMEM;

	if (r < 0)
		return r;
	r = fill(sys, want, folder, why);
	if (r < 0)
		(void)take_away(sys, want, folder, &ignored); /* the first error counts */
	return r;
}

int export_open(struct sys *sys, const struct obj *have, const struct obj *want,
		struct buf *why)
{
	_cleanup_free_ char *folder = export_folder(want);
	_cleanup_(buf_done) struct buf ignored = { 0 };
	int r = folder ? link_ports(sys, want, folder, why) : -ENOMEM;

	if (r < 0 && folder && have)
		go_back(sys, have, want, folder);
	else if (r < 0 && folder)
		(void)take_away(sys, want, folder, &ignored); /* the first error counts */
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
	_cleanup_free_ char *folder = export_folder(have);
	int r = folder ? unlink_ports(sys, have, want, why) : -ENOMEM;

	(void)changed;
	if (r == 0)
		r = drop_namespaces(sys, have, want, folder, why);
	if (r == 0)
		r = change_hosts(sys, have, want, folder, why);
	if (r == 0)
		r = add_namespaces(sys, have, want, folder, why);
	if (r < 0 && folder)
		go_back(sys, have, want, folder);
	return r;
}

int export_remove(struct sys *sys, const struct obj *have, struct buf *why)
{
	_cleanup_free_ char *folder = export_folder(have);

	return folder ? take_away(sys, have, folder, why) : -ENOMEM;
}
