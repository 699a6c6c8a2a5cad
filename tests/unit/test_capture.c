/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recorder of --capture, and the removal of secrets. */
#include "apply/redact.h"
#include "base/cleanup.h"
#include "base/macro.h"
#include "golden/tree_dir.h"
#include "golden/tree_parse.h"
#include "sys/dm.h"
#include "sys/record.h"
#include "sys/udev.h"
#include "unit.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

static void parse(const char *text, struct tree *ret)
{
	_cleanup_(diag_done) struct diag diag = { 0 };
	struct tree_file file = { 0 };

	ck_assert_int_eq(diag_init(&diag, "t"), 0);
	ck_assert_int_eq(diag_set_text(&diag, 0, text, strlen(text)), 0);
	ck_assert_int_eq(tree_parse(text, strlen(text), &diag, &file), 0);
	*ret = file.tree;
}

static char *format(const struct tree *tree)
{
	struct buf text = { 0 };
	char *ret;

	tree_format(tree, &text);
	ck_assert_int_eq(buf_take(&text, &ret), 0);
	return ret;
}

/* --- secrets --- */

#define HOSTS  "sys/kernel/config/nvmet/hosts/"
#define SECRET "DHHC-1:01:c2VjcmV0IG9mIHNvbWVib2R5:"

static const struct {
	const char *before, *after;
} redacted[] = {
	/* A key of the kernel, and the same one in its file: both get one placeholder. */
	{ "etc/keys/a [0600] = " SECRET "\n" HOSTS "h/dhchap_key = " SECRET "\n",
	  "etc/keys/a [0600] = DHHC-1:00:captured1:\n" HOSTS
	  "h/dhchap_key = DHHC-1:00:captured1:\n" },
	{ "etc/keys/a = \"" SECRET "\"\n" HOSTS
	  "h/dhchap_ctrl_key = DHHC-1:00:b3RoZXI=:\n",
	  "etc/keys/a = DHHC-1:00:captured1:\n" HOSTS
	  "h/dhchap_ctrl_key = DHHC-1:00:captured2:\n" },
	{ HOSTS "h/dhchap_key =\n", HOSTS "h/dhchap_key =\n" },
	{ HOSTS "h/tls_psk = hunter2\n", HOSTS "h/tls_psk = captured1\n" },
	{ HOSTS "h/dhchap_hash = hmac(sha256)\n",
	  HOSTS "h/dhchap_hash = hmac(sha256)\n" },
	{ "root/notes:\n\thunter2\n\tmore\n", "root/notes = captured1\n" },
	{ "etc/machine-id = 0123\n", "etc/machine-id = 0123\n" },
	{ "run/rapiddisk/initramfs-error = key " SECRET " NVMeTLSkey-1:01:abc:\n",
	  "run/rapiddisk/initramfs-error = key "
	  "DHHC-1:**************************** NVMeTLSkey-1:*******\n" },
	{ "run/a = see https://me:hunter2@host/x?token=abc&id=1#f and http://host/\n",
	  "run/a = see https://**********@host/x?token=***&id=*** and http://host/\n" },
	{ "proc/cmdline = BOOT_IMAGE=/vmlinuz root=UUID=a ro iscsi_password=hunter2 "
	  "rapiddisk=0 rd.rapiddisk=0\n",
	  "proc/cmdline = root=UUID=a rapiddisk=0 rd.rapiddisk=0\n" },
	{ "proc/cmdline = x=\"a root=b\" root=\"LABEL=a b\" \"root=LABEL=c d\"\n",
	  "proc/cmdline = root=\"LABEL=a b\" \"root=LABEL=c d\"\n" },
	{ "proc/cmdline = root=cifs://me:hunter2@host/share\n",
	  "proc/cmdline = root=cifs://**********@host/share\n" },
	{ "proc/meminfo:\n\tMemTotal: 5 kB\n\tMemFree: 4 kB\n",
	  "proc/meminfo = MemTotal: 5 kB\n" },
	{ "proc/self/mountinfo:\n"
	  "\t22 1 8:1 /@ / rw,x shared:1 master:2 - ext4 /dev/sda1 rw,data=ordered\n"
	  "\t23 22 0:5 / /proc rw - proc proc rw\n"
	  "\t24 22 0:7 / /n rw - cifs //host/share rw,username=me,password=hunter2\n"
	  "\t25 22 0:8 / /f rw - fuse.x https://me:hunter2@host/ rw\n"
	  "\tnonsense\n",
	  "proc/self/mountinfo:\n"
	  "\t22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	  "\t24 22 0:7 / /n rw - cifs //host/share rw\n" },
	{ "proc/self/mountinfo = 22 1 0:30 / / rw - overlay overlay rw,lowerdir=/l\n",
	  "proc/self/mountinfo = 22 1 0:30 / / rw - overlay overlay rw\n" },
	{ "proc/812/mountinfo = 30 22 8:1 / /x rw - xfs /dev/sda1 "
	  "rw,logdev=/dev/sdb,password=hunter2,rtdev=/dev/sdc,logdev=hunter2\n",
	  "proc/812/mountinfo = 30 22 8:1 / /x rw - xfs /dev/sda1 "
	  "rw,logdev=/dev/sdb,rtdev=/dev/sdc\n" },
	{ "proc/net/tcp:\n"
	  "\t  sl  local_address rem_address   st\n"
	  "\t   0: 0100007F:1144 00000000:0000 0A 0:0\n"
	  "\t   1: 0100007F:1144 0200A8C0:C0DE 01 0:0\n",
	  "proc/net/tcp = 1: 0100007F:1144 00000000:0000 01\n" },
};

START_TEST(redact_removes_secrets_and_keeps_what_plans_need)
{
	_cleanup_(tree_done) struct tree tree = { 0 };
	_cleanup_free_ char *text = NULL;

	parse(redacted[_i].before, &tree);
	ck_assert_int_eq(redact_tree(&tree), 0);
	text = format(&tree);
	ck_assert_str_eq(text, redacted[_i].after);
}
END_TEST

/* --- the recorder --- */

struct machine {
	char *root;
	struct sys sys;
	struct record record;
};

static void start(struct machine *machine, const char *text)
{
	_cleanup_(tree_done) struct tree tree = { 0 };
	_cleanup_close_ int fd = -1;
	const char *path = "";

	*machine = (struct machine){ .root = unit_dir() };
	parse(text, &tree);
	fd = open(machine->root, O_RDONLY | O_DIRECTORY);
	ck_assert_msg(tree_unpack(&tree, fd, &path) == 0, "%s", path);
	ck_assert_int_eq(kfs_init(&machine->sys.kfs, machine->root, NULL), 0);
	machine->sys.dm = &dm_tree;
	machine->sys.udev = &udev_tree;
	record_start(&machine->record, &machine->sys);
}

static char *stop(struct machine *machine)
{
	_cleanup_(tree_done) struct tree tree = { 0 };

	ck_assert_int_eq(record_stop(&machine->record, &tree), 0);
	ck_assert_ptr_null(machine->sys.kfs.on_query);
	kfs_done(&machine->sys.kfs);
	free(machine->root);
	return format(&tree);
}

START_TEST(record_keeps_the_links_on_the_way)
{
	_cleanup_free_ char *text = NULL, *value = NULL;
	struct machine machine;

	start(&machine, "sys/class/block/rd0 -> ../../devices/rd0\n"
			"sys/devices/rd0/size = 8\n"
			"sys/devices/rd0/ro = 0\n"
			"var/run -> /run\n"
			"run/x = y\n");
	ck_assert_int_eq(kfs_read(&machine.sys.kfs, &value, "sys/class/block/rd0/size"),
			 0);
	ck_assert(kfs_exists(&machine.sys.kfs, "var/run/x"));
	ck_assert(!kfs_exists(&machine.sys.kfs, "var/run/z"));
	text = stop(&machine);
	ck_assert_str_eq(text, "run/x\n"
			       "sys/class/block/rd0 -> ../../devices/rd0\n"
			       "sys/devices/rd0/size = 8\n"
			       "var/run -> /run\n");
}
END_TEST

START_TEST(record_lists_objects_and_no_attributes)
{
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 }, owned = { 0 };
	_cleanup_free_ char *text = NULL, *name = NULL;
	struct machine machine;

	start(&machine, "sys/block/sda/size = 8\n"
			"sys/block/sda/holders/dm-0 -> ../../dm-0\n"
			"sys/block/dm-0/size = 8\n"
			"sys/dev/block/8:0 -> ../../block/sda\n"
			"run/rapiddisk/owned/size:x = 1\n");
	ck_assert_int_eq(kfs_list(&machine.sys.kfs, &names, "sys/block/sda"), 0);
	ck_assert_int_eq(kfs_list(&machine.sys.kfs, &owned, "run/rapiddisk/owned"), 0);
	ck_assert_int_eq(kfs_link(&machine.sys.kfs, &name, "sys/dev/block/8:0"), 0);
	text = stop(&machine);
	ck_assert_str_eq(text, "run/rapiddisk/owned/size:x\n"
			       "sys/block/sda/holders/\n"
			       "sys/dev/block/8:0 -> ../../block/sda\n");
}
END_TEST

