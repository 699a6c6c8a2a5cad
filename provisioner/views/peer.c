/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon of rapiddisk 9.2.0 answers, member for member and type for type, so that
 * what reads it there reads it here: each list is wrapped into an object in a list, and
 * "enabled" is text.
 */
#include "base/macro.h"
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

int peer_resources(const struct live *live, char **ret)
{
	json_t *volumes = json_array();

	vec_foreach (volume, &live->volumes)
		json_add(&volumes,
			 json_pack("{s:o, s:o, s:o, s:o}", "device",
				   json_text(volume->name), "size",
				   json_u64(volume->size_bytes), "vendor",
				   text_or(volume->vendor, "UNAVAILABLE"), "model",
				   text_or(volume->model, "UNAVAILABLE")));
	return json_take_text(json_pack("{s:[{s:[{s:o, s:o}]}, {s:o}]}", "resources",
					"memory", "mem_total", json_u64(live->ram_bytes),
					"mem_free", json_u64(live->free_bytes), "volumes",
					volumes),
			      true, ret);
}

/* The peer knows no cache that is switched off. */
static const char *mode_word(const struct live_cache *cache)
{
	return live_has_counter(cache, LIVE_MODE) && cache->counters[LIVE_MODE]
		       ? "write-around"
		       : "write-through";
}

int peer_volumes(const struct live *live, char **ret)
{
	json_t *disks = json_array(), *caches = json_array();

	vec_foreach (disk, &live->disks)
		json_add(&disks, json_pack("{s:o, s:o, s:o, s:s}", "device",
					   json_text(disk->name), "size",
					   json_u64(disk->size_bytes), "usage",
					   json_u64(disk->used_bytes), "status",
					   disk->read_only ? "locked" : "unlocked"));
	vec_foreach (cache, &live->caches)
		json_add(&caches, json_pack("{s:o, s:o, s:o, s:s}", "device",
					    json_text(cache->name), "cache",
					    text_or(cache->ramdisk, "-"), "source",
					    text_or(cache->source, "-"), "mode",
					    mode_word(cache)));
	return json_take_text(json_pack("{s:[{s:o}, {s:o}]}", "volumes", "rapiddisk",
					disks, "rapiddisk_cache", caches),
			      true, ret);
}

int peer_cache_stats(const struct live *live, const char *name, char **ret)
{
	const struct live_cache *cache = live_find_cache(live, name);
	json_t *stats;

	if (!cache || !live_is_on(cache))
		return -ENOENT;
	stats = json_pack("{s:o}", "device", json_text(cache->name));
	for (unsigned int i = 0; stats && i < LIVE_PEER_COUNTERS; i++) {
		if (json_object_set_new(stats, live_counter_name(i),
					json_u64(cache->counters[i])) < 0) {
			json_decref(stats);
			return -ENOMEM;
		}
	}
	return json_take_text(
		json_pack("{s:[{s:[o]}]}", "statistics", "cache_stats", stats), true,
		ret);
}

/* --- NVMe over Fabrics --- */

static json_t *port_to_json(const struct live_port *port)
{
	return json_pack("{s:o, s:o, s:o}", "port", json_u64(port->id), "address",
			 text_or(port->address, "UNDEFINED"), "protocol",
			 text_or(port->transport, "UNDEFINED"));
}

static json_t *ports_of(const struct live *live, const char *nqn)
{
	json_t *list = json_array();

	vec_foreach (port, &live->ports) {
		vec_foreach (name, &port->exports.names) {
			if (streq(*name, nqn))
				json_add(&list, port_to_json(port));
		}
	}
	return list;
}

static json_t *hosts_of(const struct live_export *export)
{
	json_t *list = json_array();

	vec_foreach (host, &export->hosts.names)
		json_add(&list, json_pack("{s:o}", "host", json_text(*host)));
	return list;
}

int peer_targets(const struct live *live, char **ret)
{
	json_t *targets = json_array();

	vec_foreach (export, &live->exports) {
		vec_foreach (ns, &export->namespaces)
			json_add(&targets,
				 json_pack("{s:o, s:o, s:o, s:s, s:o, s:o}", "nqn",
					   json_text(export->nqn), "namespace",
					   json_u64(ns->id), "device",
					   json_text(ns->device), "enabled",
					   ns->enabled ? "true" : "false",
					   "allowed_hosts", hosts_of(export),
					   "assigned_ports",
					   ports_of(live, export->nqn)));
	}
	return json_take_text(
		json_pack("{s:[{s:o}]}", "targets", "nvmet_targets", targets), true, ret);
}

int peer_ports(const struct live *live, char **ret)
{
	json_t *ports = json_array();

	vec_foreach (port, &live->ports)
		json_add(&ports, port_to_json(port));
	return json_take_text(json_pack("{s:[{s:o}]}", "targets", "nvmet_ports", ports),
			      true, ret);
}
