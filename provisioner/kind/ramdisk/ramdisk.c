/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RAM disks: /dev/rdN of the rapiddisk module, through /sys/kernel/rapiddisk/mgmt. */
#include "base/cleanup.h"
#include "base/units.h"
#include "kind/kind.h"
#include "kind/nvmet/nvmet.h"
#include "sys/clock.h"
#include "sys/users.h"

#include <inttypes.h>

#define MGMT "sys/kernel/rapiddisk/mgmt"

/* udev opens a disk for a moment after each change, to look for signatures. */
#define BUSY_RETRY_MS 3000
#define BUSY_POLL_MS  20

enum on_change { ON_CHANGE_REFUSE, ON_CHANGE_REPLACE };

struct ramdisk {
	struct obj obj;
	char *name;
	struct size size;
	bool read_only;
	bool preallocate;
	uint64_t numa_node;
	int on_change;
	struct size used;
	uint64_t openers;
	bool unwritten; /* observed; see ramdisk_is_unwritten() */
};

enum {
	RAMDISK_NAME,
	RAMDISK_SIZE,
	RAMDISK_READ_ONLY,
	RAMDISK_PREALLOCATE,
	RAMDISK_NUMA_NODE,
	RAMDISK_ON_CHANGE,
	RAMDISK_USED,
	RAMDISK_OPENERS,
};

static const char *const on_change_words[] = {
	[ON_CHANGE_REFUSE] = "refuse",
	[ON_CHANGE_REPLACE] = "replace",
	NULL,
};

static const struct field ramdisk_fields[] = {
	[RAMDISK_NAME] =
		FIELD(ramdisk, name, FIELD_STRING, .flags = FIELD_KEY | FIELD_REQUIRED,
		      .pattern = "^rd(0|[1-9][0-9]{0,5})$",
		      .expects = "'rd' and a number of at most six digits, as in 'rd0'",
		      .doc = "The device's name: rd0 is /dev/rd0"),
	[RAMDISK_SIZE] =
		FIELD(ramdisk, size, FIELD_SIZE, .flags = FIELD_REQUIRED, .min = 512,
		      .multiple = 512,
		      .doc = "Capacity: bytes, KiB, MiB, GiB, TiB, a share of RAM "
			     "(25%), min() and max() of those"),
	[RAMDISK_READ_ONLY] = FIELD(ramdisk, read_only, FIELD_BOOL, .value = "false",
				    .doc = "Refuse writes"),
	[RAMDISK_PREALLOCATE] =
		FIELD(ramdisk, preallocate, FIELD_BOOL, .value = "false",
		      .doc = "Take all memory now, instead of at the first write"),
	[RAMDISK_NUMA_NODE] = FIELD(
		ramdisk, numa_node, FIELD_UINT, .flags = FIELD_IMMUTABLE, .max = 1023,
		.doc = "NUMA node that the memory comes from; any, unless given"),
	[RAMDISK_ON_CHANGE] =
		FIELD(ramdisk, on_change, FIELD_ENUM, .flags = FIELD_POLICY,
		      .value = "refuse", .words = on_change_words,
		      .doc = "What to do where a change would lose the content"),
	[RAMDISK_USED] = FIELD(ramdisk, used, FIELD_SIZE, .flags = FIELD_LIVE,
			       .doc = "Memory that holds data now"),
	[RAMDISK_OPENERS] = FIELD(ramdisk, openers, FIELD_UINT, .flags = FIELD_LIVE,
				  .doc = "How many hold it open"),
};

static const struct ramdisk *ramdisk_of(const struct obj *obj)
{
	return (const struct ramdisk *)obj;
}

/* The N of rdN. The name was checked against the pattern, or came from such a folder. */
static unsigned long number_of(const struct obj *obj)
{
	return strtoul(ramdisk_of(obj)->name + strlen("rd"), NULL, 10);
}

/* --- observe --- */

static bool is_ramdisk_name(const char *name)
{
	return strncmp(name, "rd", 2) == 0 && name[2] != '\0' &&
	       strspn(name + 2, "0123456789") == strlen(name + 2);
}

/* Of a preallocated disk the usage does not tell, but each write is counted. */
static bool is_unwritten(const struct kfs *kfs, const char *name)
{
	_cleanup_free_ char *text = NULL;
	uint64_t counts, writes;

	return kfs_read_u64(kfs, &counts, "sys/block/%s/queue/iostats", name) == 0 &&
	       counts != 0 && kfs_read(kfs, &text, "sys/block/%s/stat", name) == 0 &&
	       sscanf(text, "%*u %*u %*u %*u %" SCNu64, &writes) == 1 && writes == 0;
}

