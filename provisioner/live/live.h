/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is live at one moment, as anybody may see it: world-readable attributes of sysfs,
 * procfs and configfs, and no ioctl. What root sees more of, rapiddisk-apply observes.
 */
#pragma once

#include "base/vec.h"
#include "sys/kfs.h"

#include <stdbool.h>
#include <stdint.h>

struct live_disk {
	char *name; /* "rd0" */
	uint64_t size_bytes, used_bytes, openers;
	bool read_only, preallocated, ours;
	char *in_use; /* "mounted on '/mnt'", or NULL */
};

/* The counters in /sys/kernel/rapiddisk_cache/NAME. */
enum live_counter {
	LIVE_READS,
	LIVE_WRITES,
	LIVE_CACHE_HITS,
	LIVE_REPLACEMENT,
	LIVE_WRITE_REPLACEMENT,
	LIVE_READ_INVALIDATES,
	LIVE_WRITE_INVALIDATES,
	LIVE_UNCACHED_READS,
	LIVE_UNCACHED_WRITES,
	LIVE_DISK_READS,
	LIVE_DISK_WRITES,
	LIVE_CACHE_READS,
	LIVE_CACHE_WRITES,
	LIVE_PEER_COUNTERS, /* so many does the peer's JSON have, in this order */

	LIVE_HITS = LIVE_PEER_COUNTERS,
	LIVE_MISSES,
	LIVE_PARTIAL_HITS,
	LIVE_FILLS,
	LIVE_EVICTIONS,
	LIVE_BYPASSED,
	LIVE_CACHED_BYTES,
	LIVE_LIMIT_BYTES,
	LIVE_MEMORY_BYTES,
	LIVE_METADATA_BYTES,
	LIVE_SOURCE_ERRORS,
	LIVE_FLUSHES,
	LIVE_BYPASS,
	LIVE_MODE, /* 0 write-through, 1 write-around */
	LIVE_COUNTERS,
};

struct live_cache {
	char *name;    /* "data" of /dev/mapper/data */
	char *source;  /* kernel's name of what is cached, "vdb"; NULL: nobody says */
	char *ramdisk; /* "rd1"; NULL: memory of its own */
	uint64_t size_bytes;
	bool ours;
	char *in_use;			  /* as of a disk */
	uint64_t counters[LIVE_COUNTERS]; /* where has_counter() says so */
	uint64_t known;			  /* bit i: counters[i] holds a value */
};

struct live_namespace {
	uint64_t id;
	char *device; /* path as configfs has it */
	bool enabled;
};

struct live_export {
	char *nqn;
	bool allow_any_host;
	struct kfs_names hosts; /* NQNs */
	VEC(struct live_namespace) namespaces;
};

struct live_port {
	uint64_t id;
	char *transport, *address, *service; /* "" where it is not set */
	struct kfs_names exports;	     /* NQNs of what it offers */
};

/* A disk of the machine, as the peer's list of resources has it. */
struct live_volume {
	char *name;
	uint64_t size_bytes;
	char *vendor, *model; /* NULL: it has none */
};

struct live {
	uint64_t ram_bytes, free_bytes;
	VEC(struct live_disk) disks;
	VEC(struct live_cache) caches;
	VEC(struct live_export) exports;
	VEC(struct live_port) ports;
	VEC(struct live_volume) volumes;
};

/*
 * live_read() - Look. What vanishes meanwhile is left out, and so is what cannot be read:
 * the rest is worth showing. Each list is in the order of names, rd2 before rd10.
 * Return: 0; -ENOMEM.
 */
int live_read(const struct kfs *kfs, struct live *ret);
void live_done(struct live *live);

/* live_counter_name() - "hits": the attribute's name. */
const char *live_counter_name(enum live_counter counter);

bool live_has_counter(const struct live_cache *cache, enum live_counter counter);

/* live_is_on() - Does it cache? Not while the map only passes everything through. */
bool live_is_on(const struct live_cache *cache);

/* live_find_cache() - By name. Return: NULL if there is none. */
const struct live_cache *live_find_cache(const struct live *live, const char *name);
