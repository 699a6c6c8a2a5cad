/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names and units as Prometheus' guidelines have them: base units, _total for what only
 * grows, labels for what there are several of.
 */
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "views/views.h"

#include <inttypes.h>

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_addf(out, "# HELP rapiddisk_%s %s\n# TYPE rapiddisk_%s %s\n", name, help,
		 name, type);
}

/* The format wants \, " and newline escaped, and UTF-8. */
static void add_escaped(struct buf *out, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		uint32_t character;
		size_t n = utf8_decode(text, len, &character);

		if (*text == '\\' || *text == '"')
			buf_addf(out, "\\%c", *text);
		else if (*text == '\n')
			buf_add(out, "\\n");
		else if (n == 0)
			buf_add(out, "\xef\xbf\xbd");
		else
			buf_add_bytes(out, text, n);
		n = n ? n : 1;
		text += n;
		len -= n;
	}
}

static void sample(struct buf *out, const char *name, const char *label, const char *text,
		   uint64_t value)
{
	buf_addf(out, "rapiddisk_%s", name);
	if (label) {
		buf_addf(out, "{%s=\"", label);
		add_escaped(out, text);
		buf_add(out, "\"}");
	}
	buf_addf(out, " %" PRIu64 "\n", value);
}

static void single(struct buf *out, const char *name, const char *type, const char *help,
		   uint64_t value)
{
	head(out, name, type, help);
	sample(out, name, NULL, NULL, value);
}

static void seconds(struct buf *out, const char *name, const char *help, int64_t ms)
{
	head(out, name, "gauge", help);
	buf_addf(out, "rapiddisk_%s %" PRId64 ".%03d\n", name, ms / 1000,
		 (int)(ms % 1000));
}

/* --- what the status file says --- */

static void add_last_apply(struct buf *out, const struct status_doc *doc)
{
	static const char *const results[] = { "converged", "changed", "partial",
					       "failed" };

	head(out, "last_apply_result", "gauge",
	     "1 for the result of the last run of rapiddisk-apply, 0 for the others.");
	for (size_t i = 0; i < ARRAY_SIZE(results); i++)
		sample(out, "last_apply_result", "result", results[i],
		       streq(doc->result, results[i]));
	if (doc->finished_ms > 0)
		seconds(out, "last_apply_timestamp_seconds",
			"When the last run of rapiddisk-apply ended, in Unix time.",
			doc->finished_ms);
	if (doc->finished_ms > 0 && doc->started_ms > 0 &&
	    doc->finished_ms >= doc->started_ms)
		seconds(out, "last_apply_duration_seconds",
			"How long the last run of rapiddisk-apply took.",
			doc->finished_ms - doc->started_ms);
}

static bool is_converged(const struct status_doc *doc, size_t deviations)
{
	return deviations == 0 &&
	       (streq(doc->result, "converged") || streq(doc->result, "changed")) &&
	       !(doc->has_drift && streq(doc->drift.result, "failed"));
}

static void add_document(struct buf *out, const struct status_doc *doc)
{
	size_t deviations = status_doc_deviations(doc, NULL, NULL);
	int64_t checked_ms = status_time_ms(status_doc_checked_at(doc));

	single(out, "converged", "gauge",
	       "1 if what is live is what the configuration wants, as far as was last seen.",
	       is_converged(doc, deviations));
	single(out, "drift_objects", "gauge", "Objects that are not as wanted.",
	       deviations);
	if (checked_ms > 0)
		seconds(out, "drift_checked_timestamp_seconds",
			"When that was last looked at, in Unix time.", checked_ms);
	if (!doc->dry_run)
		add_last_apply(out, doc);
	if (doc->image)
		single(out, "initramfs_image_stale", "gauge",
		       "1 if the initramfs image does not hold what a root cache needs.",
		       !streq(doc->image, "current"));
}

/* --- what is live --- */

