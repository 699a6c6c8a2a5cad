/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Observe exports and their connections. */
#include "base/cleanup.h"
#include "base/str.h"
#include "kind/export/export.h"
#include "kind/nvmet/attributes.h"
#include "kind/nvmet/claims.h"
#include "kind/nvmet/connections.h"
#include "sys/devices.h"

/* A port, read once for all exports. */
struct way {
	struct kfs_names exports;
	uint64_t sockets; /* connections to it, where the kernel does not say of whom */
	bool sees_all;
};

/* The device behind a path. Many namespaces may share one device. */
struct backing {
	char *path;
	uint64_t number; /* 0: a file, or a device that is gone: it differs from any */
	bool gone;
	uint64_t bytes;
	bool is_sized; /* @bytes is known */
};

struct sight {
	const struct kfs *kfs;
	VEC(struct backing) backings; /* each asked once */
	struct nvmet_controllers controllers;
	struct kfs_names ports;
	struct way *ways; /* of each port */
	struct claims claims;
};

static int read_string(const struct kfs *kfs, struct obj *obj, unsigned int index,
		       const char *dir, const char *attribute)
{
	_cleanup_free_ char *text = NULL;
	int r;

	if (kfs->look == LOOK_FOR_METRICS)
		return 0;
	r = nvmet_read(kfs, &text, "%s/%s", dir, attribute);
	return r < 0 || !text ? r : field_set_string(obj, index, text);
}

static int look_behind(struct sight *sight, const char *path, struct backing *ret)
{
	struct backing backing = { 0 };
	int r = -EINVAL;

	vec_foreach (known, &sight->backings) {
		if (streq(known->path, path)) {
			*ret = *known;
			return 0;
		}
	}
	if (path[0] == '/')
		r = devices_find_node(sight->kfs, path, &backing.number);
	if (r < 0)
		backing.number = 0;
	backing.gone = r == -ENOENT;
	backing.is_sized = backing.number &&
			   devices_bytes(sight->kfs, backing.number, &backing.bytes) == 0;
	backing.path = strdup(path);
	r = backing.path ? vec_push(&sight->backings, backing) : -ENOMEM;
	if (r < 0)
		free(backing.path);
	else
		*ret = backing;
	return r;
}

static int read_device(struct sight *sight, struct obj *obj, const char *dir)
{
	_cleanup_free_ char *path = NULL;
	struct backing backing;
	int r;

	if (sight->kfs->look == LOOK_FOR_METRICS)
		return 0;
	r = nvmet_read(sight->kfs, &path, "%s/device_path", dir);
	if (r < 0 || !path)
		return r;
	r = look_behind(sight, path, &backing);
	if (r < 0)
		return r;
	((struct namespace *)obj)->gone = backing.gone;
	if (backing.is_sized)
		field_set_size(obj, NAMESPACE_CAPACITY, backing.bytes);
	if (backing.number == 0)
		r = obj_note(&obj->unsaid, "'%s' is not a block device", path);
	if (r < 0)
		return r;
	return field_set_device(obj, NAMESPACE_DEVICE, path, backing.number);
}

static int read_namespace(struct sight *sight, struct obj *obj, const char *id,
			  const char *subsystem)
{
	_cleanup_free_ char *dir = NULL, *enabled = NULL;
	const struct kfs *kfs = sight->kfs;
	uint64_t number;
	int r;

	if (str_format(&dir, "%s/namespaces/%s", subsystem, id) < 0)
		return -ENOMEM;
	if (!nvmet_number(id, &number) &&
	    obj_note(&obj->unsaid, "the directory '%s'", id) < 0)
		return -ENOMEM;
	field_set_uint(obj, NAMESPACE_ID, number);
	if ((r = read_device(sight, obj, dir)) < 0 ||
	    (r = read_string(kfs, obj, NAMESPACE_UUID, dir, "device_uuid")) < 0 ||
	    (r = read_string(kfs, obj, NAMESPACE_NGUID, dir, "device_nguid")) < 0 ||
	    (r = nvmet_read(kfs, &enabled, "%s/enable", dir)) < 0 ||
	    (kfs->reads_extras && (r = nvmet_read_extras(kfs, obj, dir)) < 0))
		return r;
	field_set_bool(obj, NAMESPACE_ENABLED, enabled && streq(enabled, "1"));
	return 0;
}