static int read_attributes(const struct kfs *kfs, const char *name, struct obj *obj)
{
	_cleanup_free_ char *node = NULL, *owner = NULL;
	uint64_t sectors, read_only, preallocate, used, openers;
	int r;

	if ((r = kfs_read_u64(kfs, &sectors, "sys/block/%s/size", name)) < 0 ||
	    (r = kfs_read_u64(kfs, &read_only, "sys/block/%s/ro", name)) < 0 ||
	    (r = kfs_read_u64(kfs, &preallocate, "sys/block/%s/rapiddisk/preallocate",
			      name)) < 0 ||
	    (r = kfs_read_u64(kfs, &used, "sys/block/%s/rapiddisk/used_bytes", name)) <
		    0 ||
	    (r = kfs_read_u64(kfs, &openers, "sys/block/%s/rapiddisk/openers", name)) <
		    0 ||
	    (r = kfs_read(kfs, &node, "sys/block/%s/rapiddisk/numa_node", name)) < 0 ||
	    (r = kfs_read(kfs, &owner, "sys/block/%s/rapiddisk/owner", name)) < 0)
		return r;

	field_set_size(obj, RAMDISK_SIZE, sectors * 512);
	field_set_bool(obj, RAMDISK_READ_ONLY, read_only != 0);
	field_set_bool(obj, RAMDISK_PREALLOCATE, preallocate != 0);
	((struct ramdisk *)obj)->unwritten = preallocate != 0 && is_unwritten(kfs, name);
	/* -1 is "any node", which the YAML says by saying nothing. */
	if (node[0] != '-') {
		uint64_t value;

		if (units_parse_uint(node, &value) < 0)
			return -EBADMSG;
		field_set_uint(obj, RAMDISK_NUMA_NODE, value);
	}
	field_set_size(obj, RAMDISK_USED, used);
	field_set_uint(obj, RAMDISK_OPENERS, openers);
	obj->owner = streq(owner, KIND_OWNER_TAG) ? OWNER_OURS : OWNER_OTHERS;
	return 0;
}

