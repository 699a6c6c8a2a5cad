/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resolve the desired exports on this machine. */
#include "base/cleanup.h"
#include "base/str.h"
#include "kind/cache/cache.h"
#include "kind/export/export.h"
#include "kind/ramdisk/ramdisk.h"
#include "kind/say.h"
#include "model/config.h"
#include "sys/devices.h"
#include "sys/machine.h"
#include "sys/users.h"

#include <ctype.h>

#define UUID_LEN       36 /* with its four dashes */
#define DEVICE_WAIT_MS 10000

int export_prepare(struct sys *sys, struct obj *want, struct buf *why)
{
	const char *rest = export_of(want)->nqn, *mark;
	_cleanup_(buf_done) struct buf nqn = { 0 };
	_cleanup_free_ char *host = NULL;
	int r;

	if (!strstr(rest, EXPORT_HOST_MARK))
		return 0;
	r = machine_hostname(&sys->kfs, &host);
	if (r < 0)
		return kind_fail(why, r, NULL,
				 "cannot expand %s: cannot read the name of this machine",
				 EXPORT_HOST_MARK);
	for (; (mark = strstr(rest, EXPORT_HOST_MARK));
	     rest = mark + strlen(EXPORT_HOST_MARK)) {
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
static int derive(const char *machine, const char *purpose, const char *nqn,
		  const char *id, char ret[static CONFIG_SHA256_LEN])
{
	_cleanup_free_ char *text = NULL;

	if (str_format(&text, "rapiddisk %s\n%s\n%s\n%s\n", purpose, machine, nqn, id) <
	    0)
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

static int derive_identifier(const char *machine, const struct obj *want,
			     struct obj *item, unsigned int index, char version)
{
	char hex[CONFIG_SHA256_LEN], uuid[UUID_LEN + 1];
	int r = derive(machine, item->class->fields[index].name, obj_name(want),
		       obj_name(item), hex);

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
static int derive_missing(struct sys *sys, struct boot *boot, struct obj *want)
{
	const char *machine = NULL;
	int r = boot_machine_id(boot, &sys->kfs, &machine);

	if (r == 0 && !field_is_set(want, EXPORT_SERIAL))
		r = derive_serial(machine, want);
	vec_foreach (item, &export_namespaces(want)->objs) {
		if (r == 0 && !field_is_set(*item, NAMESPACE_UUID))
			r = derive_identifier(machine, want, *item, NAMESPACE_UUID, '8');
		if (r == 0 && !field_is_set(*item, NAMESPACE_NGUID))
			r = derive_identifier(machine, want, *item, NAMESPACE_NGUID, 0);
	}
	if (r == -ENOENT)
		return kind_set_unmet(
			want, "cannot derive serial and UUIDs: '/etc/machine-id' does "
			      "not exist; run 'systemd-machine-id-setup', or set them in "
			      "the configuration");
	return r;
}

static int identify(struct sys *sys, struct boot *boot, struct obj *want)
{
	int r = is_identified(want) ? 0 : derive_missing(sys, boot, want);

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
		want->patience_ms = DEVICE_WAIT_MS;
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

static bool is_live(const struct obj *item, const struct obj *have)
{
	const struct obj *live =
		have ? field_find_object(have, EXPORT_NAMESPACES, obj_name(item)) : NULL;

	return live && namespace_of(live)->enabled &&
	       namespace_of(live)->device.number == namespace_of(item)->device.number;
}

/* Find a desired cache over the device, which this run may create first. */
static const struct obj *find_cache_over(uint64_t number, const struct model *desired)
{
	vec_foreach (obj, &desired->objs) {
		if ((*obj)->class == &cache_class && !(*obj)->unmet &&
		    cache_of(*obj)->source.number == number)
			return *obj;
	}
	return NULL;
}

/* Two independent writers of one device destroy its content. */
static int check_use(struct sys *sys, struct obj *want, const struct obj *item,
		     struct users *users)
{
	const char *device = namespace_of(item)->device.text;
	_cleanup_free_ char *name = NULL, *use = NULL;
	int r = devices_name(&sys->kfs, namespace_of(item)->device.number, &name);

	if (r == 0)
		r = users_describe(users, &sys->kfs, name, &use);
	if (r < 0 || !use)
		return r == -ENOENT ? 0 : r;
	return kind_set_unmet(want,
			      "device '%s' of namespace '%s' is %s; an exported device "
			      "must not be used on this machine",
			      device, obj_name(item), use);
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

static int check_new(struct sys *sys, struct obj *want, const struct obj *item,
		     const struct model *desired, bool is_idle, struct users *users)
{
	const struct obj *cache =
		find_cache_over(namespace_of(item)->device.number, desired);

	if (cache)
		return kind_set_unmet(
			want,
			"device '%s' of namespace '%s' is the source of cache "
			"'%s'; export the cache",
			namespace_of(item)->device.text, obj_name(item), obj_name(cache));
	return is_idle ? 0 : check_use(sys, want, item, users);
}

static int resolve_devices(struct sys *sys, struct obj *want, const struct model *desired,
			   const struct model *observed, const struct obj *have)
{
	_cleanup_(users_done) struct users users = { .no_exports = true };

	vec_foreach (item, &export_namespaces(want)->objs) {
		const struct obj *made =
			export_find_device(desired, namespace_of(*item)->device.text);
		int r = made ? resolve_made(sys, *item, made)
			     : resolve_found(sys, want, *item);

		if (r == 0 && !want->unmet && namespace_of(*item)->device.number > 0 &&
		    !is_live(*item, have))
			r = check_new(sys, want, *item, desired, is_idle(made, observed),
				      &users);
		if (r < 0 || want->unmet)
			return r;
		field_set_bool(*item, NAMESPACE_ENABLED, true);
	}
	return 0;
}

/* An NQN with %H may expand to the NQN of another export. */
static int check_twice(struct obj *want, const struct model *desired)
{
	const char *name = obj_name(want);

	vec_foreach (other, &desired->objs) {
		if (*other == want)
			break;
		if ((*other)->class == want->class && streq(obj_name(*other), name))
			return kind_set_unmet(want,
					      "the export at line %u has the same NQN on "
					      "this machine",
					      (*other)->pos.line);
	}
	return 0;
}

int export_resolve(struct sys *sys, struct boot *boot, struct obj *want,
		   const struct model *desired, const struct model *observed)
{
	int r = check_twice(want, desired);

	if (r == 0 && !want->unmet)
		r = identify(sys, boot, want);
	if (r == 0 && !want->unmet)
		r = resolve_devices(sys, want, desired, observed,
				    model_find(observed, want->class, obj_name(want)));
	return r;
}