/* Unset the size while its announcement to initiators is pending. */
static int forget_size(const struct sight *sight, const struct obj *export,
		       struct obj *item)
{
	_cleanup_free_ char *claim = nvmet_size_claim(obj_name(export), obj_name(item));

	if (!claim)
		return -ENOMEM;
	if (claims_have(&sight->claims, NVMET_SIZE_CLAIM, claim))
		field_clear(item, NAMESPACE_CAPACITY);
	return 0;
}

static int read_namespaces(struct sight *sight, struct obj *obj, const char *dir)
{
	_cleanup_(kfs_names_done) struct kfs_names ids = { 0 };
	int r = kfs_list_sorted(sight->kfs, &ids, "%s/namespaces", dir);

	field_set_empty(obj, EXPORT_NAMESPACES);
	for (size_t i = 0; r == 0 && i < ids.names.count; i++) {
		struct obj *item = obj_new(&export_namespace_class);

		r = item ? read_namespace(sight, item, ids.names.items[i], dir) : -ENOMEM;
		if (r == 0 && item->extra)
			r = obj_note(&obj->extra, "namespace '%s': %s", obj_name(item),
				     item->extra);
		if (r == 0)
			r = forget_size(sight, obj, item);
		if (r < 0)
			obj_free(item);
		else
			r = field_add_object(obj, EXPORT_NAMESPACES, item);
	}
	return r;
}

static int read_hosts(const struct kfs *kfs, struct obj *obj, const char *dir)
{
	_cleanup_(kfs_names_done) struct kfs_names hosts = { 0 };
	_cleanup_free_ char *any = NULL;
	int r = nvmet_read(kfs, &any, "%s/attr_allow_any_host", dir);

	if (r < 0)
		return r;
	field_set_bool(obj, EXPORT_ANY_HOST, any && streq(any, "1"));
	/* The kernel has either. */
	if (export_of(obj)->allow_any_host)
		return 0;
	r = kfs_list_sorted(kfs, &hosts, "%s/allowed_hosts", dir);
	field_set_empty(obj, EXPORT_HOSTS);
	for (size_t i = 0; r == 0 && i < hosts.names.count; i++)
		r = field_add_item(obj, EXPORT_HOSTS, hosts.names.items[i]);
	return r;
}

static int read_ports(const struct sight *sight, struct obj *obj, struct nvmet_use *use)
{
	int r = 0;

	field_set_empty(obj, EXPORT_PORTS);
	for (size_t i = 0; r == 0 && i < sight->ports.names.count; i++) {
		const struct way *way = &sight->ways[i];

		if (!kfs_names_have(&way->exports, obj_name(obj)))
			continue;
		r = field_add_item(obj, EXPORT_PORTS, sight->ports.names.items[i]);
		use->sockets += way->sockets;
		use->may_be_more |= !way->sees_all;
	}
	return r;
}

static int read_use(const struct sight *sight, struct obj *obj, struct nvmet_use *use)
{
	vec_foreach (controller, &sight->controllers.controllers) {
		if (!streq(controller->subsystem, obj_name(obj)))
			continue;
		use->controllers++;
		use->host = controller->host;
	}
	if (sight->kfs->look != LOOK_TO_PLAN)
		return 0;
	if (sight->controllers.complete || use->controllers > 0 ||
	    (use->sockets == 0 && !use->may_be_more))
		field_set_uint(obj, EXPORT_CONNECTIONS, use->controllers);
	return nvmet_set_use(obj, use);
}

/* Note what no key of the file has, and what an NQN of the file cannot have. */
static int read_extras(const struct kfs *kfs, struct obj *obj, const char *dir)
{
	_cleanup_free_ char *passthru = NULL;
	int r;

	if (!kfs->reads_extras)
		return 0;
	r = export_note_name(obj);
	if (r == 0)
		r = nvmet_read(kfs, &passthru, "%s/passthru/enable", dir);
	if (r == 0 && passthru && streq(passthru, "1"))
		r = obj_note(&obj->unsaid, NVMET_PASSTHRU);
	return r < 0 ? r : nvmet_read_extras(kfs, obj, dir);
}

