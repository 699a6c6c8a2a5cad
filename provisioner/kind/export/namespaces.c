/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Add and remove the namespaces of exports. */
#include "base/cleanup.h"
#include "base/str.h"
#include "kind/export/export.h"
#include "kind/hold.h"
#include "kind/nvmet/attributes.h"
#include "kind/nvmet/claims.h"
#include "kind/say.h"
#include "sys/devices.h"
#include "sys/kfs_change.h"

/*
 * The device's own path, not the link that named it: the kernel looks it up each time the
 * namespace is enabled.
 */
static int device_path(struct sys *sys, const struct obj *item, uint64_t *ret_number,
		       char **ret)
{
	const struct namespace *namespace = namespace_of(item);
	const char *text = namespace->device.text, *dir = "";
	int r;

	/* A RAM disk and a cache may have the same name. */
	if (text[0] == '/')
		text++;
	else
		dir = namespace->made == &cache_class ? "dev/mapper/" : "dev/";
	/* A device that this run created has got its node since the plan. */
	r = kfs_device_number(&sys->kfs, ret_number, "%s%s", dir, text);
	if (r < 0)
		return r;
	if (!namespace->made)
		return devices_path(&sys->kfs, *ret_number, ret);
	return str_format(ret, "/%s%s", dir, text);
}

static int fail_to_enable(struct buf *why, int r, const struct obj *item,
			  const char *path)
{
	return kind_fail(why, r,
			 r == -EACCES ? "the kernel exports writable devices only"
				      : nvmet_hint(r),
			 "cannot enable namespace '%s' on '%s'", obj_name(item), path);
}

/*
 * nvmet opens the device without a holder, so our own hold does not conflict: nobody mounts
 * the device between the check and the export.
 */
static int enable(struct sys *sys, const struct obj *item, uint64_t number,
		  const char *path, const char *dir, struct buf *why)
{
	const struct namespace *namespace = namespace_of(item);
	_cleanup_close_ int hold = -1;
	int r = 0;

	if (namespace->after_export)
		r = kind_check_exports(sys, number, true, "device",
				       namespace->device.text, why);
	if (r == 0)
		r = kind_hold(sys, number, namespace->diskseq, "device",
			      namespace->device.text, &hold, why);
	if (r < 0)
		return r;
	r = kfs_write(&sys->kfs, "1", "%s/enable", dir);
	return r < 0 ? fail_to_enable(why, r, item, path) : 0;
}

static int fill_namespace(struct sys *sys, const struct obj *item, const char *dir,
			  struct buf *why)
{
	const struct namespace *namespace = namespace_of(item);
	_cleanup_free_ char *path = NULL;
	uint64_t number;
	int r = device_path(sys, item, &number, &path);

	if (r < 0)
		return kind_fail(why, r, "the device disappeared during the run",
				 "cannot find device '%s'", namespace->device.text);
	r = nvmet_set(sys, why, dir, "device_path", path, path);
	if (r == 0)
		r = nvmet_set(sys, why, dir, "device_uuid", namespace->uuid,
			      namespace->uuid);
	if (r == 0)
		r = nvmet_set(sys, why, dir, "device_nguid", namespace->nguid,
			      namespace->nguid);
	return r < 0 ? r : enable(sys, item, number, path, dir, why);
}

/* Linux 6.1 accepts the write without effect if a passthru controller is active. */
static int check_enabled(struct sys *sys, const struct obj *item, const char *dir,
			 struct buf *why)
{
	_cleanup_free_ char *enabled = NULL;
	int r = kfs_read(&sys->kfs, &enabled, "%s/enable", dir);

	if (r == 0 && !streq(enabled, "1"))
		r = -EBUSY;
	return r < 0 ? fail_to_enable(why, r, item, namespace_of(item)->device.text) : 0;
}

