/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exports: NVMe subsystems with their namespaces, /sys/kernel/config/nvmet/subsystems/NQN,
 * the hosts that they let in, and the ports that they are linked into. Their keys, and
 * what the file may say.
 */
#include "base/str.h"
#include "kind/export/export.h"

#include "kind/cache/cache.h"
#include "kind/nvmet/nvmet.h"
#include "kind/on_change.h"

/*
 * The names of exports in rapiddisk 9: this prefix, the name of the machine, and the
 * device.
 */
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
		.doc = "The exported device: the name of a RAM disk or cache of "
		       "the configuration, or a path below /dev"),
	[NAMESPACE_UUID] =
		FIELD(namespace, uuid, FIELD_STRING, .pattern = UUID_PATTERN,
		      .expects = "a UUID, as in 0a3b1c2d-4e5f-4a6b-8c7d-9e0f1a2b3c4d",
		      .doc = "UUID by which initiators identify the namespace; by "
			     "default derived from the machine id, the NQN, the id and "
			     "the device, so the same on each boot, and another one for "
			     "another device"),
	[NAMESPACE_NGUID] = FIELD(
		namespace, nguid, FIELD_STRING, .pattern = UUID_PATTERN,
		.expects = "16 bytes, written as a UUID",
		.doc = "NGUID of the namespace; by default derived in the same way"),
	[NAMESPACE_WAIT] = FIELD(namespace, wait, FIELD_DURATION, .flags = FIELD_POLICY,
				 .value = "10s", .max = 3600000,
				 .doc = "How long to wait for the device to appear"),
	[NAMESPACE_CAPACITY] =
		FIELD(namespace, capacity, FIELD_SIZE, .flags = FIELD_DERIVED,
		      .doc = "Size of the device; a change is announced to initiators"),
	[NAMESPACE_ENABLED] =
		FIELD(namespace, enabled, FIELD_BOOL, .flags = FIELD_DERIVED,
		      .doc = "True if initiators see the namespace"),
};

const struct obj_class export_namespace_class = {
	.name = "namespace",
	.size = sizeof(struct namespace),
	.fields = namespace_fields,
	.field_count = ARRAY_SIZE(namespace_fields),
};

static const struct field export_fields[] = {
	[EXPORT_NQN] =
		FIELD(export, nqn, FIELD_STRING, .flags = FIELD_KEY,
		      .pattern = NVMET_NQN_PATTERN, .expects = NVMET_NQN_EXPECTS,
		      .max = NVMET_NQN_MAX,
		      .doc = "Name of the export; %H in it is the machine's name, and a "
			     "later change of that name renames no live export. By "
			     "default nqn.2021-06.org.rapiddisk:%H-DEVICE, with the "
			     "device of the first namespace"),
	[EXPORT_NAMESPACES] =
		FIELD(export, namespaces, FIELD_OBJECTS, .flags = FIELD_REQUIRED,
		      .items = &export_namespace_class,
		      .metric = { "export_namespaces", METRIC_GAUGE,
				  "Namespaces that the export offers" },
		      .doc = "The exported block devices"),
	[EXPORT_PORTS] = FIELD(
		export, ports, FIELD_STRINGS, .flags = FIELD_REQUIRED,
		.refers = &port_class,
		.metric = { "export_ports", METRIC_GAUGE, "Ports that offer the export" },
		.doc = "Ports on which the export is reachable"),
	[EXPORT_HOSTS] = FIELD(export, hosts, FIELD_STRINGS, .refers = &host_class,
			       .metric = { "export_hosts", METRIC_GAUGE,
					   "Hosts that the export admits by name" },
			       .doc = "Admitted hosts; a host that is removed keeps its "
				      "connection until it disconnects"),
	[EXPORT_ANY_HOST] = FIELD(export, allow_any_host, FIELD_BOOL, .value = "false",
				  .metric = { "export_any_host", METRIC_GAUGE,
					      "1 if the export admits every host" },
				  .doc = "Admit every host that reaches a port"),
	[EXPORT_SERIAL] =
		FIELD(export, serial, FIELD_STRING, .flags = FIELD_IMMUTABLE,
		      .max = EXPORT_SERIAL_LEN, .pattern = "^[!-~]([ -~]*[!-~])?$",
		      .expects = "printable ASCII",
		      .doc = "Serial number; by default derived from the machine id and "
			     "the NQN"),
	[EXPORT_MODEL] =
		FIELD(export, model, FIELD_STRING, .flags = FIELD_IMMUTABLE, .max = 40,
		      .pattern = "^[!-~]([ -~]*[!-~])?$", .expects = "printable ASCII",
		      .value = "RapidDisk", .doc = "Model that initiators see"),
	[EXPORT_ON_CHANGE] =
		FIELD(export, on_change, FIELD_ENUM, .flags = FIELD_POLICY,
		      .value = "refuse", .words = on_change_words,
		      .doc = "Refuse a change that drops connections, or make it"),
	[EXPORT_CONNECTIONS] = FIELD(export, connections, FIELD_UINT, .flags = FIELD_LIVE,
				     .metric = { "export_controllers", METRIC_GAUGE,
						 "Controllers that were connected at the "
						 "last run or check" },
				     .doc = "Connected controllers"),
};

