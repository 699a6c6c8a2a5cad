/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_nvmet.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "kind/nvmet/nvmet.h"

#include <check.h>
#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>

const struct fake_nvmet_kernel fake_nvmet_6_1 = { "6.1", false, true, true };
const struct fake_nvmet_kernel fake_nvmet_6_12 = { "6.12", true, true, true };

struct place {
	char kind[16];	/* "ports", "subsystems", "hosts" */
	char name[256]; /* of the object there */
	char part[32];	/* "namespaces", "subsystems", "addr_traddr", ... or "" */
	char item[256]; /* below the part, or "" */
	char attribute[64];
};

static struct place parse(const char *path)
{
	struct place place = { 0 };

	ck_assert_msg(sscanf(path, NVMET "/%15[^/]/%255[^/]/%31[^/]/%255[^/]/%63[^/]",
			     place.kind, place.name, place.part, place.item,
			     place.attribute) >= 1,
		      "no path of nvmet: '%s'", path);
	return place;
}

static void set(struct fake_kernel *fake, const char *parent, const char *attribute,
		const char *value)
{
	char path[512];

	ck_assert_int_lt(snprintf(path, sizeof(path), "%s/%s", parent, attribute), 512);
	fake_set(fake, path, value);
}

static void make_directory(struct fake_kernel *fake, const char *parent, const char *name)
{
	char path[1024];

	ck_assert_int_lt(
		snprintf(path, sizeof(path), "%s/%s/%s", fake->root, parent, name), 1024);
	ck_assert(mkdir(path, 0755) == 0 || errno == EEXIST);
}

void fake_nvmet_load(struct fake_kernel *fake)
{
	fake_set(fake, "sys/module/nvmet/refcnt", "0");
	fake_set(fake, NVMET "/attribute", "");
	make_directory(fake, NVMET, "hosts");
	make_directory(fake, NVMET, "ports");
	make_directory(fake, NVMET, "subsystems");
}

/* Count the entries of type @type (DT_LNK, DT_DIR) in @parent/@part. */
static unsigned int count_in(struct fake_kernel *fake, const char *parent,
			     const char *part, int type)
{
	_cleanup_free_ char *path = NULL;
	unsigned int n = 0;
	struct dirent *entry;
	DIR *dir;

	ck_assert_int_ge(asprintf(&path, "%s/%s/%s", fake->root, parent, part), 0);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		n += entry->d_type == type && entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return n;
}

/* Is the object the target of a link of configfs? */
static bool is_linked(struct fake_kernel *fake, const char *in, const char *part,
		      const char *name)
{
	char parent[512], path[1200];
	struct dirent *entry;
	struct stat st;
	bool found = false;
	DIR *dir;

	snprintf(parent, sizeof(parent), "%s/%s/%s", fake->root, NVMET, in);
	dir = opendir(parent);
	while (dir && !found && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%.255s/%s/%s", parent, entry->d_name,
			 part, name);
		found = entry->d_name[0] != '.' && lstat(path, &st) == 0;
	}
	if (dir)
		closedir(dir);
	return found;
}

/* --- mkdir and rmdir --- */

static void fill_port(struct fake_kernel *fake, const char *path)
{
	set(fake, path, "addr_trtype", "");
	set(fake, path, "addr_adrfam", "");
	set(fake, path, "addr_traddr", "");
	set(fake, path, "addr_trsvcid", "");
	set(fake, path, "addr_treq", "not specified");
	if (fake->nvmet->tsas)
		set(fake, path, "addr_tsas", "none");
	make_directory(fake, path, "subsystems");
	make_directory(fake, path, "referrals");
}

static void fill_object(struct fake_kernel *fake, const struct place *place,
			const char *path)
{
	if (streq(place->kind, "hosts")) {
		if (!fake->nvmet->auth)
			return;
		set(fake, path, "dhchap_key", "");
		set(fake, path, "dhchap_ctrl_key", "");
		set(fake, path, "dhchap_hash", "hmac(sha256)");
		set(fake, path, "dhchap_dhgroup", "null");
	} else if (streq(place->kind, "ports")) {
		fill_port(fake, path);
	} else {
		set(fake, path, "attr_serial", "0123456789abcdef0123");
		set(fake, path, "attr_model", "Linux");
		set(fake, path, "attr_allow_any_host", "0");
		make_directory(fake, path, "namespaces");
		make_directory(fake, path, "allowed_hosts");
	}
}

