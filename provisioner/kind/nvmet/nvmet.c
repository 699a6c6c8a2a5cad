/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kind/nvmet/nvmet.h"

#include "base/cleanup.h"
#include "base/units.h"
#include "kind/kind.h"
#include "kind/say.h"

#include <inttypes.h>
#include <stdarg.h>

#define DEBUGFS "sys/kernel/debug/nvmet"

const char *nvmet_hint(int error)
{
	switch (error) {
	case -ENOENT:
		return "this kernel's nvmet does not have it, or configfs is not mounted on "
		       "'/sys/kernel/config'";
	case -EADDRINUSE:
		return "another service has this address and port: see 'ss -ltnp'";
	case -EADDRNOTAVAIL:
		return "this machine does not have this address";
	case -EBUSY:
	case -ENOTEMPTY:
		return "something else in nvmet's configfs stands on it";
	case -EACCES:
	case -EPERM:
		return "run as root";
	default:
		return "see the kernel's log";
	}
}

/* --- attributes and folders --- */

static void trim(char *text)
{
	size_t len = strlen(text), start = strspn(text, " \t\n");

	while (len > start && strchr(" \t\n", text[len - 1]))
		len--;
	memmove(text, text + start, len - start);
	text[len - start] = '\0';
}

int nvmet_read(const struct kfs *kfs, char **ret, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;
	int r;

	*ret = NULL;
	va_start(args, fmt);
	r = kfs_vread(kfs, &text, fmt, args);
	va_end(args);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	trim(text);
	/* printf() of a path that nobody has set. */
	if (text[0] != '\0' && !streq(text, "(null)"))
		*ret = TAKE_PTR(text);
	return 0;
}

int nvmet_set(struct sys *sys, struct buf *why, const char *folder, const char *name,
	      const char *value, const char *shown)
{
	int r = kfs_write(&sys->kfs, value, "%s/%s", folder, name);

	if (r < 0 && !shown)
		return kind_fail(why, r, nvmet_hint(r), "cannot set '%s'", name);
	return r < 0 ? kind_fail(why, r, nvmet_hint(r), "cannot set '%s' to '%s'", name,
				 shown)
		     : 0;
}

static int compare_names(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

int nvmet_list(const struct kfs *kfs, struct kfs_names *ret, const char *fmt, ...)
{
	va_list args;
	int r;

	va_start(args, fmt);
	r = kfs_vlist(kfs, ret, fmt, args);
	va_end(args);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (ret->names.count > 0)
		qsort(ret->names.items, ret->names.count, sizeof(char *), compare_names);
	return 0;
}

bool nvmet_lists(const struct kfs_names *list, const char *name)
{
	return list->names.count > 0 &&
	       bsearch(&name, list->names.items, list->names.count, sizeof(char *),
		       compare_names);
}

/* --- whose it is --- */

/* Their folders. */
static const struct {
	const struct obj_class *class;
	const char *folder;
} places[] = {
	{ &host_class, NVMET_HOSTS },
	{ &port_class, NVMET_PORTS },
	{ &export_class, NVMET_SUBSYSTEMS },
};

static int read_inode(const struct kfs *kfs, const struct obj *obj, uint64_t *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (places[i].class == obj->class)
			return kfs_inode(kfs, ret, "%s/%s", places[i].folder,
					 obj_name(obj));
	return -EINVAL;
}

int nvmet_set_owner(const struct kfs *kfs, const struct claims *claims, struct obj *obj,
		    bool half_made)
{
	uint64_t noted, inode = 0;
	int r = claims_inode(kfs, claims, obj->class->name, obj_name(obj), &noted);

	if (r == 0 && noted > 0)
		r = read_inode(kfs, obj, &inode);
	/* What nobody can read is no claim. */
	if (r < 0)
		return r == -ENOENT || r == -EBADMSG ? 0 : r;
	if (noted > 0 ? noted == inode : half_made)
		obj->owner = OWNER_OURS;
	return 0;
}

static int note_inode(struct sys *sys, const struct obj *obj)
{
	uint64_t inode;
	int r = read_inode(&sys->kfs, obj, &inode);

	return r < 0 ? r
		     : claims_note_inode(&sys->kfs, obj->class->name, obj_name(obj),
					 inode);
}

/* What a claim of the kind is about, or NULL; @name: behind the kind's. */
static const struct obj *find_claimed(const struct model *observed,
				      const struct obj_class *class, const char *name)
{
	const struct obj *obj = model_find(observed, class, name);

	return obj && obj->owner == OWNER_OURS ? obj : NULL;
}

static int tidy_claim(struct sys *sys, const struct claims *claims,
		      const struct obj_class *class, const char *name,
		      const struct model *observed)
{
	const struct obj *obj = find_claimed(observed, class, name);
	uint64_t noted;

	if (!obj)
		return claims_drop(&sys->kfs, class->name, name);
	if (claims_inode(&sys->kfs, claims, class->name, name, &noted) == 0 && noted > 0)
		return 0;
	return note_inode(sys, obj);
}

/* "NQN:ID": the note goes with the export. */
static int tidy_size(struct sys *sys, const char *claim, const struct model *observed)
{
	const char *colon = strrchr(claim, ':');
	_cleanup_free_ char *nqn =
		strndup(claim, colon ? (size_t)(colon - claim) : strlen(claim));

	if (!nqn)
		return -ENOMEM;
	return find_claimed(observed, &export_class, nqn)
		       ? 0
		       : claims_drop(&sys->kfs, NVMET_SIZE_CLAIM, claim);
}

static int tidy_file(struct sys *sys, const struct claims *claims, const char *file,
		     const struct model *observed)
{
	const char *colon = strchr(file, ':');

	if (!colon)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const struct obj_class *class = places[i].class;

		if (strlen(class->name) == (size_t)(colon - file) &&
		    strncmp(file, class->name, strlen(class->name)) == 0)
			return tidy_claim(sys, claims, class, colon + 1, observed);
	}
	return strncmp(file, NVMET_SIZE_CLAIM ":", strlen(NVMET_SIZE_CLAIM ":")) == 0
		       ? tidy_size(sys, colon + 1, observed)
		       : 0;
}

