/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The attributes of RAM disks, of caches and of maps of others, and the tables of these. The first
 * byte selects the purpose of the look; each part is a file.
 */
#include "base/cleanup.h"
#include "base/units.h"
#include "engine/reconcile.h"
#include "fuzz/live.h"
#include "fuzz/property.h"
#include "fuzz/scratch.h"
#include "kind/ramdisk/ramdisk.h"
#include "report/json.h"
#include "report/text.h"
#include "sys/dm.h"
#include "sys/sys.h"
#include "sys/udev.h"

#include <ctype.h>
#include <jansson.h>

/* The files, and the content of those for which the input has no part. */
static const char *const files[][2] = {
	{ "sys/block/rd0/size", "2048\n" },
	{ "sys/block/rd0/ro", "0\n" },
	{ "sys/block/rd0/stat", "1 0 8 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n" },
	{ "sys/block/rd0/rapiddisk/used_bytes", "4096\n" },
	{ "sys/block/rd0/rapiddisk/openers", "0\n" },
	{ "sys/block/rd0/rapiddisk/preallocate", "0\n" },
	{ "sys/block/rd0/rapiddisk/numa_node", "-1\n" },
	{ "sys/block/rd0/rapiddisk/owner", "rapiddisk\n" },
	{ "sys/block/dm-0/dm/name", "data\n" },
	{ "sys/block/dm-0/dm/uuid", "RAPIDDISK-data\n" },
	{ "sys/block/dm-0/dm/table", "0 4096 rapiddisk-cache 254:0 - 2048 0\n" },
	{ "sys/block/dm-0/dm/suspended", "0\n" },
	{ "sys/block/dm-0/dm/open_count", "0\n" },
	{ "sys/kernel/rapiddisk_cache/data/limit_bytes", "1048576\n" },
	{ "sys/kernel/rapiddisk_cache/data/hits", "7\n" },
	{ "sys/kernel/rapiddisk_cache/data/misses", "3\n" },
	{ "sys/kernel/rapiddisk_cache/data/mode", "0\n" },
	{ "sys/kernel/rapiddisk_cache/data/cached_bytes", "4096\n" },
	{ "sys/block/dm-1/dm/name", "rc-wt_vdb\n" },
	{ "sys/block/dm-1/dm/table", "0 4096 linear 254:16 0\n" },
	{ "sys/kernel/rapiddisk/devices", "Device\tSize\nrd1\t1\n" },
	{ "sys/module/rapiddisk/version", "9.2.0\n" },
};

static void make_machine(void)
{
	static const char *const fixed[][2] = {
		{ "sys/block/rd0/dev", "259:0\n" },
		{ "sys/block/rd0/queue/iostats", "1\n" },
		{ "sys/block/rd1/dev", "259:1\n" },
		{ "sys/block/rd1/size", "2048\n" },
		{ "sys/block/rd1/ro", "0\n" },
		{ "sys/block/vda/dev", "254:0\n" },
		{ "sys/block/vda/size", "4096\n" },
		{ "sys/block/vda/holders/dm-0", "" },
		{ "sys/block/vdb/dev", "254:16\n" },
		{ "sys/block/vdb/size", "4096\n" },
		{ "sys/block/vdb/holders/dm-1", "" },
		{ "sys/block/dm-0/dev", "253:0\n" },
		{ "sys/block/dm-1/dev", "253:1\n" },
		{ "sys/block/dm-1/dm/uuid", "\n" },
		{ "sys/block/dm-1/dm/suspended", "0\n" },
		{ "sys/block/dm-1/dm/open_count", "0\n" },
		{ "sys/module/dm_mod/version", "1\n" },
		{ "proc/self/mountinfo", "" },
	};
	static const char *const links[][2] = {
		{ "rd0", "259:0" },  { "rd1", "259:1" },  { "vda", "254:0" },
		{ "vdb", "254:16" }, { "dm-0", "253:0" }, { "dm-1", "253:1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		scratch_text(fixed[i][0], fixed[i][1]);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		char path[64], target[64];

		snprintf(target, sizeof(target), "../../block/%s", links[i][0]);
		snprintf(path, sizeof(path), "sys/class/block/%s", links[i][0]);
		scratch_link(path, target);
		snprintf(path, sizeof(path), "sys/dev/block/%s", links[i][1]);
		scratch_link(path, target);
	}
	scratch_link("sys/block/dm-0/slaves/vda", "../../vda");
	scratch_link("sys/block/dm-1/slaves/vdb", "../../vdb");
}

static const char *check_text(const struct model *observed)
{
	const struct report report = { 0 };
	_cleanup_free_ char *text = NULL, *document = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	json_t *json;

	if (!out)
		return NULL;
	text_print_status(out, false, true, observed, &report);
	fclose(out);
	for (size_t i = 0; i < len; i++)
		if (text[i] != '\n' && iscntrl((unsigned char)text[i]))
			return "a status has no control character";
	if (status_to_json(observed, &report, &document) < 0)
		return "a status can be written as JSON";
	json = json_loads(document, 0, NULL);
	json_decref(json);
	return json ? NULL : "the JSON of a status is JSON";
}

/* @text: the attribute `size` of the RAM disk, in sectors. */
static const char *check_objects(const struct model *observed, const char *text)
{
	uint64_t sectors;
	bool is_too_large =
		units_parse_uint(text, &sectors) == 0 && sectors > UINT64_MAX / 512;

	vec_foreach (obj, &observed->objs) {
		if (!obj_name(*obj))
			return "an object has a name";
		if ((*obj)->class != &ramdisk_class || !streq(obj_name(*obj), "rd0"))
			continue;
		if (is_too_large && field_is_set(*obj, RAMDISK_SIZE))
			return "a size that does not fit into 64 bits is not shown";
	}
	return NULL;
}

const char *observe_property_check(const char *bytes, size_t len)
{
	struct sys sys = { .kfs = { .root_fd = -1 }, .udev = &udev_tree, .dm = &dm_tree };
	struct part rest = { bytes + (len > 0), len - (len > 0) };
	struct model observed = { 0 };
	_cleanup_free_ char *size = NULL;
	const char *broken = NULL;
	static bool is_made;
	int r;

	if (!is_made)
		make_machine();
	is_made = true;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct part part = part_next(&rest);

		if (i == 0)
			size = part_text(part);
		if (part.len > 0)
			scratch_put(files[i][0], part.bytes, part.len);
		else
			scratch_text(files[i][0], files[i][1]);
	}
	if (kfs_init(&sys.kfs, scratch_root(), NULL) < 0)
		return NULL;
	sys.kfs.look = len > 0 && bytes[0] & 1 ? LOOK_TO_SHOW : LOOK_TO_PLAN;
	sys.kfs.reads_extras = len > 0 && bytes[0] & 2;
	r = reconcile_observe(&sys, &observed);
	if (r < 0 && sys.kfs.look != LOOK_TO_PLAN)
		broken = "a value that cannot be read does not hide the other objects";
	if (r == 0)
		broken = check_text(&observed);
	if (!broken && r == 0)
		broken = check_objects(&observed, size);
	if (!broken && r == 0 && sys.kfs.reads_extras)
		broken = live_check_config(&observed);
	model_done(&observed);
	users_done(&sys.users);
	kfs_done(&sys.kfs);
	return broken;
}
