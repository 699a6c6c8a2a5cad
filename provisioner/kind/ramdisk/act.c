/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Create, change and remove RAM disks through /sys/kernel/rapiddisk/mgmt. */
#include "base/cleanup.h"
#include "base/str.h"
#include "base/units.h"
#include "kind/nvmet/claims.h"
#include "kind/ramdisk/ramdisk.h"
#include "kind/say.h"
#include "sys/clock.h"
#include "sys/kfs_change.h"

#include <inttypes.h>

#define MGMT "sys/kernel/rapiddisk/mgmt"

/* After each change udev briefly opens the disk to read its signatures. */
#define BUSY_RETRY_MS 3000
#define BUSY_POLL_MS  20

/* Return the N of rdN. The pattern or is_ramdisk_name() has checked the name. */
static unsigned long number_of(const struct obj *obj)
{
	return strtoul(ramdisk_of(obj)->name + strlen("rd"), NULL, 10);
}

static const char *hint_for(int error)
{
	switch (error) {
	case -ENOENT:
		return "'/" MGMT
		       "' does not exist; check that the loaded module 'rapiddisk' "
		       "is the one of rapiddisk-apply";
	case -ENOMEM:
		return "free memory or reduce the size";
	case -EBUSY:
		return "find the users with 'lsof' or 'lsblk'";
	case -ENOSPC:
		return "raise the limit of the module parameter rd_max_nr";
	case -EACCES:
	case -EPERM:
		return "run as root";
	default:
		return NULL;
	}
}

static int mgmt(struct sys *sys, const struct buf *command)
{
	if (command->failed)
		return -ENOMEM;
	return kfs_write(&sys->kfs, command->data, MGMT);
}

/* Write to mgmt, and retry for BUSY_RETRY_MS while the disk is open. */
static int mgmt_patient(struct sys *sys, const struct buf *command)
{
	uint64_t end = clock_now_ms() + BUSY_RETRY_MS;
	int r;

	if (end > sys->deadline_ms)
		end = sys->deadline_ms;
	while ((r = mgmt(sys, command)) == -EBUSY && clock_now_ms() < end)
		clock_sleep_ms(BUSY_POLL_MS);
	return r;
}

static int detach(struct sys *sys, const struct obj *obj)
{
	_cleanup_(buf_done) struct buf command = { 0 };

	buf_addf(&command, "rapiddisk detach %lu", number_of(obj));
	return mgmt_patient(sys, &command);
}

static int attach(struct sys *sys, const struct obj *want)
{
	_cleanup_(buf_done) struct buf command = { 0 };
	const struct ramdisk *disk = ramdisk_of(want);

	buf_addf(&command, "rapiddisk attach %lu %" PRIu64 " preallocate=%d",
		 number_of(want), disk->size.bytes, disk->preallocate);
	if (field_is_set(want, RAMDISK_NUMA_NODE))
		buf_addf(&command, " numa_node=%" PRIu64, disk->numa_node);
	buf_add(&command, " owner=" RAMDISK_OWNER_TAG);
	return mgmt(sys, &command);
}

static int set_read_only(struct sys *sys, const struct obj *obj, bool read_only)
{
	_cleanup_free_ char *path = NULL;

	if (str_format(&path, "dev/%s", ramdisk_of(obj)->name) < 0)
		return -ENOMEM;
	return kfs_set_read_only(&sys->kfs, read_only, path);
}

int ramdisk_create(struct sys *sys, const struct obj *want, struct buf *why)
{
	const struct ramdisk *disk = ramdisk_of(want);
	char size[UNITS_SIZE_MAX];
	int r;

	r = attach(sys, want);
	if (r < 0)
		return kind_fail(why, r, hint_for(r),
				 "cannot attach the disk with size '%s'%s",
				 units_format_size(disk->size.bytes, size),
				 disk->preallocate ? ", preallocated" : "");
	if (!disk->read_only)
		return 0;
	r = set_read_only(sys, want, true);
	if (r < 0) {
		kind_fail(why, r, NULL, "cannot make the disk read-only");
		(void)detach(sys, want); /* the first error is the one to report */
	}
	return r;
}

static int update_read_only(struct sys *sys, const struct obj *have, bool read_only,
			    struct buf *why)
{
	int r = set_read_only(sys, have, read_only);

	return r < 0 ? kind_fail(why, r, hint_for(r), "cannot make the disk %s",
				 read_only ? "read-only" : "writable")
		     : 0;
}

/* A disk is writable while it shrinks, so it becomes writable first, and read-only last. */
int ramdisk_update(struct sys *sys, const struct obj *have, const struct obj *want,
		   uint64_t changed, struct buf *why)
{
	_cleanup_(buf_done) struct buf command = { 0 };
	const struct ramdisk *disk = ramdisk_of(want);
	char size[UNITS_SIZE_MAX];
	int r = 0;

	if (changed & 1u << RAMDISK_READ_ONLY && !disk->read_only)
		r = update_read_only(sys, have, false, why);
	if (r < 0)
		return r;
	if (changed & 1u << RAMDISK_SIZE) {
		r = nvmet_expect_size(sys, "/dev/%s", disk->name);
		if (r < 0)
			return kind_fail(
				why, r, NULL,
				"cannot record that initiators must be told of the size");
	}
	if (changed & (1u << RAMDISK_SIZE | 1u << RAMDISK_PREALLOCATE)) {
		buf_addf(&command, "rapiddisk resize %lu %" PRIu64 " preallocate=%d",
			 number_of(want), disk->size.bytes, disk->preallocate);
		r = mgmt_patient(sys, &command);
		if (r < 0)
			return kind_fail(why, r, hint_for(r), "cannot set size '%s'%s",
					 units_format_size(disk->size.bytes, size),
					 disk->preallocate ? ", preallocated" : "");
	}
	if (changed & 1u << RAMDISK_READ_ONLY && disk->read_only)
		r = update_read_only(sys, have, true, why);
	return r;
}

int ramdisk_remove(struct sys *sys, const struct obj *have, struct buf *why)
{
	int r = detach(sys, have);

	return r < 0 ? kind_fail(why, r, hint_for(r), "cannot detach the disk") : 0;
}

/* A resize to the current size changes the options alone. */
int ramdisk_adopt(struct sys *sys, const struct obj *have, struct buf *why)
{
	_cleanup_(buf_done) struct buf command = { 0 };
	int r;

	buf_addf(&command, "rapiddisk resize %lu %" PRIu64 " owner=" RAMDISK_OWNER_TAG,
		 number_of(have), ramdisk_of(have)->size.bytes);
	r = mgmt(sys, &command);
	return r < 0 ? kind_fail(why, r, hint_for(r), "cannot adopt the disk") : 0;
}

int ramdisk_progress(struct sys *sys, uint64_t *ret_done, uint64_t *ret_total)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = kfs_read(&sys->kfs, &text, "sys/kernel/rapiddisk/progress");
	if (r < 0)
		return r;
	return sscanf(text, "%" SCNu64 " %" SCNu64, ret_done, ret_total) == 2 ? 0
									      : -EBADMSG;
}
