/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NVMe hosts: initiators that exports name, /sys/kernel/config/nvmet/hosts/NQN, and the
 * keys by which they prove who they are (DH-HMAC-CHAP, NVMe Base Specification, 8.3.4.5).
 */
#include "base/cleanup.h"
#include "kind/kind.h"
#include "kind/nvmet/nvmet.h"
#include "kind/say.h"
#include "model/pattern.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

/* The longest secret is 64 bytes, and a checksum, in base64: a file beyond is no key. */
#define KEY_MAX	    512
#define KEY_PATTERN "^DHHC-1:0[0-3]:[A-Za-z0-9+/]+=*:$"

struct host {
	struct obj obj;
	char *nqn;
	char *dhchap_key_file, *dhchap_ctrl_key_file;
	int dhchap_hash, dhchap_dhgroup;
	char *dhchap_key, *dhchap_ctrl_key;
	const char
		*foreign; /* wanted and resolved: an export that is not ours lets it in */
};

enum {
	HOST_NQN,
	HOST_KEY_FILE,
	HOST_CTRL_KEY_FILE,
	HOST_HASH,
	HOST_DHGROUP,
	HOST_KEY,
	HOST_CTRL_KEY,
};

static const char *const hash_words[] = { "sha256", "sha384", "sha512", NULL };
/* What the kernel calls them. */
static const char *const hash_names[] = { "hmac(sha256)", "hmac(sha384)", "hmac(sha512)",
					  NULL };
static const char *const group_words[] = { "none",	"ffdhe2048", "ffdhe3072",
					   "ffdhe4096", "ffdhe6144", "ffdhe8192",
					   NULL };
static const char *const group_names[] = { "null",	"ffdhe2048", "ffdhe3072",
					   "ffdhe4096", "ffdhe6144", "ffdhe8192",
					   NULL };
_Static_assert(ARRAY_SIZE(hash_words) == ARRAY_SIZE(hash_names), "one name a word");
_Static_assert(ARRAY_SIZE(group_words) == ARRAY_SIZE(group_names), "one name a word");

static const struct field host_fields[] = {
	[HOST_NQN] = FIELD(host, nqn, FIELD_STRING, .flags = FIELD_KEY | FIELD_REQUIRED,
			   .pattern = NVMET_NQN_PATTERN, .expects = NVMET_NQN_EXPECTS,
			   .max = NVMET_NQN_MAX,
			   .doc = "The initiator's name, as in its /etc/nvme/hostnqn"),
	[HOST_KEY_FILE] = FIELD(
		host, dhchap_key_file, FIELD_STRING,
		.flags = FIELD_POLICY | FIELD_SECRET_FILE, .pattern = "^/.",
		.expects = "a path from the root on",
		.doc = "File with the DH-HMAC-CHAP key (DHHC-1:...) that the host has to "
		       "know; root's, mode 0600"),
	[HOST_CTRL_KEY_FILE] = FIELD(
		host, dhchap_ctrl_key_file, FIELD_STRING,
		.flags = FIELD_POLICY | FIELD_SECRET_FILE, .pattern = "^/.",
		.expects = "a path from the root on",
		.doc = "File with the key by which the controller proves itself to the "
		       "host; needs dhchap_key_file"),
	[HOST_HASH] = FIELD(host, dhchap_hash, FIELD_ENUM, .words = hash_words,
			    .doc = "Hash of the authentication; sha256 unless given"),
	[HOST_DHGROUP] = FIELD(host, dhchap_dhgroup, FIELD_ENUM, .words = group_words,
			       .doc = "Diffie-Hellman group of the authentication; none "
				      "unless given"),
	[HOST_KEY] = FIELD(host, dhchap_key, FIELD_STRING,
			   .flags = FIELD_DERIVED | FIELD_SECRET | FIELD_EXACT,
			   .doc = "The host's key"),
	[HOST_CTRL_KEY] = FIELD(host, dhchap_ctrl_key, FIELD_STRING,
				.flags = FIELD_DERIVED | FIELD_SECRET | FIELD_EXACT,
				.doc = "The controller's key"),
};

static const struct host *host_of(const struct obj *obj)
{
	return (const struct host *)obj;
}

static char *folder_of(const struct obj *obj)
{
	char *text;

	return asprintf(&text, NVMET_HOSTS "/%s", obj_name(obj)) < 0 ? NULL : text;
}

static void host_validate(const struct obj *want, const struct model *desired,
			  struct diag *diag)
{
	(void)desired;
	if (field_is_set(want, HOST_CTRL_KEY_FILE) && !field_is_set(want, HOST_KEY_FILE))
		diag_add(diag, obj_field_pos(want, HOST_CTRL_KEY_FILE),
			 "host '%s': dhchap_ctrl_key_file needs dhchap_key_file: a "
			 "controller proves itself only to a host that does",
			 obj_name(want));
}