char *export_folder(const struct obj *obj)
{
	char *text;

	return str_format(&text, NVMET_SUBSYSTEMS "/%s", obj_name(obj)) < 0 ? NULL : text;
}

int export_note_name(struct obj *obj)
{
	return strstr(obj_name(obj), EXPORT_HOST_MARK)
		       ? obj_note(&obj->unsaid,
				  "the NQN contains '%s', which stands for the name of "
				  "this machine",
				  EXPORT_HOST_MARK)
		       : 0;
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

bool export_connections(const struct obj *obj, uint64_t *ret)
{
	if (obj->class != &export_class || !field_is_set(obj, EXPORT_CONNECTIONS))
		return false;
	*ret = field_uint(obj, EXPORT_CONNECTIONS);
	return true;
}

#define CAPACITY_BIT (UINT64_C(1) << NAMESPACE_CAPACITY)

bool export_is_another(const struct obj *live, const struct obj *item)
{
	return obj_differing(live, item) & ~CAPACITY_BIT;
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

/* A write below a cache makes the content of the cache stale. */
static const struct obj *find_cache_on(const struct model *desired, const char *device,
				       const char **ret_part)
{
	const struct obj *ramdisk = export_find_device(desired, device),
			 *over = model_find_value(desired, &cache_class, CACHE_SOURCE,
						  device),
			 *in = NULL;

	if (ramdisk && ramdisk->class == &ramdisk_class)
		in = model_find_value(desired, &cache_class, CACHE_RAMDISK,
				      obj_name(ramdisk));
	if (over && in && src_pos_compare(in->pos, over->pos) < 0)
		over = NULL;
	*ret_part = over ? "source" : "RAM disk";
	return over ? over : in;
}

static void validate_device(const struct obj *want, const struct obj *item,
			    const struct model *desired, struct diag *diag)
{
	const char *device = namespace_of(item)->device.text, *part;
	const struct obj *cache = find_cache_on(desired, device, &part);

	if (device[0] != '/' && !export_find_device(desired, device))
		diag_add(diag, obj_field_pos(item, NAMESPACE_DEVICE),
			 "export '%s': namespace '%s': the configuration has no ramdisk "
			 "and no cache '%s'",
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
			 "export '%s': the discovery service has this name",
			 obj_name(want));
	if (any && field_is_set(want, EXPORT_HOSTS))
		diag_add(diag, obj_field_pos(want, EXPORT_ANY_HOST),
			 "export '%s': expected either hosts or 'allow_any_host: "
			 "true'",
			 obj_name(want));
	if (!any && !field_is_set(want, EXPORT_HOSTS))
		diag_add(diag, want->pos,
			 "export '%s': expected hosts or 'allow_any_host: true'",
			 obj_name(want));
	validate_devices(want, desired, diag);
}

const struct obj_class export_class = {
	.name = "export",
	.section = "exports",
	.doc = "Exports of block devices to other machines, over NVMe "
	       "over Fabrics",
	.size = sizeof(struct export),
	.rank = RANK_EXPORT,
	.fields = export_fields,
	.field_count = ARRAY_SIZE(export_fields),
	.label = "nqn",
	.default_key = export_default_key,
	.validate = export_validate,
};