static void add_disks(struct buf *out, const struct live *live)
{
	if (live->disks.count == 0)
		return;
	head(out, "ramdisk_size_bytes", "gauge", "Capacity of the RAM disk.");
	vec_foreach (disk, &live->disks)
		sample(out, "ramdisk_size_bytes", "ramdisk", disk->name,
		       disk->size_bytes);
	head(out, "ramdisk_used_bytes", "gauge",
	     "Memory of the RAM disk that holds data.");
	vec_foreach (disk, &live->disks)
		sample(out, "ramdisk_used_bytes", "ramdisk", disk->name,
		       disk->used_bytes);
	head(out, "ramdisk_read_only", "gauge", "1 if the RAM disk refuses writes.");
	vec_foreach (disk, &live->disks)
		sample(out, "ramdisk_read_only", "ramdisk", disk->name, disk->read_only);
	head(out, "ramdisk_openers", "gauge", "How many hold the RAM disk open.");
	vec_foreach (disk, &live->disks)
		sample(out, "ramdisk_openers", "ramdisk", disk->name, disk->openers);
}

static const struct cache_metric {
	enum live_counter counter;
	const char *name, *type, *help;
} cache_metrics[] = {
	{ LIVE_READS, "cache_reads_total", "counter", "Reads of the cached device." },
	{ LIVE_WRITES, "cache_writes_total", "counter", "Writes to the cached device." },
	{ LIVE_HITS, "cache_hits_total", "counter", "Reads that the cache answered." },
	{ LIVE_MISSES, "cache_misses_total", "counter",
	  "Reads that went to the source and might have been answered." },
	{ LIVE_PARTIAL_HITS, "cache_partial_hits_total", "counter",
	  "Reads of which the cache answered a part." },
	{ LIVE_FILLS, "cache_fills_total", "counter", "Blocks that a read brought in." },
	{ LIVE_EVICTIONS, "cache_evictions_total", "counter",
	  "Blocks that made room for others, or were given back." },
	{ LIVE_BYPASSED, "cache_bypassed_total", "counter",
	  "Requests that went past the cache." },
	{ LIVE_SOURCE_ERRORS, "cache_source_errors_total", "counter",
	  "Requests that the source failed." },
	{ LIVE_FLUSHES, "cache_flushes_total", "counter",
	  "Flushes that were passed on to the source." },
	{ LIVE_CACHED_BYTES, "cache_cached_bytes", "gauge",
	  "Data that the cache holds." },
	{ LIVE_LIMIT_BYTES, "cache_limit_bytes", "gauge",
	  "How much the cache holds at most." },
	{ LIVE_MEMORY_BYTES, "cache_memory_bytes", "gauge",
	  "Memory that the data takes." },
	{ LIVE_METADATA_BYTES, "cache_metadata_bytes", "gauge",
	  "Memory that the index takes." },
	{ LIVE_BYPASS, "cache_bypass", "gauge",
	  "1 while everything goes past the cache." },
};

static void add_cache_metric(struct buf *out, const struct live *live,
			     const struct cache_metric *metric)
{
	bool any = false;

	vec_foreach (cache, &live->caches) {
		if (!live_has_counter(cache, metric->counter))
			continue;
		if (!any)
			head(out, metric->name, metric->type, metric->help);
		any = true;
		sample(out, metric->name, "cache", cache->name,
		       cache->counters[metric->counter]);
	}
}

static const char *mode_name(const struct live_cache *cache)
{
	return !live_is_on(cache)		     ? "pass-through"
	       : !live_has_counter(cache, LIVE_MODE) ? "unknown"
	       : cache->counters[LIVE_MODE]	     ? "write-around"
						     : "write-through";
}

