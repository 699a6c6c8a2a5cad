/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_kernel.h"

#include "base/cleanup.h"
#include "fake_nvmet.h"
#include "kind/kinds.h"
#include "kind/nvmet/nvmet.h"
#include "model/config.h"
#include "sys/clock.h"
#include "sys/dm.h"
#include "sys/udev.h"

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <sys/stat.h>

#define PATH_ROOM 512

static void path_of(const struct fake_kernel *fake, char path[static PATH_ROOM],
		    const char *rest)
{
	ck_assert_int_lt(snprintf(path, PATH_ROOM, "%s/%s", fake->root, rest), PATH_ROOM);
}

static void make_parents(char *path)
{
	for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		ck_assert(mkdir(path, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
}

void fake_set(struct fake_kernel *fake, const char *path, const char *value)
{
	char full[PATH_ROOM], fresh[PATH_ROOM + 4];
	FILE *file;

	path_of(fake, full, path);
	make_parents(full);
	/* Whole or not at all, as a reader of sysfs sees it. */
	snprintf(fresh, sizeof(fresh), "%s.new", full);
	file = fopen(fresh, "w");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "%s\n", value);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(rename(fresh, full), 0);
}

void fake_link(struct fake_kernel *fake, const char *path, const char *target)
{
	char full[PATH_ROOM];

	path_of(fake, full, path);
	make_parents(full);
	ck_assert_int_eq(symlink(target, full), 0);
}

const char *fake_get(struct fake_kernel *fake, const char *path)
{
	static char line[256];
	_cleanup_fclose_ FILE *file = NULL;
	char full[PATH_ROOM];

	path_of(fake, full, path);
	file = fopen(full, "r");
	if (!file || !fgets(line, sizeof(line), file))
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static void set_disk(struct fake_kernel *fake, unsigned int number, const char *attribute,
		     uint64_t value)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), "sys/block/rd%u/%s", number, attribute);
	snprintf(text, sizeof(text), "%" PRIu64, value);
	fake_set(fake, path, text);
}

static bool disk_exists(struct fake_kernel *fake, unsigned int number)
{
	char path[64];

	snprintf(path, sizeof(path), "sys/block/rd%u/size", number);
	return fake_get(fake, path) != NULL;
}

static uint64_t get_disk(struct fake_kernel *fake, unsigned int number,
			 const char *attribute)
{
	const char *text;
	char path[128];

	snprintf(path, sizeof(path), "sys/block/rd%u/%s", number, attribute);
	text = fake_get(fake, path);
	ck_assert_ptr_nonnull(text);
	return strtoull(text, NULL, 10);
}