/* --- key files --- */

static void wipe(char **text)
{
	if (*text)
		explicit_bzero(*text, strlen(*text));
	free(*text);
}

#define _cleanup_wipe_ _cleanup_(wipe)

/* Return: 0, with want->unmet set where the file is not as it has to be; -ENOMEM. */
static int check_key_file(const struct kfs *kfs, struct obj *want, int fd,
			  const char *path)
{
	uid_t root = kfs->is_sysroot ? geteuid() : 0;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return kind_set_unmet(want, "cannot look at its key file '%s': %s", path,
				      strerror(errno));
	if (!S_ISREG(st.st_mode))
		return kind_set_unmet(want, "its key file '%s' is not a regular file",
				      path);
	if (st.st_uid != root)
		return kind_set_unmet(want,
				      "its key file '%s' belongs to user %u: run 'chown "
				      "root' on it",
				      path, st.st_uid);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return kind_set_unmet(want,
				      "its key file '%s' is open to others (mode %04o): "
				      "run 'chmod 600' on it, and change the key",
				      path, st.st_mode & 07777);
	if (st.st_size > KEY_MAX)
		return kind_set_unmet(want, "its key file '%s' is too large for a key",
				      path);
	return 0;
}

/* What the file says, never a part of it, comes into a message. */
static int take_key(struct obj *want, unsigned int index, char *text, const char *path)
{
	size_t offset;
	int r;

	text[strcspn(text, " \t\r\n")] = '\0';
	r = pattern_check(KEY_PATTERN, text, &offset);
	if (r == -EINVAL)
		return kind_set_unmet(want,
				      "its key file '%s' holds no key of the form "
				      "'DHHC-1:NN:...:'; 'nvme gen-dhchap-key' makes one",
				      path);
	return r < 0 ? r : field_set_string(want, index, text);
}

static int read_key_file(const struct kfs *kfs, struct obj *want, unsigned int index,
			 const char *path)
{
	_cleanup_close_ int fd =
		kfs_open(kfs, O_RDONLY | O_NONBLOCK | O_NOCTTY, "%s", path + 1);
	char text[KEY_MAX + 1];
	ssize_t n;
	int r;

	if (fd < 0)
		return kind_set_unmet(want, "cannot open its key file '%s': %s", path,
				      strerror(-fd));
	r = check_key_file(kfs, want, fd, path);
	if (r < 0 || want->unmet)
		return r;
	n = read(fd, text, KEY_MAX);
	if (n < 0)
		return kind_set_unmet(want, "cannot read its key file '%s': %s", path,
				      strerror(errno));
	text[n] = '\0';
	r = take_key(want, index, text, path);
	explicit_bzero(text, sizeof(text));
	return r;
}

/* A key that no live host has: one whose file cannot be read is wanted all the same. */
static int want_keys(struct obj *want)
{
	int r = 0;

	if (field_is_set(want, HOST_KEY_FILE))
		r = field_set_string(want, HOST_KEY, "");
	if (r == 0 && field_is_set(want, HOST_CTRL_KEY_FILE))
		r = field_set_string(want, HOST_CTRL_KEY, "");
	return r;
}

/* What the kernel has for a new host: the first of the words. */
static void want_defaults(struct obj *want)
{
	if (!field_is_set(want, HOST_KEY))
		return;
	if (!field_is_set(want, HOST_HASH))
		field_set_enum(want, HOST_HASH, 0);
	if (!field_is_set(want, HOST_DHGROUP))
		field_set_enum(want, HOST_DHGROUP, 0);
}

/* Only who loses a key is made anew, and taken off the lists for that. */
static const char *find_foreign(const struct obj *want, const struct model *observed)
{
	const struct obj *have = model_find(observed, want->class, obj_name(want));

	return have && field_is_set(have, HOST_KEY) &&
			       !(field_is_set(want, HOST_KEY) &&
				 field_is_set(want, HOST_CTRL_KEY))
		       ? nvmet_find_foreign(have, observed)
		       : NULL;
}

static int host_resolve(struct sys *sys, struct obj *want, const struct model *desired,
			const struct model *observed)
{
	const struct host *host = host_of(want);
	int r = want_keys(want);

	(void)desired;
	want_defaults(want);
	((struct host *)want)->foreign = find_foreign(want, observed);
	if (r == 0 && field_is_set(want, HOST_KEY_FILE))
		r = read_key_file(&sys->kfs, want, HOST_KEY, host->dhchap_key_file);
	if (r == 0 && !want->unmet && field_is_set(want, HOST_CTRL_KEY_FILE))
		r = read_key_file(&sys->kfs, want, HOST_CTRL_KEY,
				  host->dhchap_ctrl_key_file);
	return r;
}

