/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/late.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "kind/cache/cache.h"
#include "kind/ramdisk/ramdisk.h"
#include "sys/devices.h"

#include <ctype.h>

/*
 * The service manager starts the unit when the device becomes ready; see systemd.device(5). Each
 * appearance has an instance of its own: a start of an instance that runs would be merged with the
 * run, which may have looked already.
 */
#define START "ENV{SYSTEMD_WANTS}+=\"rapiddisk-late@$kernel:$env{DISKSEQ}.service\"\n"

/*
 * True if udev takes the value as it is. The characters `*?[|` would make a pattern, a quotation
 * mark and a control character end the value, and a backslash hides the quotation mark that
 * follows. An empty value matches each device without the property. `$` and `%` mean nothing in a
 * value that is compared.
 */
static bool is_plain(const char *value)
{
	size_t len = strlen(value);

	for (size_t i = 0; i < len; i++)
		if (iscntrl((unsigned char)value[i]) || strchr("\"*?[|", value[i]))
			return false;
	return len > 0 && value[len - 1] != '\\';
}

static const char head[] =
	"# Written by rapiddisk-apply: devices of the configuration that may appear late.\n"
	"ACTION==\"remove\", GOTO=\"rapiddisk_late_end\"\n"
	"SUBSYSTEM!=\"block\", GOTO=\"rapiddisk_late_end\"\n"
	"# A map has the UUID of its source. A RAM disk is no late device.\n"
	"ENV{DM_UUID}==\"" DEVICES_OUR_PREFIX "?*\", GOTO=\"rapiddisk_late_end\"\n"
	"ENV{ID_RAPIDDISK}==\"1\", GOTO=\"rapiddisk_late_end\"\n"
	"# Linux 6.1 sends this with the events of disks alone.\n"
	"ENV{DEVTYPE}==\"partition\", ENV{DISKSEQ}!=\"?*\", IMPORT{parent}=\"DISKSEQ\"\n";
static const char tail[] = "LABEL=\"rapiddisk_late_end\"\n";

struct look {
	const struct sys *sys;
	const struct model *desired;
	struct late *late;
	struct buf *lines;
	struct device_numbers *found;
};

/* True if this file creates the device of the path. */
static bool is_made(const struct model *desired, const char *path)
{
	static const char maps[] = "/dev/mapper/", disks[] = "/dev/";

	if (strncmp(path, maps, strlen(maps)) == 0)
		return model_find(desired, &cache_class, path + strlen(maps));
	return model_find(desired, &ramdisk_class, path + strlen(disks));
}