START_TEST(record_keeps_the_mode_of_an_opened_file)
{
	_cleanup_free_ char *text = NULL;
	struct machine machine;
	int fd;

	start(&machine, "etc/key [0600] = secret\n");
	fd = kfs_open(&machine.sys.kfs, O_RDONLY, "etc/key");
	ck_assert_int_ge(fd, 0);
	close(fd);
	text = stop(&machine);
	ck_assert_str_eq(text, "etc/key [0600] = secret\n");
}
END_TEST

START_TEST(record_names_the_object_of_a_claim)
{
	_cleanup_free_ char *text = NULL, *value = NULL, *stale = NULL;
	struct machine machine;
	uint64_t inode;

	start(&machine, "run/rapiddisk/owned/port:1: inode of sys/kernel/config/p/1\n"
			"run/rapiddisk/owned/port:2 = 1\n"
			"sys/kernel/config/p/1/\n");
	ck_assert_int_eq(kfs_inode(&machine.sys.kfs, &inode, "sys/kernel/config/p/1"), 0);
	ck_assert_int_eq(kfs_read(&machine.sys.kfs, &value, "run/rapiddisk/owned/port:1"),
			 0);
	ck_assert_int_eq(kfs_read(&machine.sys.kfs, &stale, "run/rapiddisk/owned/port:2"),
			 0);
	text = stop(&machine);
	ck_assert_str_eq(text, "run/rapiddisk/owned/port:1: inode of "
			       "sys/kernel/config/p/1\n"
			       "run/rapiddisk/owned/port:2 = 1\n"
			       "sys/kernel/config/p/1/\n");
}
END_TEST

