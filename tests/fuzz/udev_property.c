/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The database of udev with labels that an owner of a disk chose. The parts: two labels, and the
 * other lines of the first device.
 */
#include "sys/udev.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "fuzz/property.h"
#include "fuzz/scratch.h"
#include "sys/devices.h"
#include "sys/sys.h"

#include <sys/sysmacros.h>

#define PROPERTY_LABEL "ID_FS_LABEL_ENC"

/* True if a name of a file and a line of the database may have the encoded text. */
static bool is_safe(const char *encoded)
{
	for (; *encoded; encoded++)
		if ((unsigned char)*encoded <= ' ' || *encoded == '/' ||
		    *encoded == '"' || *encoded == '$' || *encoded == '\x7f')
			return false;
	return true;
}

/* Undo the escapes of udev, in place. */
static void decode(char *text)
{
	char *out = text;

	while (*text) {
		unsigned int byte;

		if (sscanf(text, "\\x%2x", &byte) == 1) {
			*out++ = (char)byte;
			text += 4;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}

/* Return: NULL and *ret, the encoded label, or NULL if the label is too long for udev. */
static const char *encode(const char *label, char **ret)
{
	_cleanup_free_ char *again = NULL;
	int r = udev_encode(label, ret);

	if (r < 0) {
		*ret = NULL;
		return r == -ENOMEM || r == -EINVAL ? NULL
						    : "a label is encoded or refused";
	}
	if (!is_safe(*ret))
		return "an encoded label has no blank, slash or quotation mark";
	again = strdup(*ret);
	if (!again)
		return NULL;
	decode(again);
	return streq(again, label) ? NULL : "the code of a label is that of no other";
}

static bool has(const struct device_numbers *found, uint64_t number)
{
	vec_foreach (one, &found->numbers)
		if (*one == number)
			return true;
	return false;
}

static void put(const char *file, const char *encoded, struct part rest)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	buf_addf(&text, "S:disk\nE:" PROPERTY_LABEL "=%s\n", encoded);
	buf_add_bytes(&text, rest.bytes, rest.len);
	scratch_put(file, text.data, text.len);
}

/* True if a line of @text is @line. */
static bool has_line(const char *text, const char *line)
{
	size_t len = strlen(line);

	for (const char *at = text; at; at = strchr(at, '\n')) {
		at += at != text;
		if (strncmp(at, line, len) == 0 && (at[len] == '\n' || at[len] == '\0'))
			return true;
	}
	return false;
}

/* @other: the lines of the first device behind its label. */
static const char *check(const struct sys *sys, const char *label, const char *second,
			 const char *other)
{
	_cleanup_(device_numbers_done) struct device_numbers found = { 0 };
	_cleanup_free_ char *spec = NULL, *value = NULL, *line = NULL, *code = NULL;

	if (str_format(&spec, "LABEL=%s", label) < 0 || udev_encode(label, &code) < 0 ||
	    str_format(&line, "E:" PROPERTY_LABEL "=%s", code) < 0)
		return NULL;
	if (devices_find(sys, spec, &found) < 0)
		return "a label can be searched";
	if (!has(&found, makedev(254, 0)))
		return "a device is found by its label";
	if (!streq(label, second) && has(&found, makedev(254, 16)))
		return "no device is found by the label of another one";
	if (sys->udev->get(sys, makedev(254, 0), PROPERTY_LABEL, &value) < 0 ||
	    !streq(value, code))
		return "the label of a device is its first one";
	device_numbers_done(&found);
	if (sys->udev->find(sys, "ID_OTHER", "x", &found) < 0)
		return "a property can be searched";
	return has(&found, makedev(254, 0)) == has_line(other, "E:ID_OTHER=x")
		       ? NULL
		       : "a property is a line, and no part of a line";
}

static void make_machine(void)
{
	scratch_text("sys/block/vda/dev", "254:0\n");
	scratch_text("sys/block/vdb/dev", "254:16\n");
	scratch_link("sys/class/block/vda", "../../block/vda");
	scratch_link("sys/class/block/vdb", "../../block/vdb");
	scratch_link("sys/dev/block/254:0", "../../block/vda");
	scratch_link("sys/dev/block/254:16", "../../block/vdb");
}

const char *udev_property_check(const char *bytes, size_t len)
{
	struct part rest = { bytes, len };
	_cleanup_free_ char *first = part_text(part_next(&rest)),
			    *second = part_text(part_next(&rest)),
			    *other = part_text(rest), *a = NULL, *b = NULL;
	struct sys sys = { .kfs = { .root_fd = -1 }, .udev = &udev_tree };
	const char *broken = encode(first, &a);
	static bool is_made;

	if (!broken)
		broken = encode(second, &b);
	if (broken || !a || !b)
		return broken;
	if (!is_made)
		make_machine();
	is_made = true;
	put("run/udev/data/b254:0", a, (struct part){ other, strlen(other) });
	put("run/udev/data/b254:16", b, (struct part){ "", 0 });
	if (kfs_init(&sys.kfs, scratch_root(), NULL) < 0)
		return NULL;
	broken = check(&sys, first, second, other);
	kfs_done(&sys.kfs);
	return broken;
}