int nvmet_tidy_claims(struct sys *sys, const struct model *observed)
{
	_cleanup_(claims_done) struct claims claims = { 0 };
	int r;

	/* Where configfs is not mounted, what is there cannot be seen. */
	if (!kfs_exists(&sys->kfs, NVMET) && kfs_exists(&sys->kfs, "sys/module/nvmet"))
		return 0;
	r = claims_load(&sys->kfs, &claims);
	for (size_t i = 0; r == 0 && i < claims.files.names.count; i++)
		r = tidy_file(sys, &claims, claims.files.names.items[i], observed);
	return r;
}

const char *nvmet_find_foreign(const struct obj *have, const struct model *observed)
{
	vec_foreach (obj, &observed->objs) {
		if ((*obj)->class == &export_class && (*obj)->owner != OWNER_OURS &&
		    kind_export.uses(*obj, have))
			return obj_name(*obj);
	}
	return NULL;
}

int nvmet_block_foreign(struct plan_step *step, const char *name)
{
	if (asprintf(
		    &step->blocked,
		    "export '%s' on it is not ours, and would be cut off; take it off by "
		    "hand first",
		    name) < 0) {
		step->blocked = NULL;
		return -ENOMEM;
	}
	return 0;
}

char *nvmet_size_claim(const char *subsystem, const char *id)
{
	char *text;

	return asprintf(&text, "%s:%s", subsystem, id) < 0 ? NULL : text;
}

static int expect_size_in(struct sys *sys, const char *subsystem, const char *path)
{
	_cleanup_(kfs_names_done) struct kfs_names ids = { 0 };
	int r = nvmet_list(&sys->kfs, &ids, NVMET_SUBSYSTEMS "/%s/namespaces", subsystem);

	for (size_t i = 0; r == 0 && i < ids.names.count; i++) {
		_cleanup_free_ char *device = NULL, *claim = NULL;

		r = nvmet_read(&sys->kfs, &device,
			       NVMET_SUBSYSTEMS "/%s/namespaces/%s/device_path",
			       subsystem, ids.names.items[i]);
		if (r < 0 || !device || !streq(device, path))
			continue;
		claim = nvmet_size_claim(subsystem, ids.names.items[i]);
		r = claim ? claims_add(&sys->kfs, NVMET_SIZE_CLAIM, claim) : -ENOMEM;
	}
	return r;
}

