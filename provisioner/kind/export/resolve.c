/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resolve the desired exports on this machine. */
#include "base/cleanup.h"
#include "base/str.h"
#include "kind/cache/cache.h"
#include "kind/cache/leave.h"
#include "kind/export/export.h"
#include "kind/ramdisk/ramdisk.h"
#include "kind/say.h"
#include "kind/use.h"
#include "model/config.h"
#include "sys/devices.h"
#include "sys/machine.h"
#include "sys/topology.h"

#include <ctype.h>

#define UUID_LEN 36 /* with its four dashes */

/*
 * derive() - The same text for the same machine, purpose and names on each boot: the
 * SHA-256 of all of them. The machine's id itself cannot be found out from it
 * (machine-id(5) asks for that).
 */
static int derive(const char *machine, const char *purpose, const char *nqn,
		  const char *names, char ret[static CONFIG_SHA256_LEN])
{
	_cleanup_free_ char *text = NULL;

	if (str_format(&text, "rapiddisk %s\n%s\n%s\n%s\n", purpose, machine, nqn,
		       names) < 0)
		return -ENOMEM;
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

/* Name the device, `rd0` and `/dev/rd0` alike, and the item. */
static int identify_content(const struct obj *item, const struct model *desired,
			    char **ret)
{
	const char *text = namespace_of(item)->device.text;
	const struct obj *made = export_find_device(desired, text);

	return made ? str_format(ret, "%s\n/dev/%s%s", obj_name(item),
				 made->class == &cache_class ? "mapper/" : "",
				 obj_name(made))
		    : str_format(ret, "%s\n%s", obj_name(item), text);
}

/* Initiators know content by its identifier, so another device has another identifier. */
static int derive_identifier(const char *machine, const struct obj *want,
			     struct obj *item, const struct model *desired,
			     unsigned int index, char version)
{
	char hex[CONFIG_SHA256_LEN], uuid[UUID_LEN + 1];
	_cleanup_free_ char *names = NULL;
	int r = identify_content(item, desired, &names);

	if (r == 0)
		r = derive(machine, item->class->fields[index].name, obj_name(want),
			   names, hex);
	if (r < 0)
		return r;
	format_uuid(hex, version, uuid);
	return field_set_string(item, index, uuid);
}

/* The kernel prints lower case. */
static int lower(struct obj *item, unsigned int index)
{
	char uuid[UUID_LEN + 1];

	if (!strpbrk(field_string(item, index), "ABCDEF"))
		return 0;
	snprintf(uuid, sizeof(uuid), "%s", field_string(item, index));
	for (char *c = uuid; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return field_set_string(item, index, uuid);
}

static int derive_serial(const char *machine, struct obj *want)
{
	char hex[CONFIG_SHA256_LEN];
	int r = derive(machine, "serial", obj_name(want), "", hex);

	if (r < 0)
		return r;
	hex[EXPORT_SERIAL_LEN] = '\0';
	return field_set_string(want, EXPORT_SERIAL, hex);
}

/* True if the configuration or a previous plan has set all identifiers. */
static bool is_identified(const struct obj *want)
{
	bool all = field_is_set(want, EXPORT_SERIAL);

	vec_foreach (item, &export_namespaces(want)->objs)
		all &= field_is_set(*item, NAMESPACE_UUID) &&
		       field_is_set(*item, NAMESPACE_NGUID);
	return all;
}

/* Derive the identifiers that the configuration lacks, a UUID as version 8. */
static int derive_missing(struct sys *sys, struct boot *boot, struct obj *want,
			  const struct model *desired)
{
	const char *machine = NULL;
	int r = boot_machine_id(boot, &sys->kfs, &machine);

	if (r == 0 && !field_is_set(want, EXPORT_SERIAL))
		r = derive_serial(machine, want);
	vec_foreach (item, &export_namespaces(want)->objs) {
		if (r == 0 && !field_is_set(*item, NAMESPACE_UUID))
			r = derive_identifier(machine, want, *item, desired,
					      NAMESPACE_UUID, '8');
		if (r == 0 && !field_is_set(*item, NAMESPACE_NGUID))
			r = derive_identifier(machine, want, *item, desired,
					      NAMESPACE_NGUID, 0);
	}
	if (r == -ENOENT)
		return kind_set_unmet(
			want, "cannot derive serial and UUIDs: '/etc/machine-id' does "
			      "not exist; run 'systemd-machine-id-setup', or set them in "
			      "the configuration");
	return r;
}

static int identify(struct sys *sys, struct boot *boot, struct obj *want,
		    const struct model *desired)
{
	int r = is_identified(want) ? 0 : derive_missing(sys, boot, want, desired);

	vec_foreach (item, &export_namespaces(want)->objs) {
		if (r == 0 && !want->unmet)
			r = lower(*item, NAMESPACE_UUID);
		if (r == 0 && !want->unmet)
			r = lower(*item, NAMESPACE_NGUID);
	}
	return r;
}

/* A device of the same configuration may not exist yet, but its size is known. */
static int resolve_made(struct sys *sys, struct obj *item, const struct obj *device)
{
	const char *dir = device->class == &cache_class ? "dev/mapper" : "dev";
	uint64_t number, bytes;
	int r = kfs_device_number(&sys->kfs, &number, "%s/%s", dir, obj_name(device));

	((struct namespace *)item)->made = device->class;
	r = field_set_device(item, NAMESPACE_DEVICE, NULL, r == 0 ? number : 0);
	bytes = device->class == &cache_class ? cache_of(device)->capacity.bytes
					      : ramdisk_of(device)->size.bytes;
	if (bytes > 0)
		field_set_size(item, NAMESPACE_CAPACITY, bytes);
	else
		field_clear(item, NAMESPACE_CAPACITY);
	return r;
}

static int resolve_found(struct sys *sys, struct obj *want, struct obj *item)
{
	const char *path = namespace_of(item)->device.text;
	uint64_t number = 0, bytes;
	int r = kfs_device_number(&sys->kfs, &number, "%s", path + 1);

	field_clear(item, NAMESPACE_CAPACITY);
	if (r == -ENOENT || r == -ENOTDIR) {
		want->patience_ms = namespace_of(item)->wait;
		r = kind_set_unmet(
			want,
			"device '%s' of namespace '%s' does not exist; connect the "
			"device or correct the name",
			path, obj_name(item));
	} else if (r == -ENOTBLK) {
		r = kind_set_unmet(want,
				   "device '%s' of namespace '%s' is not a block device",
				   path, obj_name(item));
	}
	if (r < 0)
		return r;
	if (number && devices_bytes(&sys->kfs, number, &bytes) == 0)
		field_set_size(item, NAMESPACE_CAPACITY, bytes);
	return field_set_device(item, NAMESPACE_DEVICE, NULL, number);
}

/* True if the live namespace stays enabled, so that the device is not opened anew. */
static bool is_live(const struct obj *item, const struct obj *have)
{
	const struct obj *live =
		have ? field_find_object(have, EXPORT_NAMESPACES, obj_name(item)) : NULL;
	uint64_t identity = UINT64_C(1) << NAMESPACE_UUID | UINT64_C(1)
								    << NAMESPACE_NGUID;

	return live && namespace_of(live)->enabled &&
	       namespace_of(live)->device.number == namespace_of(item)->device.number &&
	       !(obj_differing(live, item) & identity);
}

static bool is_kin(const struct relative *relative)
{
	return relative && (relative->relation == RELATION_DISK ||
			    relative->relation == RELATION_PARTITION);
}

/* Refuse the device for a use of the device, of its disk or of a partition. */
static int refuse(struct obj *want, const struct obj *item, const char *use)
{
	return kind_set_unmet(want,
			      "device '%s' of namespace '%s' is %s; an exported device "
			      "must not be used on this machine",
			      namespace_of(item)->device.text, obj_name(item), use);
}

static int refuse_kin(struct obj *want, const struct obj *item,
		      const struct relative *relative, const char *what, const char *name)
{
	_cleanup_free_ char *owner = NULL, *use = NULL;
	int r = str_format(&owner, "%s '%s'", what, name);

	if (r == 0)
		r = topology_say(relative, owner, &use);
	return r < 0 ? r : refuse(want, item, use);
}

/* Check that the device, which a link may name, is not the memory of a desired cache. */
static int check_is_no_memory(struct obj *want, const struct obj *item,
			      const struct model *desired, const char *name)
{
	const struct obj *cache =
		model_find_value(desired, &cache_class, CACHE_RAMDISK, name);

	return cache ? kind_set_unmet(want,
				      "device '%s' of namespace '%s' is the memory of "
				      "cache '%s'; export the cache",
				      namespace_of(item)->device.text, obj_name(item),
				      obj_name(cache))
		     : 0;
}

/* Check for a desired cache over the device or its kin, which this run may create first. */
static int check_caches(struct obj *want, const struct obj *item,
			const struct model *desired, const struct topology *topology)
{
	vec_foreach (obj, &desired->objs) {
		const struct relative *relative;

		if ((*obj)->class != &cache_class || (*obj)->unmet)
			continue;
		relative = topology_find(topology, cache_of(*obj)->source.number);
		if (is_kin(relative))
			return refuse_kin(want, item, relative, "the source of cache",
					  obj_name(*obj));
		if (relative && relative->relation == RELATION_SELF)
			return kind_set_unmet(
				want,
				"device '%s' of namespace '%s' is the source of cache "
				"'%s'; export the cache",
				namespace_of(item)->device.text, obj_name(item),
				obj_name(*obj));
	}
	return 0;
}

static int check_namespaces(struct obj *want, const struct obj *item,
			    const struct obj *other, const struct topology *topology)
{
	vec_foreach (one, &export_namespaces(other)->objs) {
		const struct relative *relative;

		/* Those behind @item in the same export are resolved later. */
		if (*one == item)
			break;
		relative = topology_find(topology, namespace_of(*one)->device.number);
		if (is_kin(relative))
			return refuse_kin(want, item, relative, "exported as",
					  obj_name(other));
	}
	return 0;
}

/* Check for a namespace that precedes @item in the file and has the disk or a partition. */
static int check_exports(struct obj *want, const struct obj *item,
			 const struct model *desired, const struct topology *topology)
{
	vec_foreach (other, &desired->objs) {
		int r = 0;

		if ((*other)->class == want->class && !(*other)->unmet)
			r = check_namespaces(want, item, *other, topology);
		if (r < 0 || want->unmet || *other == want)
			return r;
	}
	return 0;
}

/* Two independent writers of one device destroy its content. */
static int check_users(struct sys *sys, struct obj *want, struct obj *item,
		       const struct model *desired, const struct model *observed,
		       const struct topology *topology)
{
	struct cache_leavers leavers = {
		.leavers = { .observed = observed },
		.sys = sys,
		.desired = desired,
	};
	const struct users_query query = {
		.may_be_exported = true,
		.ignores = cache_is_leaving,
		.ignores_export = kind_export_is_leaving,
		.data = &leavers,
	};
	_cleanup_free_ char *use = NULL;
	int r = kind_find_conflict(sys, topology, &query, &use);

	((struct namespace *)item)->after_export = leavers.leavers.export_leaves;
	if (r < 0 || !use)
		return r;
	want->passing = leavers.leavers.passing;
	return refuse(want, item, use);
}

/* The openers of a RAM disk are already observed. */
static bool is_idle(const struct obj *made, const struct model *observed)
{
	const struct obj *live =
		made && made->class == &ramdisk_class
			? model_find(observed, made->class, obj_name(made))
			: NULL;

	return live && live->holders == 0;
}

static int check_new(struct sys *sys, struct obj *want, struct obj *item,
		     const struct model *desired, const struct model *observed,
		     bool is_idle)
{
	_cleanup_(topology_done) struct topology topology = { 0 };
	_cleanup_free_ char *name = NULL;
	int r = devices_name(&sys->kfs, namespace_of(item)->device.number, &name);

	if (r == 0)
		r = topology_walk(&sys->kfs, name, &topology);
	if (r == 0)
		((struct namespace *)item)->diskseq = devices_diskseq(&sys->kfs, name);
	if (r == 0)
		r = check_is_no_memory(want, item, desired, name);
	if (r == 0 && !want->unmet)
		r = check_caches(want, item, desired, &topology);
	if (r == 0 && !want->unmet)
		r = check_exports(want, item, desired, &topology);
	if (r == 0 && !want->unmet && !is_idle)
		r = check_users(sys, want, item, desired, observed, &topology);
	return r == -ENOENT ? 0 : r;
}

static bool is_read_only(struct sys *sys, const struct obj *item, const struct obj *made)
{
	if (!made)
		return devices_is_read_only(&sys->kfs, namespace_of(item)->device.number);
	return made->class == &ramdisk_class && ramdisk_of(made)->read_only;
}

/* nvmet opens the device for writing (nvmet_bdev_ns_enable()). */
static int refuse_read_only(struct obj *want, const struct obj *item)
{
	return kind_set_unmet(want,
			      "device '%s' of namespace '%s' is read-only; the kernel "
			      "exports writable devices only",
			      namespace_of(item)->device.text, obj_name(item));
}

static int resolve_devices(struct sys *sys, struct obj *want, const struct model *desired,
			   const struct model *observed, const struct obj *have)
{
	vec_foreach (item, &export_namespaces(want)->objs) {
		const struct obj *made =
			export_find_device(desired, namespace_of(*item)->device.text);
		int r = made ? resolve_made(sys, *item, made)
			     : resolve_found(sys, want, *item);

		if (r == 0 && !want->unmet && !is_live(*item, have) &&
		    is_read_only(sys, *item, made))
			r = refuse_read_only(want, *item);
		if (r == 0 && !want->unmet && namespace_of(*item)->device.number > 0 &&
		    !is_live(*item, have))
			r = check_new(sys, want, *item, desired, observed,
				      is_idle(made, observed));
		if (r < 0 || want->unmet)
			return r;
		field_set_bool(*item, NAMESPACE_ENABLED, true);
	}
	return 0;
}

int export_resolve(struct sys *sys, struct boot *boot, struct obj *want,
		   const struct model *desired, const struct model *observed)
{
	int r = export_check_name(want, desired);

	if (r == 0 && !want->unmet)
		r = identify(sys, boot, want, desired);
	if (r == 0 && !want->unmet)
		r = resolve_devices(sys, want, desired, observed,
				    model_find(observed, want->class, obj_name(want)));
	return r;
}
