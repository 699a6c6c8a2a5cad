/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mark nvmet objects as owned by claims, and drop claims whose object is gone. */
#include "kind/nvmet/claims.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "kind/classes.h"
#include "kind/nvmet/attributes.h"
#include "kind/say.h"
#include "sys/kfs_change.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The directory of each class in configfs. */
static const struct {
	const struct obj_class *class;
	const char *dir;
} places[] = {
	{ &host_class, NVMET_HOSTS },
	{ &port_class, NVMET_PORTS },
	{ &export_class, NVMET_SUBSYSTEMS },
};

static int read_inode(const struct kfs *kfs, const struct obj *obj, uint64_t *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (places[i].class == obj->class)
			return kfs_inode(kfs, ret, "%s/%s", places[i].dir, obj_name(obj));
	return -EINVAL;
}

int nvmet_set_owner(const struct kfs *kfs, const struct claims *claims, struct obj *obj,
		    bool half_made)
{
	uint64_t noted, inode = 0;
	int r = claims_inode(kfs, claims, obj->class->name, obj_name(obj), &noted);

	if (r == 0 && noted > 0)
		r = read_inode(kfs, obj, &inode);
	/* An unreadable claim is no claim. */
	if (r < 0)
		return r == -ENOENT || r == -EBADMSG ? 0 : r;
	if (noted > 0 ? noted == inode : half_made)
		obj->owner = OWNER_OURS;
	return 0;
}

static int note_inode(struct sys *sys, const struct obj *obj)
{
	uint64_t inode;
	int r = read_inode(&sys->kfs, obj, &inode);

	return r < 0 ? r
		     : claims_note_inode(&sys->kfs, obj->class->name, obj_name(obj),
					 inode);
}

/* Return the owned object that the claim names, or NULL. */
static const struct obj *find_claimed(const struct model *observed,
				      const struct obj_class *class, const char *name)
{
	const struct obj *obj = model_find(observed, class, name);

	return obj && obj->owner == OWNER_OURS ? obj : NULL;
}

static int tidy_claim(struct sys *sys, const struct claims *claims,
		      const struct obj_class *class, const char *name,
		      const struct model *observed)
{
	const struct obj *obj = find_claimed(observed, class, name);
	uint64_t noted;

	if (!obj)
		return claims_drop(&sys->kfs, class->name, name);
	if (claims_inode(&sys->kfs, claims, class->name, name, &noted) == 0 && noted > 0)
		return 0;
	return note_inode(sys, obj);
}

/* Drop a size claim ("NQN:ID") with its export. */
static int tidy_size(struct sys *sys, const char *claim, const struct model *observed)
{
	const char *colon = strrchr(claim, ':');
	_cleanup_free_ char *nqn =
		strndup(claim, colon ? (size_t)(colon - claim) : strlen(claim));

	if (!nqn)
		return -ENOMEM;
	return find_claimed(observed, &export_class, nqn)
		       ? 0
		       : claims_drop(&sys->kfs, NVMET_SIZE_CLAIM, claim);
}

/* Drop the name that %H stands for with the last owned export. */
static int tidy_host_name(struct sys *sys, const char *name, const struct model *observed)
{
	size_t count;
	struct obj *const *exports = model_list(observed, &export_class, &count);

	for (size_t i = 0; i < count; i++)
		if (exports[i]->owner == OWNER_OURS)
			return 0;
	return claims_drop(&sys->kfs, NVMET_HOSTNAME_CLAIM, name);
}

static int tidy_file(struct sys *sys, const struct claims *claims, const char *file,
		     const struct model *observed)
{
	const char *colon = strchr(file, ':');

	if (!colon)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const struct obj_class *class = places[i].class;

		if (strlen(class->name) == (size_t)(colon - file) &&
		    strncmp(file, class->name, strlen(class->name)) == 0)
			return tidy_claim(sys, claims, class, colon + 1, observed);
	}
	if (strncmp(file, NVMET_HOSTNAME_CLAIM ":", strlen(NVMET_HOSTNAME_CLAIM ":")) ==
	    0)
		return tidy_host_name(sys, colon + 1, observed);
	return strncmp(file, NVMET_SIZE_CLAIM ":", strlen(NVMET_SIZE_CLAIM ":")) == 0
		       ? tidy_size(sys, colon + 1, observed)
		       : 0;
}

int nvmet_tidy_claims(struct sys *sys, const struct model *observed, struct buf *why)
{
	_cleanup_(claims_done) struct claims claims = { 0 };
	int r;

	/* Without configfs no object can be observed, so every claim must stay. */
	if (!kfs_exists(&sys->kfs, NVMET) && kfs_exists(&sys->kfs, "sys/module/nvmet"))
		return 0;
	r = claims_load(&sys->kfs, &claims);
	for (size_t i = 0; r == 0 && i < claims.files.names.count; i++)
		r = tidy_file(sys, &claims, claims.files.names.items[i], observed);
	return r < 0 ? kind_fail(why, r, NULL,
				 "cannot tidy the claims in '/run/rapiddisk/owned'")
		     : 0;
}

