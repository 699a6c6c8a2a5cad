/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exports: NVMe subsystems with their namespaces, /sys/kernel/config/nvmet/subsystems/NQN,
 * the hosts that they let in, and the ports that they are linked into.
 *
 * The links into the ports come last and go first: what is not complete nobody can see.
 */
#include "base/cleanup.h"
#include "base/units.h"
#include "kind/kind.h"
#include "kind/nvmet.h"
#include "model/config.h"
#include "port/devices.h"
#include "port/machine.h"

#include <ctype.h>
#include <inttypes.h>

/* What rapiddisk 9 calls its exports: its prefix, the host's name and the device's. */
#define PEER_PREFIX "nqn.2021-06.org.rapiddisk:"
#define HOST_MARK   "%H" /* in an NQN: this machine's name */

#define UUID_LEN       36 /* with its four dashes */
#define SERIAL_LEN     20 /* NVMe Base Specification, Identify Controller, SN */
#define DEVICE_WAIT_MS 10000

enum on_change { ON_CHANGE_REFUSE, ON_CHANGE_REPLACE };

struct export
{
	struct obj obj;
	char *nqn;
	struct object_list namespaces;
	struct string_list ports, hosts;
	bool allow_any_host;
	char *serial, *model;
	int on_change;
	uint64_t connections;
};

struct namespace
{
	struct obj obj;
	uint64_t id;
	struct device_ref device;
	char *uuid, *nguid;
	struct size capacity;
	bool enabled;
};

enum {
	EXPORT_NQN,
	EXPORT_NAMESPACES,
	EXPORT_PORTS,
	EXPORT_HOSTS,
	EXPORT_ANY_HOST,
	EXPORT_SERIAL,
	EXPORT_MODEL,
	EXPORT_ON_CHANGE,
	EXPORT_CONNECTIONS,
};

enum {
	NAMESPACE_ID,
	NAMESPACE_DEVICE,
	NAMESPACE_UUID,
	NAMESPACE_NGUID,
	NAMESPACE_CAPACITY,
	NAMESPACE_ENABLED,
};

static const char *const on_change_words[] = {
	[ON_CHANGE_REFUSE] = "refuse",
	[ON_CHANGE_REPLACE] = "replace",
	NULL,
};

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