START_TEST(record_survives_links_in_a_circle)
{
	_cleanup_free_ char *text = NULL, *value = NULL;
	struct machine machine;
	struct buf note = { 0 };

	start(&machine, "a -> b\nb -> a\n");
	ck_assert_int_eq(kfs_read(&machine.sys.kfs, &value, "a/x"), -ELOOP);
	buf_add(&note, "1\n");
	kfs_note(&machine.sys.kfs, &note, "a/x");
	kfs_note(&machine.sys.kfs, &note, "new/x");
	buf_done(&note);
	text = stop(&machine);
	ck_assert_str_eq(text, "a -> b\nb -> a\nnew/x = 1\n");
}
END_TEST

/* --- the kernel's maps and udev's properties --- */

static const struct {
	const char *table;
	struct dm_map map;
} maps[] = {
	{ "0 8 rapiddisk-cache 8:0 - 16 0",
	  { .uuid = (char *)"RAPIDDISK-cache-x",
	    .sectors = 8,
	    .target = (char *)"rapiddisk-cache",
	    .params = (char *)"8:0 - 16 0" } },
	{ "0 8 linear 8:0 0",
	  { .uuid = (char *)"",
	    .sectors = 8,
	    .suspended = true,
	    .openers = 2,
	    .target = (char *)"linear",
	    .params = (char *)"8:0 0" } },
	{ "0 8 crypt",
	  { .uuid = (char *)"CRYPT-x",
	    .sectors = 8,
	    .target = (char *)"crypt",
	    .params = (char *)"aes-xts-plain64 00112233445566778899 0 8:0 0" } },
	{ "0 8", { .uuid = (char *)"LVM-x", .sectors = 8, .unfinished = true } },
	{ "", { .uuid = (char *)"" } },
};

/* Check runs one row after the other. */
static const struct dm_map *live;

static int list_live(struct sys *sys, struct dm_entries *ret)
{
	struct dm_entry entry = { strdup("x"), strdup("dm-3") };

	(void)sys;
	*ret = (struct dm_entries){ 0 };
	return vec_push(&ret->list, entry);
}

static int read_live(struct sys *sys, const struct dm_entry *entry, struct dm_map *ret)
{
	(void)sys;
	ck_assert_str_eq(entry->name, "x");
	*ret = (struct dm_map){
		.uuid = strdup(live->uuid),
		.suspended = live->suspended,
		.unfinished = live->unfinished,
		.openers = live->openers,
	};
	return 0;
}

