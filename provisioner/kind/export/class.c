/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exports: NVMe subsystems with their namespaces, /sys/kernel/config/nvmet/subsystems/NQN,
 * the hosts that they let in, and the ports that they are linked into. Their keys, what
 * the file may say, and the policy; export_resolve.c, export_observe.c and export_act.c
 * have the rest.
 */
#include "kind/export/export.h"

#include "kind/cache/cache.h"
#include "kind/nvmet/nvmet.h"
#include "kind/on_change.h"

/* What rapiddisk 9 calls its exports: its prefix, the host's name and the device's. */
#define PEER_PREFIX "nqn.2021-06.org.rapiddisk:"

#define HEX4	     "[0-9A-Fa-f]{4}"
#define UUID_PATTERN "^" HEX4 HEX4 "-" HEX4 "-" HEX4 "-" HEX4 "-" HEX4 HEX4 HEX4 "$"

static const struct field namespace_fields[] = {
	[NAMESPACE_ID] =
		FIELD(namespace, id, FIELD_UINT, .flags = FIELD_KEY | FIELD_REQUIRED,
		      .min = 1, .max = 4294967294, .doc = "Number of the namespace"),
	[NAMESPACE_DEVICE] = FIELD(
		namespace, device, FIELD_DEVICE, .flags = FIELD_REQUIRED,
		.pattern = "^(/dev/[^ ]+|[A-Za-z0-9][A-Za-z0-9#+.:=@_-]*)$",
		.expects = "the name of a RAM disk or a cache, or a path below /dev",
		.doc = "What is exported: a RAM disk or a cache of this file by its name, "
		       "or a path below /dev"),
	[NAMESPACE_UUID] = FIELD(
		namespace, uuid, FIELD_STRING, .pattern = UUID_PATTERN,
		.expects = "a UUID, as in 0a3b1c2d-4e5f-4a6b-8c7d-9e0f1a2b3c4d",
		.doc = "By which initiators know it again; the same on each boot, and "
		       "made of this machine's id and the names unless given"),
	[NAMESPACE_NGUID] =
		FIELD(namespace, nguid, FIELD_STRING, .pattern = UUID_PATTERN,
		      .expects = "16 bytes, written as a UUID",
		      .doc = "The same as a globally unique identifier of NVMe"),
	[NAMESPACE_CAPACITY] =
		FIELD(namespace, capacity, FIELD_SIZE, .flags = FIELD_DERIVED,
		      .doc = "Size of the device; initiators are told when it changes"),
	[NAMESPACE_ENABLED] = FIELD(namespace, enabled, FIELD_BOOL,
				    .flags = FIELD_DERIVED, .doc = "Initiators see it"),
};

const struct obj_class export_namespace_class = {
	.name = "namespace",
	.size = sizeof(struct namespace),
	.fields = namespace_fields,
	.field_count = ARRAY_SIZE(namespace_fields),
};

static const struct field export_fields[] = {
	[EXPORT_NQN] = FIELD(
		export, nqn, FIELD_STRING, .flags = FIELD_KEY,
		.pattern = NVMET_NQN_PATTERN, .expects = NVMET_NQN_EXPECTS,
		.max = NVMET_NQN_MAX,
		.doc = "The export's name; %H in it is the machine's name. Unless given "
		       "nqn.2021-06.org.rapiddisk:%H-DEVICE, of the first namespace"),
	[EXPORT_NAMESPACES] =
		FIELD(export, namespaces, FIELD_OBJECTS, .flags = FIELD_REQUIRED,
		      .items = &export_namespace_class, .doc = "What is exported"),
	[EXPORT_PORTS] =
		FIELD(export, ports, FIELD_STRINGS, .flags = FIELD_REQUIRED,
		      .refers = &port_class, .doc = "Ports by which it is reached"),
	[EXPORT_HOSTS] =
		FIELD(export, hosts, FIELD_STRINGS, .refers = &host_class,
		      .doc = "Hosts that are let in; one that is taken off stays "
			     "until it disconnects"),
	[EXPORT_ANY_HOST] = FIELD(export, allow_any_host, FIELD_BOOL, .value = "false",
				  .doc = "Let in whoever reaches a port"),
	[EXPORT_SERIAL] = FIELD(
		export, serial, FIELD_STRING, .flags = FIELD_IMMUTABLE,
		.max = EXPORT_SERIAL_LEN, .pattern = "^[!-~]([ -~]*[!-~])?$",
		.expects = "printable ASCII",
		.doc = "Serial number; made of this machine's id and the NQN unless given"),
	[EXPORT_MODEL] =
		FIELD(export, model, FIELD_STRING, .flags = FIELD_IMMUTABLE, .max = 40,
		      .pattern = "^[!-~]([ -~]*[!-~])?$", .expects = "printable ASCII",
		      .value = "RapidDisk", .doc = "Model, as initiators see it"),
	[EXPORT_ON_CHANGE] =
		FIELD(export, on_change, FIELD_ENUM, .flags = FIELD_POLICY,
		      .value = "refuse", .words = on_change_words,
		      .doc = "What to do where a change would drop connections"),
	[EXPORT_CONNECTIONS] = FIELD(export, connections, FIELD_UINT, .flags = FIELD_LIVE,
				     .doc = "Controllers that are connected"),
};

