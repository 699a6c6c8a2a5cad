/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the page shows of the moment. Sizes in bytes. */
#include "report/jsontext.h"
#include "views/views.h"

static json_t *names_to_json(const struct kfs_names *names)
{
	json_t *list = json_array();

	vec_foreach (name, &names->names)
		json_add(&list, json_text(*name));
	return list;
}

static json_t *disks_to_json(const struct live *live)
{
	json_t *list = json_array();

	vec_foreach (disk, &live->disks)
		json_add(&list,
			 json_pack("{s:o, s:o, s:o, s:o, s:b, s:b, s:s, s:o}", "name",
				   json_text(disk->name), "size",
				   json_u64(disk->size_bytes), "used",
				   json_u64(disk->used_bytes), "openers",
				   json_u64(disk->openers), "read_only", disk->read_only,
				   "preallocate", disk->preallocated, "owner",
				   disk->ours ? "rapiddisk" : "other", "in_use",
				   json_text(disk->in_use)));
	return list;
}

static json_t *counters_to_json(const struct live_cache *cache)
{
	json_t *all = json_object();

	for (unsigned int i = 0; all && i < LIVE_COUNTERS; i++) {
		if (live_has_counter(cache, i) &&
		    json_object_set_new(all, live_counter_name(i),
					json_u64(cache->counters[i])) < 0) {
			json_decref(all);
			return NULL;
		}
	}
	return all;
}

static json_t *caches_to_json(const struct live *live)
{
	json_t *list = json_array();

	vec_foreach (cache, &live->caches)
		json_add(&list, json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:o}", "name",
					  json_text(cache->name), "source",
					  json_text(cache->source), "ramdisk",
					  json_text(cache->ramdisk), "size",
					  json_u64(cache->size_bytes), "owner",
					  cache->ours ? "rapiddisk" : "other", "in_use",
					  json_text(cache->in_use), "counters",
					  counters_to_json(cache)));
	return list;
}

static json_t *namespaces_to_json(const struct live_export *export)
{
	json_t *list = json_array();

	vec_foreach (ns, &export->namespaces)
		json_add(&list,
			 json_pack("{s:o, s:o, s:b}", "id", json_u64(ns->id), "device",
				   json_text(ns->device), "enabled", ns->enabled));
	return list;
}

static json_t *exports_to_json(const struct live *live)
{
	json_t *list = json_array();

	vec_foreach (export, &live->exports)
		json_add(&list,
			 json_pack("{s:o, s:b, s:o, s:o}", "nqn", json_text(export->nqn),
				   "allow_any_host", export->allow_any_host, "hosts",
				   names_to_json(&export->hosts), "namespaces",
				   namespaces_to_json(export)));
	return list;
}

static json_t *ports_to_json(const struct live *live)
{
	json_t *list = json_array();

	vec_foreach (port, &live->ports)
		json_add(&list,
			 json_pack("{s:o, s:o, s:o, s:o, s:o}", "id", json_u64(port->id),
				   "transport", json_text(port->transport), "address",
				   json_text(port->address), "service",
				   json_text(port->service), "exports",
				   names_to_json(&port->exports)));
	return list;
}

int answer_live(const struct view *view, char **ret)
{
	const struct live *live = &view->live;

	return json_take_text(
		json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "schema_version", 1,
			  "ram", json_u64(live->ram_bytes), "free",
			  json_u64(live->free_bytes), "ramdisks", disks_to_json(live),
			  "caches", caches_to_json(live), "exports",
			  exports_to_json(live), "ports", ports_to_json(live)),
		true, ret);
}