/* Return the sequence numbers of the devices that match and have a medium. */
static int find_sequences(const struct sys *sys, const char *text,
			  struct device_numbers *ret_numbers,
			  struct device_numbers *ret_sequences)
{
	_cleanup_(device_numbers_done) struct device_numbers found = { 0 };
	int r = devices_find(sys, text, &found);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	vec_foreach (number, &found.numbers) {
		uint64_t bytes, sequence;

		if (devices_bytes(&sys->kfs, *number, &bytes) < 0 || bytes == 0 ||
		    devices_sequence(&sys->kfs, *number, &sequence) < 0)
			continue;
		r = vec_push(&ret_numbers->numbers, *number);
		if (r == 0)
			r = vec_push(&ret_sequences->numbers, sequence);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- the rules --- */

static void print_path(const char *path, const char *start, struct buf *out)
{
	const char *name = path + strlen("/dev/");

	if (!is_plain(name) || strchr(name, '\\'))
		return;
	if (!strchr(name, '/'))
		buf_addf(out, "KERNEL==\"%s\", %s", name, start);
	buf_addf(out, "SYMLINK==\"%s\", %s", name, start);
}

static void print_converted(const char *value, int (*convert)(int), struct buf *out)
{
	buf_add(out, "|");
	for (; *value; value++)
		buf_addf(out, "%c", convert((unsigned char)*value));
}

static int print_tag(const struct sys *sys, const char *text, const char *start,
		     struct buf *out)
{
	struct devices_match match = { 0 };
	int r = devices_match(sys, text, &match);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (is_plain(match.value)) {
		buf_addf(out, "ENV{%s}==\"%s", match.property, match.value);
		if (match.any_case) {
			print_converted(match.value, tolower, out);
			print_converted(match.value, toupper, out);
		}
		buf_addf(out, "\", %s", start);
	}
	free(match.value);
	return 0;
}

static int print_device(const struct look *look, const char *text)
{
	_cleanup_(device_numbers_done) struct device_numbers numbers = { 0 };
	_cleanup_(device_numbers_done) struct device_numbers sequences = { 0 };
	_cleanup_(buf_done) struct buf start = { 0 };
	int r = find_sequences(look->sys, text, &numbers, &sequences);

	vec_foreach (sequence, &sequences.numbers) {
		buf_addf(&start, "%s%llu",
			 sequence == sequences.numbers.items ? "ENV{DISKSEQ}!=\"" : "|",
			 (unsigned long long)*sequence);
		if (r == 0)
			r = vec_push(&look->late->known, *sequence);
	}
	buf_addf(&start, "%s%s", sequences.numbers.count > 0 ? "\", " : "", START);
	if (r < 0 || start.failed)
		return -ENOMEM;
	if (strncmp(text, "/dev/", strlen("/dev/")) != 0)
		return print_tag(look->sys, text, start.data, look->lines);
	print_path(text, start.data, look->lines);
	return 0;
}

/* --- the devices of a configuration --- */

typedef int device_fn(const struct look *look, const char *text);

static int visit_device(const struct look *look, const char *text, device_fn *visit)
{
	if (strncmp(text, "/dev/", strlen("/dev/")) == 0 && is_made(look->desired, text))
		return 0;
	return visit(look, text);
}

/* Any field may name a device, also one of an object in a list. */
static int visit_object(const struct look *look, const struct obj *obj, device_fn *visit)
{
	int r = 0;

	for (unsigned int i = 0; r == 0 && i < obj->class->field_count; i++) {
		enum field_type type = obj->class->fields[i].type;

		if (!field_is_set(obj, i))
			continue;
		if (type == FIELD_DEVICE && field_device(obj, i)->text)
			r = visit_device(look, field_device(obj, i)->text, visit);
		if (type != FIELD_OBJECTS)
			continue;
		vec_foreach (item, &field_objects(obj, i)->objs)
			if (r == 0)
				r = visit_object(look, *item, visit);
	}
	return r;
}

static int visit_all(const struct look *look, device_fn *visit)
{
	int r = 0;

	vec_foreach (obj, &look->desired->objs)
		if (r == 0)
			r = visit_object(look, *obj, visit);
	return r;
}

int late_look(const struct sys *sys, const struct model *desired, struct late *ret)
{
	_cleanup_(buf_done) struct buf lines = { 0 }, text = { 0 };
	struct late late = { 0 };
	struct look look = {
		.sys = sys, .desired = desired, .late = &late, .lines = &lines
	};
	int r = visit_all(&look, print_device);

	if (r == 0 && lines.failed)
		r = -ENOMEM;
	if (r == 0 && lines.len > 0) {
		buf_addf(&text, "%s%s%s", head, lines.data, tail);
		r = buf_take(&text, &late.rules);
	}
	if (r < 0) {
		late_done(&late);
		return -ENOMEM;
	}
	*ret = late;
	return 0;
}

static bool is_known(const struct late *late, uint64_t sequence)
{
	vec_foreach (known, &late->known) {
		if (*known == sequence)
			return true;
	}
	return false;
}

static int add_new(const struct look *look, const char *text)
{
	_cleanup_(device_numbers_done) struct device_numbers numbers = { 0 };
	_cleanup_(device_numbers_done) struct device_numbers sequences = { 0 };
	int r = find_sequences(look->sys, text, &numbers, &sequences);

	for (size_t i = 0; r == 0 && i < sequences.numbers.count; i++) {
		if (!is_known(look->late, sequences.numbers.items[i]))
			r = vec_push(&look->found->numbers, numbers.numbers.items[i]);
	}
	return r;
}

int late_find_new(const struct sys *sys, const struct model *desired,
		  const struct late *late, struct device_numbers *ret)
{
	struct late known = *late;
	struct device_numbers found = { 0 };
	struct look look = {
		.sys = sys, .desired = desired, .late = &known, .found = &found
	};
	int r = visit_all(&look, add_new);

	if (r < 0)
		device_numbers_done(&found);
	else
		*ret = found;
	return r;
}

void late_done(struct late *late)
{
	free(late->rules);
	vec_done(&late->known);
	*late = (struct late){ 0 };
}