char *export_folder(const struct obj *obj)
{
	char *text;

	return asprintf(&text, NVMET_SUBSYSTEMS "/%s", obj_name(obj)) < 0 ? NULL : text;
}

const struct object_list *export_namespaces(const struct obj *obj)
{
	static const struct object_list none = { 0 };

	return field_is_set(obj, EXPORT_NAMESPACES)
		       ? field_objects(obj, EXPORT_NAMESPACES)
		       : &none;
}

const struct string_list *export_strings(const struct obj *obj, unsigned int index)
{
	static const struct string_list none = { 0 };

	return field_is_set(obj, index) ? field_strings(obj, index) : &none;
}

/* --- the file --- */

static void export_default_key(const struct obj *want, struct buf *ret)
{
	const struct object_list *namespaces = export_namespaces(want);
	const struct obj *first =
		namespaces->objs.count > 0 ? namespaces->objs.items[0] : NULL;
	const char *device, *slash;

	if (!first || !field_is_set(first, NAMESPACE_DEVICE))
		return;
	device = namespace_of(first)->device.text;
	slash = strrchr(device, '/');
	buf_addf(ret, "%s%s-%s", PEER_PREFIX, EXPORT_HOST_MARK,
		 slash ? slash + 1 : device);
}

const struct obj *export_find_device(const struct model *model, const char *text)
{
	const char *name = text;
	const struct obj *found;

	if (strncmp(text, "/dev/mapper/", strlen("/dev/mapper/")) == 0)
		return model_find(model, &cache_class, text + strlen("/dev/mapper/"));
	if (strncmp(text, "/dev/", strlen("/dev/")) == 0)
		name = text + strlen("/dev/");
	found = model_find(model, &ramdisk_class, name);
	return found || name != text ? found : model_find(model, &cache_class, name);
}

/* What is below a cache, written to from elsewhere, is not what the cache knows. */
static const struct obj *find_cache_on(const struct model *desired, const char *device,
				       const char **ret_part)
{
	const struct obj *ramdisk = export_find_device(desired, device);

	vec_foreach (obj, &desired->objs) {
		const struct cache *cache = cache_of(*obj);

		if ((*obj)->class != &cache_class)
			continue;
		*ret_part = "source";
		if (field_is_set(*obj, CACHE_SOURCE) && streq(cache->source.text, device))
			return *obj;
		*ret_part = "RAM disk";
		if (field_is_set(*obj, CACHE_RAMDISK) && ramdisk &&
		    ramdisk->class == &ramdisk_class &&
		    streq(cache->ramdisk, obj_name(ramdisk)))
			return *obj;
	}
	return NULL;
}

static void validate_device(const struct obj *want, const struct obj *item,
			    const struct model *desired, struct diag *diag)
{
	const char *device = namespace_of(item)->device.text, *part;
	const struct obj *cache = find_cache_on(desired, device, &part);

	if (device[0] != '/' && !export_find_device(desired, device))
		diag_add(diag, obj_field_pos(item, NAMESPACE_DEVICE),
			 "export '%s': namespace '%s': there is no ramdisk and no cache "
			 "'%s' in this file",
			 obj_name(want), obj_name(item), device);
	else if (cache)
		diag_add(
			diag, obj_field_pos(item, NAMESPACE_DEVICE),
			"export '%s': namespace '%s': '%s' is the %s of cache '%s'; export "
			"the cache",
			obj_name(want), obj_name(item), device, part, obj_name(cache));
}

static void validate_devices(const struct obj *want, const struct model *desired,
			     struct diag *diag)
{
	vec_foreach (item, &export_namespaces(want)->objs)
		validate_device(want, *item, desired, diag);
}

static void export_validate(const struct obj *want, const struct model *desired,
			    struct diag *diag)
{
	bool any = export_of(want)->allow_any_host;