static void fill_item(struct fake_kernel *fake, const struct place *place,
		      const char *path)
{
	if (streq(place->part, "referrals")) {
		set(fake, path, "addr_trtype", "");
		set(fake, path, "addr_adrfam", "");
		set(fake, path, "addr_traddr", "");
		set(fake, path, "addr_trsvcid", "");
	} else {
		set(fake, path, "device_path", "(null)");
		set(fake, path, "device_uuid", "5f0c3c1e-0000-4000-8000-000000000001");
		set(fake, path, "device_nguid", "00000000-0000-0000-0000-000000000000");
		if (fake->nvmet->revalidate)
			set(fake, path, "revalidate_size", "");
	}
	set(fake, path, "enable", "0");
}

static int make(struct fake_kernel *fake, const struct place *place, const char *path)
{
	char full[1024];

	snprintf(full, sizeof(full), "%s/%s", fake->root, path);
	if (mkdir(full, 0755) < 0)
		return -errno;
	if (place->item[0])
		fill_item(fake, place, path);
	else
		fill_object(fake, place, path);
	return 0;
}

static int check_removal(struct fake_kernel *fake, const struct place *place,
			 const char *path)
{
	if (place->item[0])
		return 0;
	if (streq(place->kind, "hosts"))
		return is_linked(fake, "subsystems", "allowed_hosts", place->name)
			       ? -EBUSY
			       : 0;
	if (streq(place->kind, "ports"))
		return count_in(fake, path, "subsystems", DT_LNK) ||
				       count_in(fake, path, "referrals", DT_DIR)
			       ? -ENOTEMPTY
			       : 0;
	if (is_linked(fake, "ports", "subsystems", place->name))
		return -EBUSY;
	return count_in(fake, path, "namespaces", DT_DIR) ||
			       count_in(fake, path, "allowed_hosts", DT_LNK)
		       ? -ENOTEMPTY
		       : 0;
}