int nvmet_expect_size(struct sys *sys, const char *fmt, ...)
{
	_cleanup_(kfs_names_done) struct kfs_names subsystems = { 0 };
	_cleanup_(claims_done) struct claims claims = { 0 };
	_cleanup_free_ char *path = NULL;
	va_list args;
	int r;

	va_start(args, fmt);
	r = vasprintf(&path, fmt, args);
	va_end(args);
	if (r < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = nvmet_list(&sys->kfs, &subsystems, NVMET_SUBSYSTEMS);
	if (r == 0 && subsystems.names.count > 0)
		r = claims_load(&sys->kfs, &claims);
	for (size_t i = 0; r == 0 && i < subsystems.names.count; i++)
		if (claims_have(&claims, export_class.name, subsystems.names.items[i]))
			r = expect_size_in(sys, subsystems.names.items[i], path);
	return r;
}

int nvmet_begin(struct sys *sys, const struct obj *want, const char *folder,
		struct buf *why)
{
	const char *kind = want->class->name, *name = obj_name(want);
	int r = claims_add(&sys->kfs, kind, name);

	if (r < 0)
		return kind_fail(why, r, NULL,
				 "cannot note in '/run/rapiddisk' that it "
				 "is ours");
	r = kfs_mkdir(&sys->kfs, "%s", folder);
	if (r == 0) {
		r = note_inode(sys, want);
		if (r == 0)
			return 0;
		(void)kfs_rmdir(&sys->kfs, "%s", folder); /* the first error counts */
	}
	(void)claims_drop(&sys->kfs, kind, name); /* the first error is reported */
	return kind_fail(why, r, nvmet_hint(r), "cannot make '/%s'", folder);
}

int nvmet_end(struct sys *sys, const struct obj *obj, const char *folder, struct buf *why)
{
	int r = kfs_rmdir(&sys->kfs, "%s", folder);

	if (r < 0 && r != -ENOENT)
		return kind_fail(why, r, nvmet_hint(r), "cannot remove '/%s'", folder);
	r = claims_drop(&sys->kfs, obj->class->name, obj_name(obj));
	return r < 0 ? kind_fail(why, r, NULL, "cannot drop the note that it is ours")
		     : 0;
}

int nvmet_adopt(struct sys *sys, const struct obj *have, struct buf *why)
{
	int r = claims_add(&sys->kfs, have->class->name, obj_name(have));

	if (r == 0)
		r = note_inode(sys, have);
	return r < 0 ? kind_fail(why, r, NULL, "cannot take it over") : 0;
}

/* --- who is connected --- */

void nvmet_controllers_done(struct nvmet_controllers *controllers)
{
	vec_foreach (controller, &controllers->controllers) {
		free(controller->subsystem);
		free(controller->host);
	}
	vec_done(&controllers->controllers);
	net_connections_done(&controllers->sockets);
}

/* Takes @host over. */
static int add(struct nvmet_controllers *all, const char *subsystem, char *host,
	       uint64_t port)
{
	struct nvmet_controller controller = { strdup(subsystem), host, port };
	int r = controller.subsystem ? vec_push(&all->controllers, controller) : -ENOMEM;

	if (r < 0) {
		free(controller.subsystem);
		free(host);
	}
	return r;
}

static int load_subsystem(const struct kfs *kfs, const char *subsystem,
			  struct nvmet_controllers *all)
{
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 };
	int r = nvmet_list(kfs, &names, DEBUGFS "/%s", subsystem);

	for (size_t i = 0; r == 0 && i < names.names.count; i++) {
		const char *name = names.names.items[i];
		uint64_t port = NVMET_ANY_PORT;
		char *host = NULL;

		if (strncmp(name, "ctrl", strlen("ctrl")) != 0)
			continue;
		/* One that goes meanwhile still counts: who goes comes back. */
		if (kfs_read_u64(kfs, &port, DEBUGFS "/%s/%s/port", subsystem, name) < 0)
			port = NVMET_ANY_PORT;
		if (nvmet_read(kfs, &host, DEBUGFS "/%s/%s/hostnqn", subsystem, name) < 0)
			host = NULL;
		r = add(all, subsystem, host, port);
	}
	return r;
}

