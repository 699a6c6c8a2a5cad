/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exclusive hold of the devices that a run takes. */
#include "base/cleanup.h"
#include "engine/reconcile.h"
#include "fake_kernel.h"
#include "fake_nvmet.h"
#include "kind/nvmet/nvmet.h"
#include "sys/dm.h"
#include "unit.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

#define GIB	      (UINT64_C(1) << 30)
#define CACHE	      "caches: [{name: data, source: LABEL=data, size: 64MiB}]"
#define EXPORT_ENABLE NVMET_SUBSYSTEMS "/nqn.2026-11.org.example:a/namespaces/1/enable"
#define EXPORT                                                      \
	"ports: [{id: 1, transport: loop}]\n"                       \
	"exports: [{nqn: 'nqn.2026-11.org.example:a', ports: [1], " \
	"allow_any_host: true, namespaces: [{id: 1, device: /dev/vdb}]}]"

static struct fake_kernel fake;
static struct dm_ops dm;
static int held_fd;	     /* the last one that hold() returned */
static unsigned int holds;   /* calls of hold() */
static int refusal;	     /* a negative errno that hold() returns; 0: none */
static int create_error;     /* a negative errno that create() returns */
static unsigned int creates; /* calls of create() while the source was held */
static int (*fake_write)(void *data, const char *path, const char *value);
static unsigned int enables; /* writes to `enable` while the device was held */

static bool is_held(void)
{
	return held_fd >= 0 && fcntl(held_fd, F_GETFD) >= 0;
}

static int hold(const struct kfs *kfs, uint64_t number, uint64_t diskseq)
{
	(void)kfs;
	holds++;
	ck_assert_uint_eq(number, makedev(254, 16));
	ck_assert_uint_eq(diskseq, 7);
	if (refusal)
		return refusal;
	held_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(held_fd, 0);
	return held_fd;
}

static int create(struct sys *sys, const char *name, const char *uuid,
		  const struct dm_line *line)
{
	(void)sys, (void)name, (void)uuid;
	ck_assert_uint_eq(line->alone_on, makedev(254, 16));
	ck_assert_int_eq(*line->hold, held_fd);
	creates += is_held();
	return create_error;
}

static int on_write(void *data, const char *path, const char *value)
{
	if (streq(path, EXPORT_ENABLE) && streq(value, "1"))
		enables += is_held();
	return fake_write(data, path, value);
}

static void setup(void)
{
	static const char *const files[][2] = {
		{ "sys/module/dm_mod/refcnt", "1" },
		{ "sys/module/rapiddisk_cache/refcnt", "1" },
		{ "dev/vdb", "" },
		{ "run/udev/data/b254:16", "E:ID_FS_LABEL_ENC=data" },
		{ "sys/block/vdb/dev", "254:16" },
		{ "sys/block/vdb/diskseq", "7" },
		{ "sys/block/vdb/size", "2097152" },
	};

	fake_init(&fake, 16 * GIB);
	fake_nvmet_load(&fake);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		fake_set(&fake, files[i][0], files[i][1]);
	fake_link(&fake, "sys/dev/block/254:16", "../../block/vdb");
	dm = dm_tree;
	dm.create = create;
	fake.sys.dm = &dm;
	fake.sys.hold = hold;
	fake_write = fake.sys.kfs.on_write;
	fake.sys.kfs.on_write = on_write;
	held_fd = -1;
	holds = creates = enables = 0;
	refusal = create_error = 0;
}

static void teardown(void)
{
	fake_done(&fake);
}

static void run(const char *yaml, bool dry_run, struct report *report)
{
	_cleanup_(reconcile_outcome_done) struct reconcile_outcome outcome = { 0 };
	_cleanup_(model_done) struct model desired = { 0 };
	const struct reconcile_options options = { .dry_run = dry_run };

	fake_model(&desired, yaml);
	report->stage = "system";
	ck_assert_int_eq(
		reconcile_run(&fake.sys, &desired, &options, NULL, report, &outcome), 0);
}

static const char *message_of(const struct report *report, const char *name)
{
	vec_foreach (entry, &report->entries) {
		if (streq(entry->name, name))
			return entry->message ? entry->message : "";
	}
	return "";
}

START_TEST(source_is_held_when_the_map_is_created_and_not_afterwards)
{
	_cleanup_(report_done) struct report report = { 0 };

	run(CACHE, false, &report);
	ck_assert_uint_eq(holds, 1);
	ck_assert_uint_eq(creates, 1);
	ck_assert(!is_held());
}
END_TEST