/* True if the export is as mkdir(2) created it. */
static bool is_empty(const struct obj *obj)
{
	return export_namespaces(obj)->objs.count == 0 &&
	       export_strings(obj, EXPORT_PORTS)->items.count == 0 &&
	       export_strings(obj, EXPORT_HOSTS)->items.count == 0 &&
	       !export_of(obj)->allow_any_host;
}

static int read_owner(const struct sight *sight, struct obj *obj)
{
	return sight->kfs->look == LOOK_FOR_METRICS
		       ? 0
		       : nvmet_set_owner(sight->kfs, &sight->claims, obj, is_empty(obj));
}

static int observe_one(struct sight *sight, const char *name, struct model *observed)
{
	struct obj *obj = obj_new(&export_class);
	const struct kfs *kfs = sight->kfs;
	_cleanup_free_ char *dir = NULL;
	struct nvmet_use use = { 0 };
	int r;

	if (!obj)
		return -ENOMEM;
	r = field_set_string(obj, EXPORT_NQN, name);
	if (r == 0)
		dir = export_folder(obj);
	if (r == 0 && !dir)
		r = -ENOMEM;
	if (r < 0 || (r = read_namespaces(sight, obj, dir)) < 0 ||
	    (r = read_ports(sight, obj, &use)) < 0 ||
	    (r = read_hosts(kfs, obj, dir)) < 0 ||
	    (r = read_string(kfs, obj, EXPORT_SERIAL, dir, "attr_serial")) < 0 ||
	    (r = read_string(kfs, obj, EXPORT_MODEL, dir, "attr_model")) < 0 ||
	    (r = read_extras(kfs, obj, dir)) < 0 ||
	    (r = read_use(sight, obj, &use)) < 0 || (r = read_owner(sight, obj)) < 0) {
		obj_free(obj);
		return kfs_missed(kfs, r);
	}
	return model_add(observed, obj);
}

static int look_at_ports(struct sight *sight)
{
	int r = kfs_list_sorted(sight->kfs, &sight->ports, NVMET_PORTS);

	if (r < 0)
		return r;
	sight->ways = calloc(sight->ports.names.count + 1, sizeof(*sight->ways));
	if (!sight->ways)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < sight->ports.names.count; i++) {
		const char *id = sight->ports.names.items[i];
		struct way *way = &sight->ways[i];

		r = kfs_list_sorted(sight->kfs, &way->exports,
				    NVMET_PORTS "/%s/subsystems", id);
		if (sight->kfs->look != LOOK_TO_PLAN)
			continue;
		way->sees_all = nvmet_sees_all(sight->kfs, &sight->controllers, id);
		way->sockets = nvmet_count_sockets(sight->kfs, &sight->controllers, id);
	}
	return r;
}

static void sight_done(struct sight *sight)
{
	for (size_t i = 0; sight->ways && i < sight->ports.names.count; i++)
		kfs_names_done(&sight->ways[i].exports);
	free(sight->ways);
	vec_foreach (backing, &sight->backings)
		free(backing->path);
	vec_done(&sight->backings);
	nvmet_controllers_done(&sight->controllers);
	kfs_names_done(&sight->ports);
	claims_done(&sight->claims);
}

static int observe_all(struct sight *sight, const struct kfs_names *names,
		       struct model *observed)
{
	int r;

	if (sight->kfs->look == LOOK_TO_PLAN &&
	    (r = nvmet_controllers_load(sight->kfs, &sight->controllers)) < 0)
		return r;
	if ((r = look_at_ports(sight)) < 0 ||
	    (r = kfs_missed(sight->kfs, claims_load(sight->kfs, &sight->claims))) < 0)
		return r;
	vec_foreach (name, &names->names) {
		/* No plan touches the kernel's own subsystem; an observer shows it. */
		if (sight->kfs->look == LOOK_TO_PLAN && streq(*name, NVMET_DISCOVERY_NQN))
			continue;
		r = observe_one(sight, *name, observed);
		if (r < 0)
			return r;
	}
	return 0;
}

int export_observe(struct sys *sys, struct model *observed)
{
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 };
	struct sight sight = { .kfs = &sys->kfs };
	int r = kfs_list_sorted(&sys->kfs, &names, NVMET_SUBSYSTEMS);

	if (r == 0 && names.names.count > 0)
		r = observe_all(&sight, &names, observed);
	sight_done(&sight);
	return kfs_missed(&sys->kfs, r);
}