static int load_from_debugfs(const struct kfs *kfs, struct nvmet_controllers *all)
{
	_cleanup_(kfs_names_done) struct kfs_names subsystems = { 0 };
	int r = nvmet_list(kfs, &subsystems, DEBUGFS);

	for (size_t i = 0; r == 0 && i < subsystems.names.count; i++)
		r = load_subsystem(kfs, subsystems.names.items[i], all);
	all->complete = r == 0;
	return r;
}

static int load_from_loop(const struct kfs *kfs, struct nvmet_controllers *all)
{
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 };
	int r = nvmet_list(kfs, &names, "sys/class/nvme");

	for (size_t i = 0; r == 0 && i < names.names.count; i++) {
		const char *name = names.names.items[i];
		_cleanup_free_ char *transport = NULL, *subsystem = NULL;
		char *host = NULL;

		if (kfs_read(kfs, &transport, "sys/class/nvme/%s/transport", name) < 0 ||
		    !streq(transport, "loop") ||
		    kfs_read(kfs, &subsystem, "sys/class/nvme/%s/subsysnqn", name) < 0)
			continue;
		if (kfs_read(kfs, &host, "sys/class/nvme/%s/hostnqn", name) < 0)
			host = NULL;
		r = add(all, subsystem, host, NVMET_ANY_PORT);
	}
	return r;
}

int nvmet_controllers_load(const struct kfs *kfs, struct nvmet_controllers *ret)
{
	struct nvmet_controllers all = { 0 };
	int r = kfs_exists(kfs, DEBUGFS) ? load_from_debugfs(kfs, &all)
					 : load_from_loop(kfs, &all);

	if (r < 0 && r != -ENOMEM) {
		/* Not for this user to see: then nothing is known. */
		all.complete = false;
		r = 0;
	}
	if (r == 0 && !all.complete)
		r = net_connections_load(kfs, &all.sockets);
	if (r < 0)
		nvmet_controllers_done(&all);
	else
		*ret = all;
	return r;
}

uint64_t nvmet_count_sockets(const struct kfs *kfs,
			     const struct nvmet_controllers *controllers, const char *id)
{
	_cleanup_free_ char *transport = NULL, *address = NULL;
	uint64_t service;

	if (controllers->sockets.connections.count == 0 ||
	    nvmet_read(kfs, &transport, NVMET_PORTS "/%s/addr_trtype", id) < 0 ||
	    !transport || !streq(transport, "tcp") ||
	    nvmet_read(kfs, &address, NVMET_PORTS "/%s/addr_traddr", id) < 0 ||
	    !address ||
	    kfs_read_u64(kfs, &service, NVMET_PORTS "/%s/addr_trsvcid", id) < 0)
		return 0;
	return net_connections_count(&controllers->sockets, address, service);
}

bool nvmet_sees_all(const struct kfs *kfs, const char *id)
{
	_cleanup_free_ char *transport = NULL;

	return nvmet_read(kfs, &transport, NVMET_PORTS "/%s/addr_trtype", id) == 0 &&
	       transport && (streq(transport, "tcp") || streq(transport, "loop"));
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

int nvmet_set_use(struct obj *obj, const struct nvmet_use *use)
{
	struct buf words = { 0 }, loss = { 0 };
	int r;

	if (use->controllers > 0) {
		buf_add(&words, "connected to");
		if (use->host)
			buf_addf(&words, " by '%s'", use->host);
		if (use->controllers > 1)
			buf_addf(&words, "%s%" PRIu64 " %s", use->host ? " and " : " ",
				 use->controllers - (use->host != NULL),
				 use->host ? "more" : "times");
		buf_addf(&loss, "%" PRIu64 " connection%s", use->controllers,
			 plural(use->controllers));
	} else if (use->sockets > 0) {
		buf_addf(&words,
			 "on a port with %" PRIu64 " TCP connection%s, and this kernel "
			 "does not tell for which export",
			 use->sockets, plural(use->sockets));
		buf_addf(&loss, "%" PRIu64 " TCP connection%s", use->sockets,
			 plural(use->sockets));
	} else {
		return 0;
	}
	r = buf_take(&words, &obj->in_use);
	if (r == 0)
		r = buf_take(&loss, &obj->content);
	buf_done(&loss);
	return r;
}