START_TEST(device_is_held_while_its_namespace_is_enabled)
{
	_cleanup_(report_done) struct report report = { 0 };

	run(EXPORT, false, &report);
	ck_assert_uint_eq(holds, 1);
	ck_assert_uint_eq(enables, 1);
	ck_assert(!is_held());
	ck_assert_str_eq(fake_get(&fake, EXPORT_ENABLE), "1");
}
END_TEST

START_TEST(dry_run_holds_nothing)
{
	_cleanup_(report_done) struct report first = { 0 }, second = { 0 };

	run(CACHE, true, &first);
	run(EXPORT, true, &second);
	ck_assert_uint_eq(holds, 0);
}
END_TEST

static const struct {
	int error;
	const char *yaml, *name, *message;
} refusals[] = {
	{ -EBUSY, CACHE, "data",
	  "the kernel refuses an exclusive open of source 'LABEL=data': Device or "
	  "resource busy; no mount, swap area, map or export of the device is visible" },
	{ -ESTALE, CACHE, "data",
	  "another disk has its number since the plan; run again" },
	{ -EBUSY, EXPORT, "nqn.2026-11.org.example:a",
	  "the kernel refuses an exclusive open of device '/dev/vdb': Device or resource "
	  "busy" },
};

START_TEST(refused_hold_creates_nothing_and_is_told)
{
	_cleanup_(report_done) struct report report = { 0 };

	refusal = refusals[_i].error;
	run(refusals[_i].yaml, false, &report);
	ck_assert_uint_eq(creates + enables, 0);
	ck_assert_ptr_null(fake_get(&fake, EXPORT_ENABLE));
	ck_assert_msg(
		strstr(message_of(&report, refusals[_i].name), refusals[_i].message),
		"%s", message_of(&report, refusals[_i].name));
}
END_TEST

START_TEST(machine_without_a_node_goes_on_without_a_hold)
{
	_cleanup_(report_done) struct report report = { 0 };

	refusal = -ENOENT;
	run(EXPORT, false, &report);
	ck_assert_str_eq(fake_get(&fake, EXPORT_ENABLE), "1");
}
END_TEST

/* A mount that came between the end of the hold and the load of the table. */
START_TEST(busy_map_names_the_user_of_the_source)
{
	_cleanup_(report_done) struct report report = { 0 };

	create_error = -EBUSY;
	run(CACHE, false, &report);
	ck_assert_msg(
		strstr(message_of(&report, "data"),
		       "cannot create the map over 'LABEL=data': Device or resource "
		       "busy; no mount"),
		"%s", message_of(&report, "data"));
}
END_TEST

/* --- tables --- */

static int read_own_table(struct sys *sys, const struct dm_entry *entry,
			  struct dm_map *map)
{
	ck_assert_str_eq(entry->name, "ours");
	return dm_tree.read_table(sys, entry, map);
}

START_TEST(table_of_a_foreign_map_is_never_read)
{
	_cleanup_(report_done) struct report report = { 0 };
	static const char *const maps[][3] = {
		{ "dm-0", "ours", "RAPIDDISK-cache-ours" },
		{ "dm-1", "crypt", "CRYPT-PLAIN-crypt" },
		{ "dm-2", "plain", "" },
	};
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		snprintf(path, sizeof(path), "sys/block/%s/dm/name", maps[i][0]);
		fake_set(&fake, path, maps[i][1]);
		snprintf(path, sizeof(path), "sys/block/%s/dm/uuid", maps[i][0]);
		fake_set(&fake, path, maps[i][2]);
		snprintf(path, sizeof(path), "sys/block/%s/dm/open_count", maps[i][0]);
		fake_set(&fake, path, "0");
		snprintf(path, sizeof(path), "sys/block/%s/dm/suspended", maps[i][0]);
		fake_set(&fake, path, "0");
		snprintf(path, sizeof(path), "sys/block/%s/dm/table", maps[i][0]);
		fake_set(&fake, path, "0 8 crypt aes-xts-plain64 0011 0 254:16 0");
	}
	dm.read_table = read_own_table;
	run(CACHE, true, &report);
}
END_TEST

Suite *suite_hold(void)
{
	Suite *suite = suite_create("hold");
	TCase *tcase = tcase_create("hold");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, source_is_held_when_the_map_is_created_and_not_afterwards);
	tcase_add_test(tcase, device_is_held_while_its_namespace_is_enabled);
	tcase_add_test(tcase, dry_run_holds_nothing);
	tcase_add_loop_test(tcase, refused_hold_creates_nothing_and_is_told, 0,
			    ARRAY_SIZE(refusals));
	tcase_add_test(tcase, machine_without_a_node_goes_on_without_a_hold);
	tcase_add_test(tcase, busy_map_names_the_user_of_the_source);
	tcase_add_test(tcase, table_of_a_foreign_map_is_never_read);
	suite_add_tcase(suite, tcase);
	return suite;
}