static void add_caches(struct buf *out, const struct live *live)
{
	if (live->caches.count == 0)
		return;
	head(out, "cache_size_bytes", "gauge", "Capacity of the cached device.");
	vec_foreach (cache, &live->caches)
		sample(out, "cache_size_bytes", "cache", cache->name, cache->size_bytes);
	head(out, "cache_info", "gauge", "1; the labels say what the cache does.");
	vec_foreach (cache, &live->caches) {
		buf_add(out, "rapiddisk_cache_info{cache=\"");
		add_escaped(out, cache->name);
		buf_add(out, "\",source=\"");
		add_escaped(out, cache->source ? cache->source : "");
		buf_add(out, "\",ramdisk=\"");
		add_escaped(out, cache->ramdisk ? cache->ramdisk : "");
		buf_addf(out, "\",mode=\"%s\"} 1\n", mode_name(cache));
	}
	for (size_t i = 0; i < ARRAY_SIZE(cache_metrics); i++)
		add_cache_metric(out, live, &cache_metrics[i]);
}

static uint64_t count_ports(const struct live *live, const char *nqn)
{
	uint64_t count = 0;

	vec_foreach (port, &live->ports) {
		vec_foreach (name, &port->exports.names)
			count += streq(*name, nqn);
	}
	return count;
}

/* Not for everybody to see; of exports that are still there. */
static void add_connections(struct buf *out, const struct view *view)
{
	bool any = false;

	vec_foreach (export, &view->live.exports) {
		vec_foreach (connections, &view->doc->connections) {
			if (!streq(connections->export, export->nqn))
				continue;
			if (!any)
				head(out, "export_controllers", "gauge",
				     "Controllers that were connected when "
				     "rapiddisk-apply looked last.");
			any = true;
			sample(out, "export_controllers", "nqn", export->nqn,
			       connections->count);
			break;
		}
	}
}

static void add_exports(struct buf *out, const struct live *live)
{
	if (live->exports.count == 0)
		return;
	head(out, "export_namespaces", "gauge", "Namespaces that the export offers.");
	vec_foreach (export, &live->exports) {
		uint64_t enabled = 0;

		vec_foreach (ns, &export->namespaces)
			enabled += ns->enabled;
		sample(out, "export_namespaces", "nqn", export->nqn, enabled);
	}
	head(out, "export_hosts", "gauge", "Hosts that may connect by name.");
	vec_foreach (export, &live->exports)
		sample(out, "export_hosts", "nqn", export->nqn,
		       export->hosts.names.count);
	head(out, "export_any_host", "gauge", "1 if every host may connect.");
	vec_foreach (export, &live->exports)
		sample(out, "export_any_host", "nqn", export->nqn,
		       export->allow_any_host);
	head(out, "export_ports", "gauge", "Ports that the export is offered at.");
	vec_foreach (export, &live->exports)
		sample(out, "export_ports", "nqn", export->nqn,
		       count_ports(live, export->nqn));
}

static void add_push(struct buf *out, const struct push_counts *push)
{
	if (push->targets.count == 0)
		return;
	head(out, "push_spool_reports", "gauge", "Reports that wait to be sent.");
	vec_foreach (count, &push->targets)
		sample(out, "push_spool_reports", "target", count->target,
		       count->waiting);
	head(out, "push_sent_total", "counter", "Reports that the target took.");
	vec_foreach (count, &push->targets)
		sample(out, "push_sent_total", "target", count->target, count->sent);
	head(out, "push_dropped_total", "counter", "Reports that were given up.");
	vec_foreach (count, &push->targets)
		sample(out, "push_dropped_total", "target", count->target,
		       count->dropped);
}

int answer_metrics(const struct view *view, char **ret)
{
	struct buf out = { 0 };

	head(&out, "build_info", "gauge", "1; the label is the version of this program.");
	sample(&out, "build_info", "version", RAPIDDISK_VERSION, 1);
	single(&out, "status_readable", "gauge",
	       "1 if the report of the last run could be read.", view->doc != NULL);
	if (view->doc)
		add_document(&out, view->doc);
	add_disks(&out, &view->live);
	add_caches(&out, &view->live);
	add_exports(&out, &view->live);
	if (view->doc)
		add_connections(&out, view);
	add_push(&out, &view->push);
	return buf_take(&out, ret);
}