static int remove_entry(const char *path, const struct stat *st, int type,
			struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void remove_tree(struct fake_kernel *fake, const char *rest)
{
	char path[PATH_ROOM];

	path_of(fake, path, rest);
	ck_assert_int_eq(nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void fake_remove(struct fake_kernel *fake, const char *path)
{
	remove_tree(fake, path);
}

/* --- the module's mgmt file --- */

struct command {
	unsigned int number;
	uint64_t bytes, preallocate, numa_node;
	bool has_preallocate, has_node;
	char owner[64];
};

static int parse_options(char *rest, struct command *command)
{
	char *word;

	while ((word = strsep(&rest, " "))) {
		if (sscanf(word, "preallocate=%" SCNu64, &command->preallocate) == 1)
			command->has_preallocate = true;
		else if (sscanf(word, "numa_node=%" SCNu64, &command->numa_node) == 1)
			command->has_node = true;
		else if (sscanf(word, "owner=%63s", command->owner) != 1)
			return -EINVAL;
	}
	return 0;
}

static int attach(struct fake_kernel *fake, const struct command *command)
{
	char path[64], device[32];
	unsigned int n = command->number;

	if (disk_exists(fake, n))
		return -EEXIST;
	set_disk(fake, n, "ro", 0);
	snprintf(path, sizeof(path), "sys/block/rd%u/dev", n);
	snprintf(device, sizeof(device), "251:%u", n);
	fake_set(fake, path, device);
	snprintf(path, sizeof(path), "sys/dev/block/%s", device);
	snprintf(device, sizeof(device), "../../block/rd%u", n);
	fake_link(fake, path, device);
	set_disk(fake, n, "rapiddisk/preallocate", command->preallocate);
	set_disk(fake, n, "rapiddisk/used_bytes",
		 command->preallocate ? command->bytes : 0);
	set_disk(fake, n, "rapiddisk/openers", 0);
	snprintf(path, sizeof(path), "sys/block/rd%u/rapiddisk/numa_node", n);
	fake_set(fake, path, "-1");
	if (command->has_node)
		set_disk(fake, n, "rapiddisk/numa_node", command->numa_node);
	snprintf(path, sizeof(path), "sys/block/rd%u/rapiddisk/owner", n);
	fake_set(fake, path, command->owner);
	snprintf(path, sizeof(path), "dev/rd%u", n);
	fake_set(fake, path, "");
	set_disk(fake, n, "size", command->bytes / 512);
	return 0;
}

static int resize(struct fake_kernel *fake, const struct command *command)
{
	unsigned int n = command->number;
	char path[64];

	if (!disk_exists(fake, n))
		return -ENODEV;
	if (command->bytes / 512 < get_disk(fake, n, "size") &&
	    get_disk(fake, n, "rapiddisk/openers") > 0)
		return -EBUSY;
	set_disk(fake, n, "size", command->bytes / 512);
	if (command->has_preallocate)
		set_disk(fake, n, "rapiddisk/preallocate", command->preallocate);
	if (command->owner[0]) {
		snprintf(path, sizeof(path), "sys/block/rd%u/rapiddisk/owner", n);
		fake_set(fake, path, command->owner);
	}
	return 0;
}

static int detach(struct fake_kernel *fake, unsigned int number)
{
	char path[64];

	if (!disk_exists(fake, number))
		return -ENODEV;
	if (get_disk(fake, number, "rapiddisk/openers") > 0)
		return -EBUSY;
	snprintf(path, sizeof(path), "sys/block/rd%u", number);
	remove_tree(fake, path);
	snprintf(path, sizeof(path), "dev/rd%u", number);
	remove_tree(fake, path);
	snprintf(path, sizeof(path), "sys/dev/block/251:%u", number);
	remove_tree(fake, path);
	return 0;
}

static bool is_refused(const struct fake_kernel *fake, unsigned int number)
{
	char name[16];

	snprintf(name, sizeof(name), "rd%u", number);
	return fake->refuse_error && (!fake->refuse || streq(fake->refuse, name));
}

static int on_write(void *data, const char *path, const char *value)
{
	struct fake_kernel *fake = data;
	struct command command = { 0 };
	char text[256], verb[16];
	int used = 0, r;

	if (strncmp(path, NVMET "/", strlen(NVMET "/")) == 0)
		return fake_nvmet_write(fake, path, value);
	fake->writes++;
	ck_assert_str_eq(path, "sys/kernel/rapiddisk/mgmt");
	if (fake->deaf)
		return 0;
	snprintf(text, sizeof(text), "%s", value);
	ck_assert_msg(sscanf(text, "rapiddisk %15s %u%n", verb, &command.number, &used) ==
			      2,
		      "mgmt got '%s'", value);
	if (streq(verb, "detach")) {
		ck_assert_int_eq(text[used], '\0');
		return detach(fake, command.number);
	}
	ck_assert_int_eq(sscanf(text + used, " %" SCNu64 "%n", &command.bytes, &r), 1);
	used += r;
	if (text[used] == ' ')
		r = parse_options(text + used + 1, &command);
	else
		r = text[used] ? -EINVAL : 0;
	if (r < 0)
		return r;
	if (is_refused(fake, command.number))
		return fake->refuse_error;
	return streq(verb, "attach") ? attach(fake, &command) : resize(fake, &command);
}

static int on_change(void *data, enum kfs_change change, const char *path,
		     const char *target)
{
	return fake_nvmet_change(data, change, path, target);
}

static int on_set_read_only(void *data, const char *path, bool read_only)
{
	struct fake_kernel *fake = data;
	unsigned int number;

	fake->writes++;
	ck_assert_int_eq(sscanf(path, "dev/rd%u", &number), 1);
	if (!fake->deaf)
		set_disk(fake, number, "ro", read_only);
	return 0;
}

/* --- the machine --- */

void fake_load_module(struct fake_kernel *fake)
{
	fake_set(fake, "sys/module/rapiddisk/refcnt", "0");
	fake_set(fake, "sys/kernel/rapiddisk/mgmt", "");
	fake_set(fake, "sys/kernel/rapiddisk/progress", "0 0");
}

/* The port's function has no data: one machine at a time can load modules. */
static struct fake_kernel *loading;

static int load_module(const char *name, struct fault *fault)
{
	int r;

	char path[64];

	if (streq(name, "rapiddisk") && !loading->has_module)
		return -ENOENT;
	r = fault_point(fault);
	if (r < 0)
		return r;
	if (streq(name, "rapiddisk")) {
		fake_load_module(loading);
	} else if (streq(name, "nvmet")) {
		fake_nvmet_load(loading);
	} else {
		ck_assert_msg(streq(name, "nvmet_tcp") || streq(name, "nvme_loop"),
			      "loads '%s'", name);
		snprintf(path, sizeof(path), "sys/module/%s/refcnt", name);
		fake_set(loading, path, "0");
	}
	return 0;
}

static int find_module(const char *name)
{
	return streq(name, "rapiddisk") && !loading->has_module ? -ENOENT : 0;
}

void fake_init(struct fake_kernel *fake, uint64_t ram_bytes)
{
	char meminfo[64];

	*fake = (struct fake_kernel){ .root = "/tmp/fake-kernel-XXXXXX",
				      .has_module = true,
				      .nvmet = &fake_nvmet_6_12 };
	ck_assert_ptr_nonnull(mkdtemp(fake->root));
	ck_assert_int_eq(kfs_init(&fake->sys.kfs, fake->root, &fake->sys.fault), 0);
	fake->sys.kfs.on_write = on_write;
	fake->sys.kfs.on_change = on_change;
	fake->sys.kfs.on_set_read_only = on_set_read_only;
	fake->sys.kfs.hook_data = fake;
	fake->sys.load_module = load_module;
	fake->sys.find_module = find_module;
	fake->sys.dm = &dm_tree;
	fake->sys.udev = &udev_tree;
	fake->sys.deadline_ms = clock_now_ms();
	loading = fake;
	snprintf(meminfo, sizeof(meminfo), "MemTotal: %" PRIu64 " kB", ram_bytes / 1024);
	fake_set(fake, "proc/meminfo", meminfo);
	fake_set(fake, "proc/self/mountinfo",
		 "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw");
	fake_set(fake, "proc/swaps", "Filename Type Size Used Priority");
	fake_set(fake, "proc/cmdline", "root=/dev/sda1 quiet");
	fake_set(fake, "proc/sys/kernel/random/boot_id",
		 "11111111-2222-3333-4444-555555555555");
	fake_set(fake, "sys/block/sda/size", "1000");
	fake_set(fake, "sys/class/none", "");
	fake_link(fake, "sys/class/block", "../block");
	fake_set(fake, "run/lock/none", "");
	fake_set(fake, "etc/machine-id", "0123456789abcdef0123456789abcdef");
	fake_set(fake, "proc/sys/kernel/hostname", "box");
	fake_set(fake, "sys/class/net/lo/addresses", "127.0.0.1\n::1");
}

void fake_done(struct fake_kernel *fake)
{
	kfs_done(&fake->sys.kfs);
	remove_tree(fake, "");
}

void fake_attach(struct fake_kernel *fake, unsigned int number, uint64_t bytes,
		 const char *owner)
{
	struct command command = { .number = number, .bytes = bytes };

	snprintf(command.owner, sizeof(command.owner), "%s", owner);
	ck_assert_int_eq(attach(fake, &command), 0);
}

void fake_mount(struct fake_kernel *fake, unsigned int number, const char *where)
{
	char line[128];

	snprintf(line, sizeof(line), "30 22 251:%u / %s rw - ext4 /dev/rd%u rw", number,
		 where, number);
	fake_set(fake, "proc/self/mountinfo", line);
	set_disk(fake, number, "rapiddisk/openers", 1);
}

void fake_model(struct model *ret, const char *yaml)
{
	_cleanup_(diag_done) struct diag diag = { 0 };
	_cleanup_free_ char *text = NULL;
	int r;

	ck_assert_int_ge(asprintf(&text, "version: 1\n%s", yaml), 0);
	ck_assert_int_eq(diag_init(&diag, "test.yaml"), 0);
	r = config_parse(text, strlen(text), kind_classes, &diag, ret);
	if (r < 0)
		diag_print(&diag, stderr);
	ck_assert_int_eq(r, 0);
}
