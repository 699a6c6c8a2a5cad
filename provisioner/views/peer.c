/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answers of the daemon of rapiddisk 9.2.0, member for member and type for type, so that
 * its clients can parse them: each list is wrapped into an object in a list, and "enabled"
 * is text.
 */
#include "base/macro.h"
#include "model/metric.h"
#include "report/jsontext.h"
#include "views/views.h"

static json_t *text_or(const char *text, const char *other)
{
	return json_text(text && text[0] ? text : other);
}

int peer_service_status(char **ret)
{
	return json_take_text(
		json_pack("{s:s, s:s}", "status", "OK", "version", RAPIDDISK_VERSION),
		true, ret);
}

int peer_resources(const struct view *view, char **ret)
{
	json_t *volumes = json_array();

	vec_foreach (volume, &view->volumes)
		json_add(&volumes,
			 json_pack("{s:o, s:o, s:o, s:o}", "device",
				   json_text(volume->name), "size",
				   json_u64(volume->size_bytes), "vendor",
				   text_or(volume->vendor, "UNAVAILABLE"), "model",
				   text_or(volume->model, "UNAVAILABLE")));
	return json_take_text(json_pack("{s:[{s:[{s:o, s:o}]}, {s:o}]}", "resources",
					"memory", "mem_total", json_u64(view->ram_bytes),
					"mem_free", json_u64(view->free_bytes), "volumes",
					volumes),
			      true, ret);
}

/* The peer knows two modes, and no cache that is switched off. */
static const char *mode_word(const struct obj *cache)
{
	const char *mode = view_text(cache, "mode");

	return streq(mode, "write-around") ? mode : "write-through";
}

static json_t *disks_to_json(const struct view *view)
{
	size_t count;
	struct obj *const *disks = view_list(view, "ramdisk", &count);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_add(&list,
			 json_pack("{s:o, s:o, s:o, s:s}", "device",
				   json_text(obj_name(disks[i])), "size",
				   json_u64(view_number(disks[i], "size")), "usage",
				   json_u64(view_number(disks[i], "used")), "status",
				   view_number(disks[i], "read_only") ? "locked"
								      : "unlocked"));
	return list;
}

int peer_volumes(const struct view *view, char **ret)
{
	size_t count;
	struct obj *const *caches = view_list(view, "cache", &count);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_add(&list,
			 json_pack("{s:o, s:o, s:o, s:s}", "device",
				   json_text(obj_name(caches[i])), "cache",
				   text_or(view_text(caches[i], "ramdisk"), "-"),
				   "source", text_or(view_text(caches[i], "source"), "-"),
				   "mode", mode_word(caches[i])));
	return json_take_text(json_pack("{s:[{s:o}, {s:o}]}", "volumes", "rapiddisk",
					disks_to_json(view), "rapiddisk_cache", list),
			      true, ret);
}

/* Add the peer's counters. Return: true if the kernel has counters for @cache. */
static bool add_counters(json_t *stats, const struct obj *cache)
{
	bool any = false;

	for (unsigned int i = 0; i < cache->class->field_count; i++) {
		const struct field *field = &cache->class->fields[i];
		uint64_t value = 0;

		if (field->flags & FIELD_COUNTER && field->flags & FIELD_LIVE)
			any |= metric_value(cache, i, &value);
		if (field->flags & FIELD_PEER &&
		    json_object_set_new(stats, field->name, json_u64(value)) < 0)
			return false;
	}
	return any;
}

int peer_cache_stats(const struct view *view, const char *name, char **ret)
{
	const struct obj_class *class = view_class(view, "cache");
	const struct obj *cache = class ? model_find(&view->observed, class, name) : NULL;
	json_t *stats;

	if (!cache)
		return -ENOENT;
	stats = json_pack("{s:o}", "device", json_text(obj_name(cache)));
	if (!stats)
		return -ENOMEM;
	/* Without counters the map holds no cache. */
	if (!add_counters(stats, cache)) {
		json_decref(stats);
		return -ENOENT;
	}
	return json_take_text(
		json_pack("{s:[{s:[o]}]}", "statistics", "cache_stats", stats), true,
		ret);
}

/* --- NVMe over Fabrics --- */

/* The word of the kernel; "" if it is unset. */
static const char *transport_of(const struct obj *port)
{
	unsigned int index = view_field(port->class, "transport");

	return field_is_set(port, index) ? metric_label(port, index) : "";
}

/* The path that the kernel opened. */
static const char *device_of(const struct obj *ns)
{
	unsigned int index = view_field(ns->class, "device");

	return field_is_set(ns, index) ? field_device(ns, index)->text : NULL;
}

static json_t *port_to_json(const struct obj *port)
{
	return json_pack("{s:o, s:o, s:o}", "port", json_u64(view_number(port, "id")),
			 "address", text_or(view_text(port, "address"), "UNDEFINED"),
			 "protocol", text_or(transport_of(port), "UNDEFINED"));
}

static json_t *ports_of(const struct view *view, const char *nqn)
{
	size_t count;
	struct obj *const *ports = view_list(view, "port", &count);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		if (field_has_item(ports[i], view_field(ports[i]->class, "exports"), nqn))
			json_add(&list, port_to_json(ports[i]));
	return list;
}

static json_t *hosts_of(const struct obj *export)
{
	unsigned int hosts = view_field(export->class, "hosts");
	json_t *list = json_array();

	if (!field_is_set(export, hosts))
		return list;
	vec_foreach (host, &field_strings(export, hosts)->items)
		json_add(&list, json_pack("{s:o}", "host", json_text(host->text)));
	return list;
}

static void add_targets(json_t **targets, const struct view *view,
			const struct obj *export)
{
	unsigned int namespaces = view_field(export->class, "namespaces");

	if (!field_is_set(export, namespaces))
		return;
	vec_foreach (ns, &field_objects(export, namespaces)->objs)
		json_add(targets,
			 json_pack("{s:o, s:o, s:o, s:s, s:o, s:o}", "nqn",
				   json_text(obj_name(export)), "namespace",
				   json_u64(view_number(*ns, "id")), "device",
				   text_or(device_of(*ns), "UNDEFINED"), "enabled",
				   obj_is_off(*ns) ? "false" : "true", "allowed_hosts",
				   hosts_of(export), "assigned_ports",
				   ports_of(view, obj_name(export))));
}

int peer_targets(const struct view *view, char **ret)
{
	size_t count;
	struct obj *const *exports = view_list(view, "export", &count);
	json_t *targets = json_array();

	for (size_t i = 0; i < count; i++)
		add_targets(&targets, view, exports[i]);
	return json_take_text(
		json_pack("{s:[{s:o}]}", "targets", "nvmet_targets", targets), true, ret);
}

int peer_ports(const struct view *view, char **ret)
{
	size_t count;
	struct obj *const *objs = view_list(view, "port", &count);
	json_t *ports = json_array();

	for (size_t i = 0; i < count; i++)
		json_add(&ports, port_to_json(objs[i]));
	return json_take_text(json_pack("{s:[{s:o}]}", "targets", "nvmet_ports", ports),
			      true, ret);
}