static int remove_entry(const char *path, const struct stat *st, int type,
			struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int take(struct fake_kernel *fake, const struct place *place, const char *path)
{
	char full[1024];
	int r = check_removal(fake, place, path);

	snprintf(full, sizeof(full), "%s/%s", fake->root, path);
	if (r == 0 && nftw(full, remove_entry, 16, FTW_DEPTH | FTW_PHYS) < 0)
		r = -errno;
	return r;
}

/* --- links --- */

/* An attribute of an object: get(fake, "ports", "1", "addr_trtype"). */
static const char *get(struct fake_kernel *fake, const char *kind, const char *name,
		       const char *attribute)
{
	char path[512];

	snprintf(path, sizeof(path), NVMET "/%s/%s/%s", kind, name, attribute);
	return fake_get(fake, path);
}

static int check_host_link(struct fake_kernel *fake, const struct place *place,
			   const char *target)
{
	ck_assert_int_eq(strncmp(target, NVMET_HOSTS "/", strlen(NVMET_HOSTS "/")), 0);
	return streq(get(fake, "subsystems", place->name, "attr_allow_any_host"), "1")
		       ? -EINVAL
		       : 0;
}

/* Does another port that is open listen on the address of this one? */
static bool is_taken(struct fake_kernel *fake, const char *port)
{
	char parent[512], address[64], service[64], type[16];
	struct dirent *entry;
	bool taken = false;
	DIR *dir;

	snprintf(type, sizeof(type), "%s", get(fake, "ports", port, "addr_trtype"));
	snprintf(address, sizeof(address), "%s", get(fake, "ports", port, "addr_traddr"));
	snprintf(service, sizeof(service), "%s",
		 get(fake, "ports", port, "addr_trsvcid"));
	snprintf(parent, sizeof(parent), "%s/%s", fake->root, NVMET_PORTS);
	dir = opendir(parent);
	while (dir && !taken && (entry = readdir(dir))) {
		char other[400];

		snprintf(other, sizeof(other), NVMET_PORTS "/%s", entry->d_name);
		taken = entry->d_name[0] != '.' && !streq(entry->d_name, port) &&
			streq(type, "tcp") &&
			count_in(fake, other, "subsystems", DT_LNK) &&
			streq(get(fake, "ports", entry->d_name, "addr_traddr"),
			      address) &&
			streq(get(fake, "ports", entry->d_name, "addr_trsvcid"), service);
	}
	if (dir)
		closedir(dir);
	return taken;
}

static int check_port_link(struct fake_kernel *fake, const struct place *place,
			   const char *target)
{
	const char *type = get(fake, "ports", place->name, "addr_trtype");

	ck_assert_int_eq(
		strncmp(target, NVMET_SUBSYSTEMS "/", strlen(NVMET_SUBSYSTEMS "/")), 0);
	if (type[0] == '\0')
		return -EINVAL;
	if (is_taken(fake, place->name))
		return -EADDRINUSE;
	return !fake->bind_port || streq(fake->bind_port, place->name) ? fake->bind_error
								       : 0;
}

static int make_link(struct fake_kernel *fake, const struct place *place,
		     const char *path, const char *target)
{
	char full[1024], absolute[512], found[1024];
	struct stat st;
	int r;

	snprintf(found, sizeof(found), "%s/%s", fake->root, target);
	if (stat(found, &st) < 0)
		return -ENOENT;
	r = streq(place->kind, "ports") ? check_port_link(fake, place, target)
					: check_host_link(fake, place, target);
	if (r < 0)
		return r;
	snprintf(full, sizeof(full), "%s/%s", fake->root, path);
	snprintf(absolute, sizeof(absolute), "/%s", target);
	return symlink(absolute, full) < 0 ? -errno : 0;
}

int fake_nvmet_change(struct fake_kernel *fake, enum kfs_change change, const char *path,
		      const char *target)
{
	struct place place = parse(path);
	char full[1024];

	fake->writes++;
	if (streq(place.kind, "ports") && change == KFS_SYMLINK && !fake->first_link)
		fake->first_link = fake->writes;
	switch (change) {
	case KFS_MKDIR:
		return make(fake, &place, path);
	case KFS_RMDIR:
		return take(fake, &place, path);
	case KFS_SYMLINK:
		return make_link(fake, &place, path, target);
	case KFS_UNLINK:
		snprintf(full, sizeof(full), "%s/%s", fake->root, path);
		if (unlink(full) < 0)
			return -errno;
		if (streq(place.kind, "ports"))
			fake->last_unlink = fake->writes;
		return 0;
	}
	return -EINVAL;
}

/* --- attributes --- */

static int write_port(struct fake_kernel *fake, const struct place *place,
		      const char *value)
{
	char parent[512];

	snprintf(parent, sizeof(parent), NVMET_PORTS "/%s", place->name);
	if (!place->attribute[0] && count_in(fake, parent, "subsystems", DT_LNK))
		return -EACCES;
	if (!streq(place->part, "addr_trtype") && !place->item[0] &&
	    get(fake, "ports", place->name, "addr_trtype")[0] == '\0')
		return -EINVAL;
	if (streq(place->part, "addr_tsas")) {
		if (streq(value, "tls1.3") && fake->no_keyring)
			return -EINVAL;
		set(fake, parent, "addr_treq",
		    streq(value, "tls1.3") ? "required" : "not specified");
	}
	return 0;
}

static int write_namespace(struct fake_kernel *fake, const struct place *place,
			   const char *value)
{
	char path[600], device[300], disk[300];
	const char *text;
	bool enabled;

	snprintf(path, sizeof(path), NVMET_SUBSYSTEMS "/%s/namespaces/%s/enable",
		 place->name, place->item);
	enabled = streq(fake_get(fake, path), "1");
	if (streq(place->attribute, "revalidate_size")) {
		fake->revalidations++;
		return enabled && streq(value, "1") ? 0 : -EINVAL;
	}
	if (!streq(place->attribute, "enable"))
		return enabled ? -EBUSY : 0;
	snprintf(path, sizeof(path), NVMET_SUBSYSTEMS "/%s/namespaces/%s/device_path",
		 place->name, place->item);
	text = fake_get(fake, path);
	snprintf(device, sizeof(device), "%s", text ? text + 1 : "");
	if (!fake_get(fake, device) && !enabled)
		return -ENOENT;
	/* The disk is open as long as the namespace is there. */
	snprintf(disk, sizeof(disk), "sys/block/%s/rapiddisk/openers",
		 strrchr(device, '/') + 1);
	if (fake_get(fake, disk) && enabled != streq(value, "1"))
		fake_set(fake, disk, streq(value, "1") ? "1" : "0");
	return 0;
}

static int write_subsystem(struct fake_kernel *fake, const struct place *place,
			   const char *path, const char *value)
{
	char parent[512];

	if (streq(place->part, "namespaces"))
		return write_namespace(fake, place, value);
	snprintf(parent, sizeof(parent), NVMET_SUBSYSTEMS "/%s", place->name);
	if (streq(place->part, "attr_allow_any_host"))
		return streq(value, "1") &&
				       count_in(fake, parent, "allowed_hosts", DT_LNK)
			       ? -EINVAL
			       : 0;
	(void)path;
	return 0;
}

/* fake_set() makes a new file; configfs keeps the mode that somebody gave it. */
static void set_and_keep_mode(struct fake_kernel *fake, const char *path,
			      const char *value)
{
	char full[1024];
	struct stat st;

	snprintf(full, sizeof(full), "%s/%s", fake->root, path);
	ck_assert_int_eq(stat(full, &st), 0);
	fake_set(fake, path, value);
	ck_assert_int_eq(chmod(full, st.st_mode & 07777), 0);
}

/* No moment at which somebody else could read a key. */
static int write_host(struct fake_kernel *fake, const struct place *place,
		      const char *path, const char *value)
{
	char full[1024];
	struct stat st;

	if (!strstr(place->part, "_key"))
		return 0;
	snprintf(full, sizeof(full), "%s/%s", fake->root, path);
	ck_assert_int_eq(stat(full, &st), 0);
	ck_assert_msg((st.st_mode & 077) == 0, "'%s' is open to others", path);
	return value[0] == '\0' ? -EINVAL : 0;
}

int fake_nvmet_write(struct fake_kernel *fake, const char *path, const char *value)
{
	struct place place = parse(path);
	int r = 0;

	fake->writes++;
	if (fake->passthru && streq(place.attribute, "enable"))
		return 0;
	if (streq(place.kind, "ports"))
		r = write_port(fake, &place, value);
	else if (streq(place.kind, "subsystems"))
		r = write_subsystem(fake, &place, path, value);
	else
		r = write_host(fake, &place, path, value);
	if (r == 0)
		set_and_keep_mode(fake, path, value);
	if (streq(place.attribute, "enable") && streq(value, "1"))
		fake->last_on = fake->writes;
	if (streq(place.attribute, "enable") && streq(value, "0") && !fake->first_off)
		fake->first_off = fake->writes;
	return r;
}

/* --- the whole --- */

static struct buf *listing;
static size_t listing_root;

static int list_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char text[256] = "";
	FILE *file;

	(void)st, (void)ftw;
	if (type == FTW_F && (file = fopen(path, "r"))) {
		if (!fgets(text, sizeof(text), file))
			text[0] = '\0';
		text[strcspn(text, "\n")] = '\0';
		fclose(file);
	}
	buf_addf(listing, "%s%s%s\n", path + listing_root, type == FTW_F ? " " : "",
		 text);
	return 0;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *fake_nvmet_list(struct fake_kernel *fake)
{
	struct buf all = { 0 }, sorted = { 0 };
	char root[256], *rest, *line, *lines[4096], *text;
	size_t n = 0;

	snprintf(root, sizeof(root), "%s/%s", fake->root, NVMET);
	listing = &all;
	listing_root = strlen(fake->root);
	ck_assert_int_eq(nftw(root, list_entry, 16, FTW_PHYS), 0);
	rest = all.data;
	while ((line = strsep(&rest, "\n")))
		lines[n++] = line;
	ck_assert_uint_lt(n, ARRAY_SIZE(lines));
	qsort(lines, n, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < n; i++)
		buf_addf(&sorted, "%s\n", lines[i]);
	buf_done(&all);
	ck_assert_int_eq(buf_take(&sorted, &text), 0);
	return text;
}