static int read_live_table(struct sys *sys, const struct dm_entry *entry,
			   struct dm_map *map)
{
	(void)sys;
	ck_assert_str_eq(entry->name, "x");
	map->sectors = live->sectors;
	map->target = live->target ? strdup(live->target) : NULL;
	map->params = live->params ? strdup(live->params) : NULL;
	return 0;
}

static int find_live(const struct sys *sys, const char *property, const char *value,
		     struct device_numbers *ret)
{
	(void)sys, (void)property, (void)value;
	return vec_push(&ret->numbers, makedev(8, 1));
}

static const struct dm_ops live_dm = {
	.list = list_live,
	.read = read_live,
	.read_table = read_live_table,
};
static const struct udev_ops live_udev = { .find = find_live, .encode = udev_encode };

static void look_at_map(struct machine *machine, struct dm_map *ret)
{
	_cleanup_(dm_entries_done) struct dm_entries entries = { 0 };
	struct sys *sys = &machine->sys;

	ck_assert_int_eq(sys->dm->list(sys, &entries), 0);
	ck_assert_uint_eq(entries.list.count, 1);
	ck_assert_str_eq(entries.list.items[0].name, "x");
	ck_assert_str_eq(entries.list.items[0].disk, "dm-3");
	ck_assert_int_eq(sys->dm->read(sys, entries.list.items, ret), 0);
	ck_assert_int_eq(sys->dm->read_table(sys, entries.list.items, ret), 0);
}

START_TEST(record_gives_the_same_map_again)
{
	_cleanup_(dm_map_done) struct dm_map first = { 0 }, second = { 0 };
	_cleanup_free_ char *text = NULL, *wanted = NULL, *rest = NULL;
	const struct dm_map *map = live = &maps[_i].map;
	struct machine machine;

	start(&machine, "sys/block/\n");
	machine.record.dm = &live_dm;
	look_at_map(&machine, &first);
	text = stop(&machine);
	ck_assert_int_ge(asprintf(&wanted, "sys/block/dm-3/dm/table =%s%s\n",
				  maps[_i].table[0] ? " " : "", maps[_i].table),
			 0);
	ck_assert_msg(strstr(text, wanted), "%s", text);
	ck_assert_msg(!strstr(text, "00112233"), "%s", text);
	start(&machine, text);
	look_at_map(&machine, &second);
	rest = stop(&machine);
	ck_assert_str_eq(second.uuid, map->uuid);
	ck_assert_uint_eq(second.sectors, map->sectors);
	ck_assert_uint_eq(second.openers, map->openers);
	ck_assert_int_eq(second.suspended, map->suspended);
	ck_assert_int_eq(second.unfinished, map->unfinished);
	ck_assert_int_eq(!second.target, !map->target);
	if (map->target)
		ck_assert_str_eq(second.target, map->target);
	/* A capture of a capture is the same. */
	ck_assert_str_eq(rest, text);
}
END_TEST

START_TEST(record_notes_what_udev_found)
{
	_cleanup_(device_numbers_done) struct device_numbers numbers = { 0 };
	_cleanup_free_ char *text = NULL;
	struct machine machine;
	struct sys *sys = &machine.sys;

	start(&machine, "run/\n");
	machine.record.udev = &live_udev;
	ck_assert_int_eq(sys->udev->find(sys, "ID_FS_UUID_ENC", "a", &numbers), 0);
	ck_assert_int_eq(sys->udev->find(sys, "ID_FS_LABEL_ENC", "b", &numbers), 0);
	ck_assert_int_eq(sys->udev->find(sys, "ID_FS_UUID_ENC", "a", &numbers), 0);
	text = stop(&machine);
	ck_assert_str_eq(text, "run/udev/data/b8:1:\n"
			       "\tE:ID_FS_UUID_ENC=a\n"
			       "\tE:ID_FS_LABEL_ENC=b\n");
}
END_TEST

Suite *suite_capture(void)
{
	Suite *suite = unit_suite("capture", record_keeps_the_links_on_the_way,
				  record_lists_objects_and_no_attributes,
				  record_keeps_the_mode_of_an_opened_file,
				  record_names_the_object_of_a_claim,
				  record_survives_links_in_a_circle,
				  record_notes_what_udev_found, NULL);

	unit_add_loop(suite, redact_removes_secrets_and_keeps_what_plans_need,
		      ARRAY_SIZE(redacted));
	unit_add_loop(suite, record_gives_the_same_map_again, ARRAY_SIZE(maps));
	return suite;
}