static int take_namespace(struct sys *sys, const char *dir)
{
	_cleanup_free_ char *enabled = NULL;
	int r = nvmet_read(&sys->kfs, &enabled, "%s/enable", dir);

	if (r == 0 && enabled && streq(enabled, "1"))
		r = kfs_write(&sys->kfs, "0", "%s/enable", dir);
	if (r == 0)
		r = kfs_rmdir(&sys->kfs, "%s", dir);
	return r == -ENOENT ? 0 : r;
}

static char *namespace_folder(const char *subsystem, const struct obj *item)
{
	char *text;

	return str_format(&text, "%s/namespaces/%s", subsystem, obj_name(item)) < 0
		       ? NULL
		       : text;
}

static int drop_size_claim(struct sys *sys, const struct obj *obj, const struct obj *item)
{
	_cleanup_free_ char *claim = nvmet_size_claim(obj_name(obj), obj_name(item));

	return claim ? claims_drop(&sys->kfs, NVMET_SIZE_CLAIM, claim) : -ENOMEM;
}

int export_remove_namespace(struct sys *sys, const struct obj *obj,
			    const struct obj *item, const char *subsystem,
			    struct buf *why)
{
	_cleanup_free_ char *dir = namespace_folder(subsystem, item);
	int r = dir ? take_namespace(sys, dir) : -ENOMEM;

	if (r == 0)
		r = drop_size_claim(sys, obj, item);

	return r < 0 ? kind_fail(why, r, nvmet_hint(r), "cannot remove namespace '%s'",
				 obj_name(item))
		     : 0;
}

/* @is_new: this run created the subsystem. */
static int add_namespace(struct sys *sys, const struct obj *item, const char *subsystem,
			 bool is_new, struct buf *why)
{
	_cleanup_free_ char *dir = namespace_folder(subsystem, item);
	int r = dir ? kfs_mkdir(&sys->kfs, "%s", dir) : -ENOMEM;

	if (r < 0)
		return kind_fail(why, r, nvmet_hint(r), "cannot create namespace '%s'",
				 obj_name(item));
	r = fill_namespace(sys, item, dir, why);
	if (r == 0 && !is_new)
		r = check_enabled(sys, item, dir, why);
	if (r < 0)
		(void)take_namespace(sys, dir); /* the first error is reported */
	return r;
}

/* Announce a new size of the device. The size claim is dropped last. */
static int announce_size(struct sys *sys, const struct obj *obj, const struct obj *item,
			 const char *subsystem, struct buf *why)
{
	int r = kfs_write(&sys->kfs, "1", "%s/namespaces/%s/revalidate_size", subsystem,
			  obj_name(item));

	/* Linux before 5.8 has no such file, and announces a new size itself. */
	if (r == 0 || r == -ENOENT)
		r = drop_size_claim(sys, obj, item);
	return r < 0 ? kind_fail(why, r, nvmet_hint(r),
				 "cannot announce the size of namespace '%s'",
				 obj_name(item))
		     : 0;
}

int export_drop_namespaces(struct sys *sys, const struct obj *have,
			   const struct obj *want, const char *dir, struct buf *why)
{
	vec_foreach (live, &export_namespaces(have)->objs) {
		const struct obj *item =
			field_find_object(want, EXPORT_NAMESPACES, obj_name(*live));
		int r;

		if (item && !export_is_another(*live, item))
			continue;
		r = export_remove_namespace(sys, have, *live, dir, why);
		if (r < 0)
			return r;
	}
	return 0;
}

int export_add_namespaces(struct sys *sys, const struct obj *have, const struct obj *want,
			  const char *dir, struct buf *why)
{
	vec_foreach (item, &export_namespaces(want)->objs) {
		const struct obj *live =
			have ? field_find_object(have, EXPORT_NAMESPACES, obj_name(*item))
			     : NULL;
		int r = 0;

		if (!live || export_is_another(live, *item))
			r = add_namespace(sys, *item, dir, !have, why);
		else if (obj_differing(live, *item))
			r = announce_size(sys, want, *item, dir, why);
		if (r < 0)
			return r;
	}
	return 0;
}