static int describe_use(const struct kfs *kfs, struct users *users, struct obj *obj)
{
	const struct ramdisk *disk = ramdisk_of(obj);
	char size[UNITS_SIZE_MAX];
	int r;

	if (disk->used.bytes > 0 &&
	    asprintf(&obj->content, "%s of data",
		     units_format_size_approx(disk->used.bytes, size)) < 0) {
		obj->content = NULL;
		return -ENOMEM;
	}
	obj->holders = disk->openers;
	if (disk->openers == 0)
		return 0;
	r = users_describe(users, kfs, disk->name, &obj->in_use);
	if (r < 0 || obj->in_use)
		return r;
	obj->passing = true;
	if (asprintf(&obj->in_use, "held open %" PRIu64 " time%s", disk->openers,
		     disk->openers == 1 ? "" : "s") < 0) {
		obj->in_use = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int observe_one(const struct kfs *kfs, struct users *users, const char *name,
		       struct model *observed)
{
	struct obj *obj = obj_new(&ramdisk_class);
	int r;

	if (!obj)
		return -ENOMEM;
	r = field_set_string(obj, RAMDISK_NAME, name);
	if (r == 0)
		r = read_attributes(kfs, name, obj);
	if (r == 0)
		r = describe_use(kfs, users, obj);
	if (r < 0) {
		obj_free(obj);
		/* Gone meanwhile, or an "rdN" of another driver. */
		return r == -ENOENT || r == -ENODEV ? 0 : r;
	}
	return model_add(observed, obj);
}

static int ramdisk_observe(struct sys *sys, struct model *observed)
{
	_cleanup_(kfs_names_done) struct kfs_names disks = { 0 };
	_cleanup_(users_done) struct users users = { 0 };
	int r;

	/* No folder, no module, no disks; it also spares the list of all disks then. */
	if (!kfs_exists(&sys->kfs, "sys/kernel/rapiddisk"))
		return 0;
	r = kfs_list(&sys->kfs, &disks, "sys/block");
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	vec_foreach (name, &disks.names) {
		if (!is_ramdisk_name(*name))
			continue;
		r = observe_one(&sys->kfs, &users, *name, observed);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- act --- */

static const char *hint_for(int error)
{
	switch (error) {
	case -ENOENT:
		return "'/" MGMT
		       "' is missing: is another module named rapiddisk loaded?";
	case -ENOMEM:
		return "free memory, or ask for less";
	case -EBUSY:
		return "it is in use: find by whom with 'lsof' or 'lsblk'";
	case -ENOSPC:
		return "the module's parameter rd_max_nr limits the number of disks";
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

/* As mgmt(), and goes on trying for a while where somebody holds the disk open. */
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
	buf_add(&command, " owner=" KIND_OWNER_TAG);
	return mgmt(sys, &command);
}

static int set_read_only(struct sys *sys, const struct obj *obj, bool read_only)
{
	_cleanup_free_ char *path = NULL;

	if (asprintf(&path, "dev/%s", ramdisk_of(obj)->name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	return kfs_set_read_only(&sys->kfs, read_only, path);
}

static int ramdisk_create(struct sys *sys, const struct obj *want, struct buf *why)
{
	const struct ramdisk *disk = ramdisk_of(want);
	char size[UNITS_SIZE_MAX];
	int r;

	r = attach(sys, want);
	if (r < 0)
		return kind_fail(why, r, hint_for(r), "cannot attach it with size '%s'%s",
				 units_format_size(disk->size.bytes, size),
				 disk->preallocate ? ", preallocated" : "");
	if (!disk->read_only)
		return 0;
	r = set_read_only(sys, want, true);
	if (r < 0) {
		kind_fail(why, r, NULL, "cannot make it read-only");
		(void)detach(sys, want); /* the first error is the one to report */
	}
	return r;
}

/* Exports of it tell their initiators. */
static int expect_size(struct sys *sys, const struct obj *have)
{
	_cleanup_free_ char *path = NULL;

	if (asprintf(&path, "/dev/%s", ramdisk_of(have)->name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	return nvmet_expect_size(sys, path);
}

static int ramdisk_update(struct sys *sys, const struct obj *have, const struct obj *want,
			  uint64_t changed, struct buf *why)
{
	_cleanup_(buf_done) struct buf command = { 0 };
	const struct ramdisk *disk = ramdisk_of(want);
	char size[UNITS_SIZE_MAX];
	int r = 0;

	if (changed & 1u << RAMDISK_SIZE) {
		r = expect_size(sys, have);
		if (r < 0)
			return kind_fail(why, r, NULL,
					 "cannot note that initiators have to be told");
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
	if (changed & 1u << RAMDISK_READ_ONLY) {
		r = set_read_only(sys, have, disk->read_only);
		if (r < 0)
			return kind_fail(why, r, hint_for(r), "cannot make it %s",
					 disk->read_only ? "read-only" : "writable");
	}
	return r;
}

static int ramdisk_remove(struct sys *sys, const struct obj *have, struct buf *why)
{
	int r = detach(sys, have);

	return r < 0 ? kind_fail(why, r, hint_for(r), "cannot detach it") : 0;
}

/* A resize to the size that it has changes only the options. */
static int ramdisk_adopt(struct sys *sys, const struct obj *have, struct buf *why)
{
	_cleanup_(buf_done) struct buf command = { 0 };
	int r;

	buf_addf(&command, "rapiddisk resize %lu %" PRIu64 " owner=" KIND_OWNER_TAG,
		 number_of(have), ramdisk_of(have)->size.bytes);
	r = mgmt(sys, &command);
	return r < 0 ? kind_fail(why, r, hint_for(r), "cannot take it over") : 0;
}

static int ramdisk_progress(struct sys *sys, uint64_t *ret_done, uint64_t *ret_total)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = kfs_read(&sys->kfs, &text, "sys/kernel/rapiddisk/progress");
	if (r < 0)
		return r;
	return sscanf(text, "%" SCNu64 " %" SCNu64, ret_done, ret_total) == 2 ? 0
									      : -EBADMSG;
}

/* --- policy --- */

uint64_t ramdisk_bytes(const struct obj *obj)
{
	return ramdisk_of(obj)->size.bytes;
}

bool ramdisk_is_unwritten(const struct obj *obj)
{
	return ramdisk_of(obj)->unwritten;
}

static int block(struct plan_step *step, const char *condition)
{
	if (asprintf(&step->blocked, "%s; %s", step->have->in_use, condition) < 0) {
		step->blocked = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int ramdisk_judge(struct plan_step *step)
{
	const struct ramdisk *have = ramdisk_of(step->have),
			     *want = ramdisk_of(step->want);
	char size[UNITS_SIZE_MAX];

	if (want->size.bytes < have->size.bytes) {
		if (asprintf(&step->loss, "what lies beyond %s",
			     units_format_size(want->size.bytes, size)) < 0) {
			step->loss = NULL;
			return -ENOMEM;
		}
		if (step->have->in_use)
			return block(step, "it can shrink only while nobody has it open");
	}
	/* What a file system has not written yet would be refused, and lost. */
	if (want->read_only && !have->read_only && step->have->in_use)
		return block(step,
			     "it can become read-only only while nobody has it open");
	return 0;
}

static bool ramdisk_may_lose(const struct obj *want)
{
	return ramdisk_of(want)->on_change == ON_CHANGE_REPLACE;
}

const struct obj_class ramdisk_class = {
	.name = "ramdisk",
	.section = "ramdisks",
	.doc = "RAM disks, /dev/rdN",
	.size = sizeof(struct ramdisk),
	.rank = RANK_RAMDISK,
	.fields = ramdisk_fields,
	.field_count = ARRAY_SIZE(ramdisk_fields),
};

const struct kind kind_ramdisk = {
	.class = &ramdisk_class,
	.modules = (const char *const[]){ "rapiddisk", NULL },
	.observe = ramdisk_observe,
	.create = ramdisk_create,
	.update = ramdisk_update,
	.remove = ramdisk_remove,
	.adopt = ramdisk_adopt,
	.progress = ramdisk_progress,
	.judge = ramdisk_judge,
	.may_lose = ramdisk_may_lose,
	.memory = ramdisk_bytes,
};