/* True if a list of @export names the port or host @obj. */
static bool lists(const struct obj *export, const struct obj *obj)
{
	for (unsigned int i = 0; i < export->class->field_count; i++)
		if (export->class->fields[i].refers == obj->class &&
		    field_has_item(export, i, obj_name(obj)))
			return true;
	return false;
}

const char *nvmet_find_foreign(const struct obj *have, const struct model *observed)
{
	vec_foreach (obj, &observed->objs) {
		if ((*obj)->class == &export_class && (*obj)->owner != OWNER_OURS &&
		    lists(*obj, have))
			return obj_name(*obj);
	}
	return NULL;
}

int nvmet_block_foreign(struct plan_step *step, const char *name)
{
	return str_format(&step->blocked,
			  "the foreign export '%s' would be disconnected; unlink the "
			  "export by hand first",
			  name);
}

char *nvmet_size_claim(const char *subsystem, const char *id)
{
	char *text;

	return str_format(&text, "%s:%s", subsystem, id) < 0 ? NULL : text;
}

static int expect_size_in(struct sys *sys, const char *subsystem, const char *path)
{
	_cleanup_(kfs_names_done) struct kfs_names ids = { 0 };
	int r = kfs_list_sorted(&sys->kfs, &ids, NVMET_SUBSYSTEMS "/%s/namespaces",
				subsystem);

	for (size_t i = 0; r == 0 && i < ids.names.count; i++) {
		_cleanup_free_ char *device = NULL, *claim = NULL;

		r = nvmet_read(&sys->kfs, &device,
			       NVMET_SUBSYSTEMS "/%s/namespaces/%s/device_path",
			       subsystem, ids.names.items[i]);
		if (r < 0 || !device || !streq(device, path))
			continue;
		claim = nvmet_size_claim(subsystem, ids.names.items[i]);
		r = claim ? claims_add(&sys->kfs, NVMET_SIZE_CLAIM, claim) : -ENOMEM;
	}
	return r;
}

int nvmet_expect_size(struct sys *sys, const char *fmt, ...)
{
	_cleanup_(kfs_names_done) struct kfs_names subsystems = { 0 };
	_cleanup_(claims_done) struct claims claims = { 0 };
	_cleanup_free_ char *path = NULL;
	va_list args;
	int r;

	va_start(args, fmt);
	r = str_vformat(&path, fmt, args);
	va_end(args);
	if (r == 0)
		r = kfs_list_sorted(&sys->kfs, &subsystems, NVMET_SUBSYSTEMS);
	if (r == 0 && subsystems.names.count > 0)
		r = claims_load(&sys->kfs, &claims);
	for (size_t i = 0; r == 0 && i < subsystems.names.count; i++)
		if (claims_have(&claims, export_class.name, subsystems.names.items[i]))
			r = expect_size_in(sys, subsystems.names.items[i], path);
	return r;
}

int nvmet_begin(struct sys *sys, const struct obj *want, const char *dir, struct buf *why)
{
	const char *kind = want->class->name, *name = obj_name(want);
	int r = claims_add(&sys->kfs, kind, name);

	if (r < 0)
		return kind_fail(why, r, NULL,
				 "cannot add the claim in '/run/rapiddisk/owned'");
	r = kfs_mkdir(&sys->kfs, "%s", dir);
	if (r == 0) {
		r = note_inode(sys, want);
		if (r == 0)
			return 0;
		(void)kfs_rmdir(&sys->kfs, "%s", dir); /* the first error counts */
	}
	(void)claims_drop(&sys->kfs, kind, name); /* the first error is reported */
	return kind_fail(why, r, nvmet_hint(r), "cannot create '/%s'", dir);
}

int nvmet_end(struct sys *sys, const struct obj *obj, const char *dir, struct buf *why)
{
	int r = kfs_rmdir(&sys->kfs, "%s", dir);

	if (r < 0 && r != -ENOENT)
		return kind_fail(why, r, nvmet_hint(r), "cannot remove '/%s'", dir);
	r = claims_drop(&sys->kfs, obj->class->name, obj_name(obj));
	return r < 0 ? kind_fail(why, r, NULL,
				 "cannot drop the claim in '/run/rapiddisk/owned'")
		     : 0;
}

int nvmet_adopt(struct sys *sys, const struct obj *have, struct buf *why)
{
	int r = claims_add(&sys->kfs, have->class->name, obj_name(have));

	if (r == 0)
		r = note_inode(sys, have);
	return r < 0 ? kind_fail(why, r, NULL, "cannot adopt the object") : 0;
}