	if (streq(export_of(want)->nqn, NVMET_DISCOVERY_NQN))
		diag_add(diag, obj_field_pos(want, EXPORT_NQN),
			 "export '%s': this is the name of the discovery service",
			 obj_name(want));
	if (any && field_is_set(want, EXPORT_HOSTS))
		diag_add(diag, obj_field_pos(want, EXPORT_ANY_HOST),
			 "export '%s': give it hosts, or 'allow_any_host: true', one of "
			 "the two",
			 obj_name(want));
	if (!any && !field_is_set(want, EXPORT_HOSTS))
		diag_add(diag, want->pos,
			 "export '%s': say who is let in: hosts, or "
			 "'allow_any_host: true'",
			 obj_name(want));
	validate_devices(want, desired, diag);
}

/* --- policy --- */

static bool loses_port(const struct obj *have, const struct obj *want)
{
	vec_foreach (item, &export_strings(have, EXPORT_PORTS)->items) {
		if (!field_has_item(want, EXPORT_PORTS, item->text))
			return true;
	}
	return false;
}

static bool loses_namespace(const struct obj *have, const struct obj *want)
{
	vec_foreach (live, &export_namespaces(have)->objs) {
		const struct obj *item =
			field_find_object(want, EXPORT_NAMESPACES, obj_name(*live));

		if (namespace_of(*live)->enabled &&
		    (!item || export_is_another(*live, item)))
			return true;
	}
	return false;
}

/* To take a namespace or a port from who is connected breaks what he does with it. */
static int export_judge(struct plan_step *step)
{
	if (!step->have->content || (!loses_port(step->have, step->want) &&
				     !loses_namespace(step->have, step->want)))
		return 0;
	step->loss = strdup(step->have->content);
	return step->loss ? 0 : -ENOMEM;
}

static bool export_may_lose(const struct obj *want)
{
	return export_of(want)->on_change == ON_CHANGE_REPLACE;
}

static bool is_on_device(const struct obj *item, const struct obj *device)
{
	const char *folder = device->class == &cache_class ? "/dev/mapper/" : "/dev/";
	const struct obj_class *made = namespace_of(item)->made;
	const char *text = namespace_of(item)->device.text;

	if (made && made != device->class)
		return false;
	if (text && strncmp(text, folder, strlen(folder)) == 0)
		text += strlen(folder);
	return text && streq(text, obj_name(device));
}

static bool stands_on_device(const struct obj *obj, const struct obj *device)
{
	vec_foreach (item, &export_namespaces(obj)->objs) {
		if (is_on_device(*item, device))
			return true;
	}
	return false;
}

static bool export_uses(const struct obj *obj, const struct obj *other)
{
	if (other->class == &port_class)
		return field_has_item(obj, EXPORT_PORTS, obj_name(other));
	if (other->class == &host_class)
		return field_has_item(obj, EXPORT_HOSTS, obj_name(other));
	return (other->class == &ramdisk_class || other->class == &cache_class) &&
	       stands_on_device(obj, other);
}

/* Initiators are told of a size only once the device has it. */
static bool export_follows(const struct plan_step *step, const struct obj *device)
{
	if (step->changed != UINT64_C(1) << EXPORT_NAMESPACES ||
	    export_namespaces(step->have)->objs.count !=
		    export_namespaces(step->want)->objs.count)
		return false;
	vec_foreach (item, &export_namespaces(step->want)->objs) {
		const struct obj *live =
			field_find_object(step->have, EXPORT_NAMESPACES, obj_name(*item));

		if (!live || export_is_another(live, *item) ||
		    (obj_differing(live, *item) && !is_on_device(*item, device)))
			return false;
	}
	return true;
}

/* The kernel opens the device once for each namespace that is enabled. */
static uint64_t export_holds(const struct obj *obj, const struct obj *other)
{
	uint64_t count = 0;

	if (other->class == &port_class || other->class == &host_class)
		return 1;
	vec_foreach (item, &export_namespaces(obj)->objs)
		count += namespace_of(*item)->enabled && is_on_device(*item, other);
	return count;
}

const struct obj_class export_class = {
	.name = "export",
	.section = "exports",
	.doc = "Exports: block devices for other machines, by NVMe over Fabrics",
	.size = sizeof(struct export),
	.rank = RANK_EXPORT,
	.fields = export_fields,
	.field_count = ARRAY_SIZE(export_fields),
	.default_key = export_default_key,
	.validate = export_validate,
};

const struct kind kind_export = {
	.class = &export_class,
	.modules = (const char *const[]){ "nvmet", NULL },
	.network = true,
	.severs = true,
	.observe = export_observe,
	.prepare = export_prepare,
	.resolve = export_resolve,
	.create = export_create,
	.update = export_update,
	.remove = export_remove,
	.open = export_open,
	.close = export_close,
	.adopt = nvmet_adopt,
	.uses = export_uses,
	.follows = export_follows,
	.holds = export_holds,
	.judge = export_judge,
	.may_lose = export_may_lose,
};