static const struct obj_class namespace_class = {
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
		      .items = &namespace_class, .doc = "What is exported"),
	[EXPORT_PORTS] =
		FIELD(export, ports, FIELD_STRINGS, .flags = FIELD_REQUIRED,
		      .refers = &kind_port.class, .doc = "Ports by which it is reached"),
	[EXPORT_HOSTS] =
		FIELD(export, hosts, FIELD_STRINGS, .refers = &kind_host.class,
		      .doc = "Hosts that are let in; one that is taken off stays "
			     "until it disconnects"),
	[EXPORT_ANY_HOST] = FIELD(export, allow_any_host, FIELD_BOOL, .value = "false",
				  .doc = "Let in whoever reaches a port"),
	[EXPORT_SERIAL] = FIELD(
		export, serial, FIELD_STRING, .flags = FIELD_IMMUTABLE, .max = SERIAL_LEN,
		.pattern = "^[!-~]([ -~]*[!-~])?$", .expects = "printable ASCII",
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

static const struct export *export_of(const struct obj *obj)
{
	return (const struct export *)obj;
}

static const struct namespace *namespace_of(const struct obj *obj)
{
	return (const struct namespace *)obj;
}

static char *folder_of(const struct obj *obj)
{
	char *text;

	return asprintf(&text, NVMET_SUBSYSTEMS "/%s", obj_name(obj)) < 0 ? NULL : text;
}

/* Of an object with namespaces; nothing where none are set. */
static const struct object_list *namespaces_of(const struct obj *obj)
{
	static const struct object_list none = { 0 };

	return field_is_set(obj, EXPORT_NAMESPACES)
		       ? field_objects(obj, EXPORT_NAMESPACES)
		       : &none;
}

static const struct string_list *strings_of(const struct obj *obj, unsigned int index)
{
	static const struct string_list none = { 0 };

	return field_is_set(obj, index) ? field_strings(obj, index) : &none;
}

/* --- the file --- */

static void export_default_key(const struct obj *want, struct buf *ret)
{
	const struct object_list *namespaces = namespaces_of(want);
	const struct obj *first =
		namespaces->objs.count > 0 ? namespaces->objs.items[0] : NULL;
	const char *device, *slash;

	if (!first || !field_is_set(first, NAMESPACE_DEVICE))
		return;
	device = namespace_of(first)->device.text;
	slash = strrchr(device, '/');
	buf_addf(ret, "%s%s-%s", PEER_PREFIX, HOST_MARK, slash ? slash + 1 : device);
}

/* The name of the RAM disk or the cache of @model that the device text means; or NULL. */
static const struct obj *find_device(const struct model *model, const char *text)
{
	const char *name = text;
	const struct obj *found;

	if (strncmp(text, "/dev/mapper/", strlen("/dev/mapper/")) == 0)
		return model_find(model, &kind_cache.class,
				  text + strlen("/dev/mapper/"));
	if (strncmp(text, "/dev/", strlen("/dev/")) == 0)
		name = text + strlen("/dev/");
	found = model_find(model, &kind_ramdisk.class, name);
	return found || name != text ? found : model_find(model, &kind_cache.class, name);
}

static void validate_devices(const struct obj *want, const struct model *desired,
			     struct diag *diag)
{
	vec_foreach (item, &namespaces_of(want)->objs) {
		const char *device = namespace_of(*item)->device.text;

		if (device[0] != '/' && !find_device(desired, device))
			diag_add(
				diag, obj_field_pos(*item, NAMESPACE_DEVICE),
				"export '%s': namespace '%s': there is no ramdisk and no "
				"cache '%s' in this file",
				obj_name(want), obj_name(*item), device);
	}
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

/* --- what is wanted, on this machine --- */

static int export_prepare(struct ports *ports, struct obj *want)
{
	const char *rest = export_of(want)->nqn, *mark;
	_cleanup_(buf_done) struct buf nqn = { 0 };
	_cleanup_free_ char *host = NULL;
	int r;

	if (!strstr(rest, HOST_MARK))
		return 0;
	r = machine_hostname(&ports->kfs, &host);
	if (r < 0)
		return r;
	for (; (mark = strstr(rest, HOST_MARK)); rest = mark + strlen(HOST_MARK)) {
		buf_add_bytes(&nqn, rest, (size_t)(mark - rest));
		buf_add(&nqn, host);
	}
	buf_add(&nqn, rest);
	return nqn.failed ? -ENOMEM : field_set_string(want, EXPORT_NQN, nqn.data);
}

/*
 * derive() - The same text for the same machine, purpose and names on each boot: the
 * SHA-256 of all of them. The machine's id itself cannot be found out from it
 * (machine-id(5) asks for that).
 */
static int derive(struct ports *ports, const char *purpose, const char *nqn,
		  const char *id, char ret[static CONFIG_SHA256_LEN])
{
	_cleanup_free_ char *machine = NULL, *text = NULL;
	int r = machine_id(&ports->kfs, &machine);

	if (r < 0)
		return r;
	if (asprintf(&text, "rapiddisk %s\n%s\n%s\n%s\n", purpose, machine, nqn, id) <
	    0) {
		text = NULL;
		return -ENOMEM;
	}
	config_digest(text, strlen(text), ret);
	return 0;
}

/* 16 bytes of hexadecimal as a UUID; @version: 0: none, as in an NGUID. */
static void format_uuid(const char *hex, char version, char ret[static UUID_LEN + 1])
{
	snprintf(ret, UUID_LEN + 1, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
		 hex + 16, hex + 20);
	if (version) {
		ret[14] = version;
		ret[19] = "89ab"[(isdigit((unsigned char)ret[19]) ? ret[19] - '0'
								  : ret[19] - 'a' + 10) &
				 3];
	}
}

/* What the file says stands; what it does not is derived, as a UUID of version 8. */
static int derive_identifier(struct ports *ports, const struct obj *want,
			     struct obj *item, unsigned int index, char version)
{
	char hex[CONFIG_SHA256_LEN], uuid[UUID_LEN + 1];
	int r;

	if (field_is_set(item, index)) {
		snprintf(uuid, sizeof(uuid), "%s", field_string(item, index));
		for (char *c = uuid; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		return field_set_string(item, index, uuid);
	}
	r = derive(ports, item->class->fields[index].name, obj_name(want), obj_name(item),
		   hex);
	if (r < 0)
		return r;
	format_uuid(hex, version, uuid);
	return field_set_string(item, index, uuid);
}

static int derive_identifiers(struct ports *ports, struct obj *want)
{
	char hex[CONFIG_SHA256_LEN];
	int r = 0;

	if (!field_is_set(want, EXPORT_SERIAL)) {
		r = derive(ports, "serial", obj_name(want), "", hex);
		hex[SERIAL_LEN] = '\0';
		if (r == 0)
			r = field_set_string(want, EXPORT_SERIAL, hex);
	}
	vec_foreach (item, &namespaces_of(want)->objs) {
		if (r == 0)
			r = derive_identifier(ports, want, *item, NAMESPACE_UUID, '8');
		if (r == 0)
			r = derive_identifier(ports, want, *item, NAMESPACE_NGUID, 0);
	}
	if (r == -ENOENT)
		return kind_set_unmet(want,
				      "its serial and its UUIDs are made of "
				      "'/etc/machine-id', and that is not there: run "
				      "'systemd-machine-id-setup', or give them");
	return r;
}

/* The device that this file makes: it may not be there yet, but its size is known. */
static int resolve_made(struct ports *ports, struct obj *item, const struct obj *device)
{
	const char *folder = device->class == &kind_cache.class ? "dev/mapper" : "dev";
	uint64_t number, bytes;
	int r = kfs_device_number(&ports->kfs, &number, "%s/%s", folder,
				  obj_name(device));

	r = field_set_device(item, NAMESPACE_DEVICE, NULL, r == 0 ? number : 0);
	bytes = device->class == &kind_cache.class ? cache_capacity(device)
						   : ramdisk_bytes(device);
	if (bytes > 0)
		field_set_size(item, NAMESPACE_CAPACITY, bytes);
	else
		field_clear(item, NAMESPACE_CAPACITY);
	return r;
}

static int resolve_found(struct ports *ports, struct obj *want, struct obj *item)
{
	const char *path = namespace_of(item)->device.text;
	uint64_t number = 0, bytes;
	int r = kfs_device_number(&ports->kfs, &number, "%s", path + 1);

	field_clear(item, NAMESPACE_CAPACITY);
	if (r == -ENOENT || r == -ENOTDIR) {
		want->patience_ms = DEVICE_WAIT_MS;
		r = kind_set_unmet(want,
				   "the device '%s' of its namespace '%s' is not there; "
				   "connect it, or correct its name",
				   path, obj_name(item));
	} else if (r == -ENOTBLK) {
		r = kind_set_unmet(want,
				   "the device '%s' of its namespace '%s' is not a block "
				   "device",
				   path, obj_name(item));
	}
	if (r < 0)
		return r;
	if (number && devices_bytes(&ports->kfs, number, &bytes) == 0)
		field_set_size(item, NAMESPACE_CAPACITY, bytes);
	return field_set_device(item, NAMESPACE_DEVICE, NULL, number);
}

static int resolve_devices(struct ports *ports, struct obj *want,
			   const struct model *desired)
{
	vec_foreach (item, &namespaces_of(want)->objs) {
		const struct obj *made =
			find_device(desired, namespace_of(*item)->device.text);
		int r = made ? resolve_made(ports, *item, made)
			     : resolve_found(ports, want, *item);

		if (r < 0 || want->unmet)
			return r;
		field_set_bool(*item, NAMESPACE_ENABLED, true);
	}
	return 0;
}

/* %H and the name itself may come to the same. */
static int check_twice(struct obj *want, const struct model *desired)
{
	vec_foreach (other, &desired->objs) {
		if (*other == want)
			break;
		if ((*other)->class == want->class &&
		    streq(obj_name(*other), obj_name(want)))
			return kind_set_unmet(want,
					      "the export at line %u has the same NQN on "
					      "this machine",
					      (*other)->pos.line);
	}
	return 0;
}

static int export_resolve(struct ports *ports, struct obj *want,
			  const struct model *desired, const struct model *observed)
{
	int r = check_twice(want, desired);

	(void)observed;
	if (r == 0 && !want->unmet)
		r = derive_identifiers(ports, want);
	if (r == 0 && !want->unmet)
		r = resolve_devices(ports, want, desired);
	return r;
}

/* --- observe --- */

struct sight {
	const struct kfs *kfs;
	struct nvmet_controllers controllers;
	struct kfs_names ports;
	uint64_t *sockets; /* of each port: connections to it; NULL: they do not matter */
	struct claims claims;
};

static int read_string(const struct kfs *kfs, struct obj *obj, unsigned int index,
		       const char *folder, const char *attribute)
{
	_cleanup_free_ char *text = NULL;
	int r = nvmet_read(kfs, &text, "%s/%s", folder, attribute);

	return r < 0 || !text ? r : field_set_string(obj, index, text);
}

/* An identifier of zeroes is none: the attribute's value before anybody sets it. */
static int read_identifier(const struct kfs *kfs, struct obj *obj, unsigned int index,
			   const char *folder, const char *attribute)
{
	_cleanup_free_ char *text = NULL;
	int r = nvmet_read(kfs, &text, "%s/%s", folder, attribute);

	if (r < 0 || !text || strspn(text, "0-") == strlen(text))
		return r;
	return field_set_string(obj, index, text);
}

static int read_device(const struct kfs *kfs, struct obj *obj, const char *folder)
{
	_cleanup_free_ char *path = NULL;
	uint64_t number = 0, bytes;
	int r = nvmet_read(kfs, &path, "%s/device_path", folder);

	if (r < 0 || !path)
		return r;
	/* A file, or a device that is gone: it has no number, and differs from any. */
	if (path[0] != '/' || kfs_device_number(kfs, &number, "%s", path + 1) < 0)
		number = 0;
	if (number && devices_bytes(kfs, number, &bytes) == 0)
		field_set_size(obj, NAMESPACE_CAPACITY, bytes);
	return field_set_device(obj, NAMESPACE_DEVICE, path, number);
}

static int read_namespace(const struct kfs *kfs, struct obj *obj, const char *id,
			  const char *subsystem)
{
	_cleanup_free_ char *folder = NULL, *enabled = NULL;
	int r;

	if (asprintf(&folder, "%s/namespaces/%s", subsystem, id) < 0) {
		folder = NULL;
		return -ENOMEM;
	}
	field_set_uint(obj, NAMESPACE_ID, strtoull(id, NULL, 10));
	if ((r = read_device(kfs, obj, folder)) < 0 ||
	    (r = read_identifier(kfs, obj, NAMESPACE_UUID, folder, "device_uuid")) < 0 ||
	    (r = read_identifier(kfs, obj, NAMESPACE_NGUID, folder, "device_nguid")) <
		    0 ||
	    (r = nvmet_read(kfs, &enabled, "%s/enable", folder)) < 0)
		return r;
	field_set_bool(obj, NAMESPACE_ENABLED, enabled && streq(enabled, "1"));
	return 0;
}

/* A size of which initiators have not been told is none that they know. */
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

static int read_namespaces(const struct sight *sight, struct obj *obj, const char *folder)
{
	_cleanup_(kfs_names_done) struct kfs_names ids = { 0 };
	int r = nvmet_list(sight->kfs, &ids, "%s/namespaces", folder);

	field_set_empty(obj, EXPORT_NAMESPACES);
	for (size_t i = 0; r == 0 && i < ids.names.count; i++) {
		struct obj *item = obj_new(&namespace_class);

		r = item ? read_namespace(sight->kfs, item, ids.names.items[i], folder)
			 : -ENOMEM;
		if (r == 0)
			r = forget_size(sight, obj, item);
		if (r < 0)
			obj_free(item);
		else
			r = field_add_object(obj, EXPORT_NAMESPACES, item);
	}
	return r;
}

static int read_hosts(const struct kfs *kfs, struct obj *obj, const char *folder)
{
	_cleanup_(kfs_names_done) struct kfs_names hosts = { 0 };
	_cleanup_free_ char *any = NULL;
	int r = nvmet_list(kfs, &hosts, "%s/allowed_hosts", folder);

	if (r == 0)
		r = nvmet_read(kfs, &any, "%s/attr_allow_any_host", folder);
	if (r < 0)
		return r;
	field_set_bool(obj, EXPORT_ANY_HOST, any && streq(any, "1"));
	/* The kernel has either. */
	if (export_of(obj)->allow_any_host)
		return 0;
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
		const char *id = sight->ports.names.items[i];

		if (!kfs_exists(sight->kfs, NVMET_PORTS "/%s/subsystems/%s", id,
				obj_name(obj)))
			continue;
		r = field_add_item(obj, EXPORT_PORTS, id);
		if (sight->sockets)
			use->sockets += sight->sockets[i];
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
	if (sight->controllers.complete || use->controllers > 0)
		field_set_uint(obj, EXPORT_CONNECTIONS, use->controllers);
	return nvmet_set_use(obj, use);
}

bool export_connections(const struct obj *obj, uint64_t *ret)
{
	if (obj->class != &kind_export.class || !field_is_set(obj, EXPORT_CONNECTIONS))
		return false;
	*ret = field_uint(obj, EXPORT_CONNECTIONS);
	return true;
}

static int observe_one(const struct sight *sight, const char *name,
		       struct model *observed)
{
	struct obj *obj = obj_new(&kind_export.class);
	const struct kfs *kfs = sight->kfs;
	_cleanup_free_ char *folder = NULL;
	struct nvmet_use use = { 0 };
	int r;

	if (!obj)
		return -ENOMEM;
	r = field_set_string(obj, EXPORT_NQN, name);
	if (r == 0)
		folder = folder_of(obj);
	if (r == 0 && !folder)
		r = -ENOMEM;
	if (r < 0 || (r = read_namespaces(sight, obj, folder)) < 0 ||
	    (r = read_ports(sight, obj, &use)) < 0 ||
	    (r = read_hosts(kfs, obj, folder)) < 0 ||
	    (r = read_string(kfs, obj, EXPORT_SERIAL, folder, "attr_serial")) < 0 ||
	    (r = read_string(kfs, obj, EXPORT_MODEL, folder, "attr_model")) < 0 ||
	    (r = read_use(sight, obj, &use)) < 0) {
		obj_free(obj);
		return r;
	}
	nvmet_set_owner(&sight->claims, obj);
	return model_add(observed, obj);
}

/* Where the kernel does not say which controllers there are. */
static int count_sockets(struct sight *sight)
{
	if (sight->controllers.complete)
		return 0;
	sight->sockets = calloc(sight->ports.names.count + 1, sizeof(uint64_t));
	if (!sight->sockets)
		return -ENOMEM;
	for (size_t i = 0; i < sight->ports.names.count; i++)
		sight->sockets[i] =
			nvmet_count_sockets(sight->kfs, sight->ports.names.items[i]);
	return 0;
}

static void sight_done(struct sight *sight)
{
	nvmet_controllers_done(&sight->controllers);
	kfs_names_done(&sight->ports);
	claims_done(&sight->claims);
	free(sight->sockets);
}

static int observe_all(struct sight *sight, const struct kfs_names *names,
		       struct model *observed)
{
	int r;

	if ((r = nvmet_controllers_load(sight->kfs, &sight->controllers)) < 0 ||
	    (r = nvmet_list(sight->kfs, &sight->ports, NVMET_PORTS)) < 0 ||
	    (r = claims_load(sight->kfs, &sight->claims)) < 0 ||
	    (r = count_sockets(sight)) < 0)
		return r;
	vec_foreach (name, &names->names) {
		if (streq(*name, NVMET_DISCOVERY_NQN))
			continue;
		r = observe_one(sight, *name, observed);
		if (r < 0)
			return r;
	}
	return 0;
}

static int export_observe(struct ports *ports, struct model *observed)
{
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 };
	struct sight sight = { .kfs = &ports->kfs };
	int r = nvmet_list(&ports->kfs, &names, NVMET_SUBSYSTEMS);

	if (r == 0 && names.names.count > 0)
		r = observe_all(&sight, &names, observed);
	sight_done(&sight);
	return r;
}

/* --- act: namespaces --- */

/*
 * The device's own path, not the link that named it: the kernel looks it up each time the
 * namespace is enabled.
 */
static int device_path(struct ports *ports, const struct obj *item, char **ret)
{
	const char *text = namespace_of(item)->device.text;
	uint64_t number;
	int r;

	/* What this run made has been named since the plan. */
	if (text[0] == '/')
		r = kfs_device_number(&ports->kfs, &number, "%s", text + 1);
	else if ((r = kfs_device_number(&ports->kfs, &number, "dev/%s", text)) == -ENOENT)
		r = kfs_device_number(&ports->kfs, &number, "dev/mapper/%s", text);
	return r < 0 ? r : devices_path(&ports->kfs, number, ret);
}

static int fail_to_enable(struct buf *why, int r, const struct obj *item,
			  const char *path)
{
	return kind_fail(why, r,
			 r == -EACCES ? "the kernel exports only what can be written to"
				      : nvmet_hint(r),
			 "cannot enable namespace '%s' on '%s'", obj_name(item), path);
}

static int fill_namespace(struct ports *ports, const struct obj *item, const char *folder,
			  struct buf *why)
{
	const struct namespace *namespace = namespace_of(item);
	_cleanup_free_ char *path = NULL, *enabled = NULL;
	int r = device_path(ports, item, &path);

	if (r < 0)
		return kind_fail(why, r, "it vanished meanwhile",
				 "cannot find device '%s'", namespace->device.text);
	r = nvmet_set(ports, why, folder, "device_path", path, path);
	if (r == 0)
		r = nvmet_set(ports, why, folder, "device_uuid", namespace->uuid,
			      namespace->uuid);
	if (r == 0)
		r = nvmet_set(ports, why, folder, "device_nguid", namespace->nguid,
			      namespace->nguid);
	if (r < 0)
		return r;
	r = kfs_write(&ports->kfs, "1", "%s/enable", folder);
	if (r < 0)
		return fail_to_enable(why, r, item, path);
	/* Linux 6.1 says yes and does nothing where a passthru controller is active. */
	r = kfs_read(&ports->kfs, &enabled, "%s/enable", folder);
	if (r == 0 && !streq(enabled, "1"))
		r = -EBUSY;
	return r < 0 ? fail_to_enable(why, r, item, path) : 0;
}

static int take_namespace(struct ports *ports, const char *folder)
{
	_cleanup_free_ char *enabled = NULL;
	int r = nvmet_read(&ports->kfs, &enabled, "%s/enable", folder);

	if (r == 0 && enabled && streq(enabled, "1"))
		r = kfs_write(&ports->kfs, "0", "%s/enable", folder);
	if (r == 0)
		r = kfs_rmdir(&ports->kfs, "%s", folder);
	return r == -ENOENT ? 0 : r;
}

static char *namespace_folder(const char *subsystem, const struct obj *item)
{
	char *text;

	return asprintf(&text, "%s/namespaces/%s", subsystem, obj_name(item)) < 0 ? NULL
										  : text;
}

static int drop_size_claim(struct ports *ports, const struct obj *obj,
			   const struct obj *item)
{
	_cleanup_free_ char *claim = nvmet_size_claim(obj_name(obj), obj_name(item));

	return claim ? claims_drop(&ports->kfs, NVMET_SIZE_CLAIM, claim) : -ENOMEM;
}

static int remove_namespace(struct ports *ports, const struct obj *obj,
			    const struct obj *item, const char *subsystem,
			    struct buf *why)
{
	_cleanup_free_ char *folder = namespace_folder(subsystem, item);
	int r = folder ? take_namespace(ports, folder) : -ENOMEM;

	if (r == 0)
		r = drop_size_claim(ports, obj, item);

	return r < 0 ? kind_fail(why, r, nvmet_hint(r), "cannot remove namespace '%s'",
				 obj_name(item))
		     : 0;
}

static int add_namespace(struct ports *ports, const struct obj *item,
			 const char *subsystem, struct buf *why)
{
	_cleanup_free_ char *folder = namespace_folder(subsystem, item);
	int r = folder ? kfs_mkdir(&ports->kfs, "%s", folder) : -ENOMEM;

	if (r < 0)
		return kind_fail(why, r, nvmet_hint(r), "cannot make namespace '%s'",
				 obj_name(item));
	r = fill_namespace(ports, item, folder, why);
	if (r < 0)
		(void)take_namespace(ports, folder); /* the first error is reported */
	return r;
}

/* A device that became larger below it. The note that they have to be told goes last. */
static int announce_size(struct ports *ports, const struct obj *obj,
			 const struct obj *item, const char *subsystem, struct buf *why)
{
	int r = kfs_write(&ports->kfs, "1", "%s/namespaces/%s/revalidate_size", subsystem,
			  obj_name(item));

	/* Linux before 5.8 has no such file, and notices by itself. */
	if (r == 0 || r == -ENOENT)
		r = drop_size_claim(ports, obj, item);
	return r < 0 ? kind_fail(why, r, nvmet_hint(r),
				 "cannot tell initiators the size of namespace '%s'",
				 obj_name(item))
		     : 0;
}

#define CAPACITY_BIT (UINT64_C(1) << NAMESPACE_CAPACITY)

/* Does the namespace have to go and come again? Its size can change under it. */
static bool is_another(const struct obj *live, const struct obj *item)
{
	return obj_differing(live, item) & ~CAPACITY_BIT;
}

static int drop_namespaces(struct ports *ports, const struct obj *have,
			   const struct obj *want, const char *folder, struct buf *why)
{
	vec_foreach (live, &namespaces_of(have)->objs) {
		const struct obj *item =
			field_find_object(want, EXPORT_NAMESPACES, obj_name(*live));
		int r;

		if (item && !is_another(*live, item))
			continue;
		r = remove_namespace(ports, have, *live, folder, why);
		if (r < 0)
			return r;
	}
	return 0;
}

/* @have NULL: there are none so far. */
static int add_namespaces(struct ports *ports, const struct obj *have,
			  const struct obj *want, const char *folder, struct buf *why)
{
	vec_foreach (item, &namespaces_of(want)->objs) {
		const struct obj *live =
			have ? field_find_object(have, EXPORT_NAMESPACES, obj_name(*item))
			     : NULL;
		int r = 0;

		if (!live || is_another(live, *item))
			r = add_namespace(ports, *item, folder, why);
		else if (obj_differing(live, *item))
			r = announce_size(ports, want, *item, folder, why);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- act: hosts and ports --- */

static int set_any_host(struct ports *ports, const char *folder, bool any,
			struct buf *why)
{
	return nvmet_set(ports, why, folder, "attr_allow_any_host", any ? "1" : "0",
			 any ? "1" : "0");
}

static int let_in(struct ports *ports, const char *host, const char *folder,
		  struct buf *why)
{
	_cleanup_free_ char *target = NULL;
	int r;

	if (asprintf(&target, NVMET_HOSTS "/%s", host) < 0) {
		target = NULL;
		return -ENOMEM;
	}
	r = kfs_symlink(&ports->kfs, target, "%s/allowed_hosts/%s", folder, host);
	return r < 0 ? kind_fail(why, r, nvmet_hint(r), "cannot let in host '%s'", host)
		     : 0;
}

static int shut_out(struct ports *ports, const char *host, const char *folder,
		    struct buf *why)
{
	int r = kfs_unlink(&ports->kfs, "%s/allowed_hosts/%s", folder, host);

	return r < 0 && r != -ENOENT ? kind_fail(why, r, nvmet_hint(r),
						 "cannot shut out host '%s'", host)
				     : 0;
}

/*
 * The kernel has a list, or lets in anybody, and refuses the one while it has the other. So
 * who is on the list goes before anybody is let in, and that ends before one comes on it:
 * in between nobody new is let in.
 */
static int change_hosts(struct ports *ports, const struct obj *have,
			const struct obj *want, const char *folder, struct buf *why)
{
	bool any = export_of(want)->allow_any_host;
	int r = 0;

	vec_foreach (host, &strings_of(have, EXPORT_HOSTS)->items)
		if (r == 0 && !field_has_item(want, EXPORT_HOSTS, host->text))
			r = shut_out(ports, host->text, folder, why);
	if (r == 0 && any != export_of(have)->allow_any_host)
		r = set_any_host(ports, folder, any, why);
	vec_foreach (host, &strings_of(want, EXPORT_HOSTS)->items)
		if (r == 0 && !field_has_item(have, EXPORT_HOSTS, host->text))
			r = let_in(ports, host->text, folder, why);
	return r;
}

static int link_port(struct ports *ports, const struct obj *obj, const char *port,
		     const char *folder, struct buf *why)
{
	int r = kfs_symlink(&ports->kfs, folder, NVMET_PORTS "/%s/subsystems/%s", port,
			    obj_name(obj));

	return r < 0 ? kind_fail(why, r, nvmet_hint(r), "cannot open it on port '%s'",
				 port)
		     : 0;
}

static int unlink_port(struct ports *ports, const struct obj *obj, const char *port,
		       struct buf *why)
{
	int r = kfs_unlink(&ports->kfs, NVMET_PORTS "/%s/subsystems/%s", port,
			   obj_name(obj));

	return r < 0 && r != -ENOENT ? kind_fail(why, r, nvmet_hint(r),
						 "cannot take it off port '%s'", port)
				     : 0;
}

/* @want NULL: off all of them. */
static int unlink_ports(struct ports *ports, const struct obj *have,
			const struct obj *want, struct buf *why)
{
	vec_foreach (item, &strings_of(have, EXPORT_PORTS)->items) {
		int r = 0;

		if (!want || !field_has_item(want, EXPORT_PORTS, item->text))
			r = unlink_port(ports, have, item->text, why);
		if (r < 0)
			return r;
	}
	return 0;
}

/* @have NULL: it is on none so far. */
static int link_ports(struct ports *ports, const struct obj *have, const struct obj *want,
		      const char *folder, struct buf *why)
{
	vec_foreach (item, &strings_of(want, EXPORT_PORTS)->items) {
		int r = 0;

		if (!have || !field_has_item(have, EXPORT_PORTS, item->text))
			r = link_port(ports, want, item->text, folder, why);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- act: the whole --- */

/* Removes @obj, which may be there only in part. */
static int take_away(struct ports *ports, const struct obj *obj, const char *folder,
		     struct buf *why)
{
	int r = unlink_ports(ports, obj, NULL, why);

	vec_foreach (item, &namespaces_of(obj)->objs)
		if (r == 0)
			r = remove_namespace(ports, obj, *item, folder, why);
	vec_foreach (host, &strings_of(obj, EXPORT_HOSTS)->items)
		if (r == 0)
			r = shut_out(ports, host->text, folder, why);
	return r < 0 ? r : nvmet_end(ports, obj, folder, why);
}

static int fill(struct ports *ports, const struct obj *want, const char *folder,
		struct buf *why)
{
	const struct export *export = export_of(want);
	const struct export nobody = { .obj = { .class = want->class } };
	int r = nvmet_set(ports, why, folder, "attr_serial", export->serial,
			  export->serial);

	if (r == 0)
		r = nvmet_set(ports, why, folder, "attr_model", export->model,
			      export->model);
	if (r == 0)
		r = change_hosts(ports, &nobody.obj, want, folder, why);
	if (r == 0)
		r = add_namespaces(ports, NULL, want, folder, why);
	return r < 0 ? r : link_ports(ports, NULL, want, folder, why);
}

static int export_create(struct ports *ports, const struct obj *want, struct buf *why)
{
	_cleanup_free_ char *folder = folder_of(want);
	_cleanup_(buf_done) struct buf ignored = { 0 };
	int r = folder ? nvmet_begin(ports, want, folder, why) : -ENOMEM;

	if (r < 0)
		return r;
	r = fill(ports, want, folder, why);
	if (r < 0)
		(void)take_away(ports, want, folder,
				&ignored); /* the first error counts */
	return r;
}

static int export_update(struct ports *ports, const struct obj *have,
			 const struct obj *want, uint64_t changed, struct buf *why)
{
	_cleanup_free_ char *folder = folder_of(have);
	int r = folder ? unlink_ports(ports, have, want, why) : -ENOMEM;

	(void)changed;
	if (r == 0)
		r = drop_namespaces(ports, have, want, folder, why);
	if (r == 0)
		r = change_hosts(ports, have, want, folder, why);
	if (r == 0)
		r = add_namespaces(ports, have, want, folder, why);
	return r < 0 ? r : link_ports(ports, have, want, folder, why);
}

static int export_remove(struct ports *ports, const struct obj *have, struct buf *why)
{
	_cleanup_free_ char *folder = folder_of(have);

	return folder ? take_away(ports, have, folder, why) : -ENOMEM;
}

/* --- policy --- */

static bool loses_port(const struct obj *have, const struct obj *want)
{
	vec_foreach (item, &strings_of(have, EXPORT_PORTS)->items) {
		if (!field_has_item(want, EXPORT_PORTS, item->text))
			return true;
	}
	return false;
}

static bool loses_namespace(const struct obj *have, const struct obj *want)
{
	vec_foreach (live, &namespaces_of(have)->objs) {
		const struct obj *item =
			field_find_object(want, EXPORT_NAMESPACES, obj_name(*live));

		if (namespace_of(*live)->enabled && (!item || is_another(*live, item)))
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

static bool stands_on_device(const struct obj *obj, const struct obj *other)
{
	bool is_cache = other->class == &kind_cache.class;
	const char *folder = is_cache ? "/dev/mapper/" : "/dev/";

	vec_foreach (item, &namespaces_of(obj)->objs) {
		const char *text = namespace_of(*item)->device.text;

		if (!text)
			continue;
		if (strncmp(text, folder, strlen(folder)) == 0)
			text += strlen(folder);
		if (streq(text, obj_name(other)))
			return true;
	}
	return false;
}

static bool export_uses(const struct obj *obj, const struct obj *other)
{
	if (other->class == &kind_port.class)
		return field_has_item(obj, EXPORT_PORTS, obj_name(other));
	if (other->class == &kind_host.class)
		return field_has_item(obj, EXPORT_HOSTS, obj_name(other));
	return (other->class == &kind_ramdisk.class ||
		other->class == &kind_cache.class) &&
	       stands_on_device(obj, other);
}

const struct kind kind_export = {
	.class = {
		.name = "export",
		.section = "exports",
		.doc = "Exports: block devices for other machines, by NVMe over Fabrics",
		.size = sizeof(struct export),
		.rank = 50,
		.fields = export_fields,
		.field_count = ARRAY_SIZE(export_fields),
		.default_key = export_default_key,
		.validate = export_validate,
	},
	.modules = (const char *const[]){ "nvmet", NULL },
	.network = true,
	.severs = true,
	.observe = export_observe,
	.prepare = export_prepare,
	.resolve = export_resolve,
	.create = export_create,
	.update = export_update,
	.remove = export_remove,
	.adopt = nvmet_adopt,
	.uses = export_uses,
	.judge = export_judge,
	.may_lose = export_may_lose,
};