/* --- observe --- */

static int read_secret(const struct kfs *kfs, struct obj *obj, unsigned int index)
{
	_cleanup_wipe_ char *text = NULL;
	int r = nvmet_read(kfs, &text, NVMET_HOSTS "/%s/%s", obj_name(obj),
			   obj->class->fields[index].name);

	return r < 0 || !text ? r : field_set_string(obj, index, text);
}

static int read_word(const struct kfs *kfs, struct obj *obj, unsigned int index,
		     const char *const *names)
{
	_cleanup_free_ char *text = NULL;
	int r = nvmet_read(kfs, &text, NVMET_HOSTS "/%s/%s", obj_name(obj),
			   obj->class->fields[index].name);

	for (int i = 0; r == 0 && text && names[i]; i++)
		if (streq(text, names[i]))
			field_set_enum(obj, index, i);
	return r;
}

/* Each subsystem that lets it in. */
static int count_uses(const struct kfs *kfs, struct obj *obj)
{
	_cleanup_(kfs_names_done) struct kfs_names subsystems = { 0 };
	int r = nvmet_list(kfs, &subsystems, NVMET_SUBSYSTEMS);

	if (r < 0)
		return r;
	vec_foreach (name, &subsystems.names)
		obj->holders += kfs_exists(kfs, NVMET_SUBSYSTEMS "/%s/allowed_hosts/%s",
					   *name, obj_name(obj));
	if (obj->holders > 0 &&
	    asprintf(&obj->in_use, "let in by %" PRIu64 " export%s", obj->holders,
		     obj->holders == 1 ? "" : "s") < 0) {
		obj->in_use = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int observe_one(const struct kfs *kfs, const struct claims *claims,
		       const char *name, struct model *observed)
{
	struct obj *obj = obj_new(&host_class);
	int r;

	if (!obj)
		return -ENOMEM;
	if ((r = field_set_string(obj, HOST_NQN, name)) < 0 ||
	    (r = read_secret(kfs, obj, HOST_KEY)) < 0 ||
	    (r = read_secret(kfs, obj, HOST_CTRL_KEY)) < 0 ||
	    (r = read_word(kfs, obj, HOST_HASH, hash_names)) < 0 ||
	    (r = read_word(kfs, obj, HOST_DHGROUP, group_names)) < 0 ||
	    (r = count_uses(kfs, obj)) < 0 ||
	    (r = nvmet_set_owner(kfs, claims, obj,
				 obj->holders == 0 && !field_is_set(obj, HOST_KEY))) <
		    0) {
		obj_free(obj);
		return r;
	}
	return model_add(observed, obj);
}

static int host_observe(struct sys *sys, struct model *observed)
{
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 };
	_cleanup_(claims_done) struct claims claims = { 0 };
	int r = nvmet_list(&sys->kfs, &names, NVMET_HOSTS);

	if (r == 0 && names.names.count > 0)
		r = claims_load(&sys->kfs, &claims);
	for (size_t i = 0; r == 0 && i < names.names.count; i++)
		r = observe_one(&sys->kfs, &claims, names.names.items[i], observed);
	return r;
}

/* --- act --- */

/* The kernel makes the attribute for all to read (CONFIGFS_ATTR()), the file is not. */
static int set_secret(struct sys *sys, struct buf *why, const char *folder,
		      const char *name, const char *value)
{
	int r = kfs_chmod(&sys->kfs, S_IRUSR | S_IWUSR, "%s/%s", folder, name);

	return r < 0 ? kind_fail(why, r, nvmet_hint(r), "cannot hide '%s' from others",
				 name)
		     : nvmet_set(sys, why, folder, name, value, NULL);
}

static int set_attributes(struct sys *sys, const struct obj *want, uint64_t changed,
			  const char *folder, struct buf *why)
{
	const struct host *host = host_of(want);
	int r = 0;

	changed &= want->set;
	if (changed & 1u << HOST_HASH)
		r = nvmet_set(sys, why, folder, "dhchap_hash",
			      hash_names[host->dhchap_hash],
			      hash_names[host->dhchap_hash]);
	if (r == 0 && changed & 1u << HOST_DHGROUP)
		r = nvmet_set(sys, why, folder, "dhchap_dhgroup",
			      group_names[host->dhchap_dhgroup],
			      group_names[host->dhchap_dhgroup]);
	if (r == 0 && changed & 1u << HOST_KEY)
		r = set_secret(sys, why, folder, "dhchap_key", host->dhchap_key);
	if (r == 0 && changed & 1u << HOST_CTRL_KEY)
		r = set_secret(sys, why, folder, "dhchap_ctrl_key",
			       host->dhchap_ctrl_key);
	return r;
}

static int host_create(struct sys *sys, const struct obj *want, struct buf *why)
{
	_cleanup_free_ char *folder = folder_of(want);
	struct buf ignored = { 0 };
	int r = folder ? nvmet_begin(sys, want, folder, why) : -ENOMEM;

	if (r < 0)
		return r;
	r = set_attributes(sys, want, UINT64_MAX, folder, why);
	if (r < 0)
		(void)nvmet_end(sys, want, folder, &ignored); /* the first error counts */
	buf_done(&ignored);
	return r;
}

/* The kernel takes no empty key: a host without one is a new host. */
static bool has_to_forget(const struct obj *want, uint64_t changed)
{
	return changed & ~want->set & (1u << HOST_KEY | 1u << HOST_CTRL_KEY);
}

static int host_judge(struct plan_step *step)
{
	const char *foreign = host_of(step->want)->foreign;

	return foreign && has_to_forget(step->want, step->changed)
		       ? nvmet_block_foreign(step, foreign)
		       : 0;
}

static int relink(struct sys *sys, const struct obj *obj, const char *folder,
		  const struct kfs_names *subsystems, struct buf *why)
{
	vec_foreach (name, &subsystems->names) {
		int r = kfs_symlink(&sys->kfs, folder,
				    NVMET_SUBSYSTEMS "/%s/allowed_hosts/%s", *name,
				    obj_name(obj));

		if (r < 0 && r != -EEXIST)
			return kind_fail(why, r, nvmet_hint(r),
					 "cannot let it in by export '%s' again", *name);
	}
	return 0;
}

/* Keeps in @subsystems only those that let it in, and takes it off their lists. */
static int unlink_all(struct sys *sys, const struct obj *obj,
		      struct kfs_names *subsystems, struct buf *why)
{
	size_t kept = 0;
	int r = nvmet_list(&sys->kfs, subsystems, NVMET_SUBSYSTEMS);

	for (size_t i = 0; r == 0 && i < subsystems->names.count; i++) {
		char *name = subsystems->names.items[i];

		if (!kfs_exists(&sys->kfs, NVMET_SUBSYSTEMS "/%s/allowed_hosts/%s", name,
				obj_name(obj))) {
			free(name);
			subsystems->names.items[i] = NULL;
			continue;
		}
		subsystems->names.items[i] = NULL;
		subsystems->names.items[kept++] = name;
		r = kfs_unlink(&sys->kfs, NVMET_SUBSYSTEMS "/%s/allowed_hosts/%s", name,
			       obj_name(obj));
	}
	/* On failure what is behind has its name still, and is freed with the rest. */
	if (r < 0)
		return kind_fail(why, r, nvmet_hint(r), "cannot take it off a list");
	subsystems->names.count = kept;
	return 0;
}

static int remake(struct sys *sys, const struct obj *want, const char *folder,
		  struct buf *why)
{
	_cleanup_(kfs_names_done) struct kfs_names subsystems = { 0 };
	int r = unlink_all(sys, want, &subsystems, why), linked;

	if (r == 0)
		r = nvmet_end(sys, want, folder, why);
	if (r == 0)
		r = host_create(sys, want, why);
	if (r < 0)
		return r;
	linked = relink(sys, want, folder, &subsystems, why);
	return linked;
}

static int host_update(struct sys *sys, const struct obj *have, const struct obj *want,
		       uint64_t changed, struct buf *why)
{
	_cleanup_free_ char *folder = folder_of(have);

	if (!folder)
		return -ENOMEM;
	return has_to_forget(want, changed)
		       ? remake(sys, want, folder, why)
		       : set_attributes(sys, want, changed, folder, why);
}

static int host_remove(struct sys *sys, const struct obj *have, struct buf *why)
{
	_cleanup_free_ char *folder = folder_of(have);

	return folder ? nvmet_end(sys, have, folder, why) : -ENOMEM;
}

const struct obj_class host_class = {
	.name = "host",
	.section = "hosts",
	.doc = "NVMe hosts (initiators) that exports let in",
	.size = sizeof(struct host),
	.rank = RANK_HOST,
	.fields = host_fields,
	.field_count = ARRAY_SIZE(host_fields),
	.validate = host_validate,
};

const struct kind kind_host = {
	.class = &host_class,
	.modules = (const char *const[]){ "nvmet", NULL },
	.network = true,
	.observe = host_observe,
	.resolve = host_resolve,
	.create = host_create,
	.update = host_update,
	.judge = host_judge,
	.remove = host_remove,
	.adopt = nvmet_adopt,
};
