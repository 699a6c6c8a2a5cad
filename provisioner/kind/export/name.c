/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The name of an export on this machine. The name of the machine may change, by DHCP or by
 * hand; the exports keep the one that the first of them was created with.
 */
#include "base/cleanup.h"
#include "kind/export/export.h"
#include "kind/nvmet/claims.h"
#include "kind/nvmet/nvmet.h"
#include "kind/say.h"
#include "sys/machine.h"

/* The name in a claim of this boot, NULL without one. Return: 0 or -errno. */
static int read_claimed(const struct kfs *kfs, char **ret)
{
	_cleanup_(claims_done) struct claims claims = { 0 };
	size_t len = strlen(NVMET_HOSTNAME_CLAIM ":");
	int r = claims_load(kfs, &claims);

	*ret = NULL;
	if (r < 0)
		return r;
	vec_foreach (name, &claims.files.names) {
		if (strncmp(*name, NVMET_HOSTNAME_CLAIM ":", len) != 0)
			continue;
		*ret = strdup(*name + len);
		return *ret ? 0 : -ENOMEM;
	}
	return 0;
}

static int read_name(const struct kfs *kfs, char **ret)
{
	int r = read_claimed(kfs, ret);

	return r < 0 || *ret ? r : machine_hostname(kfs, ret);
}

int export_prepare(struct sys *sys, struct obj *want, struct buf *why)
{
	const char *rest = export_of(want)->nqn, *mark;
	_cleanup_(buf_done) struct buf nqn = { 0 };
	_cleanup_free_ char *host = NULL;
	int r;

	if (!strstr(rest, EXPORT_HOST_MARK))
		return 0;
	r = read_name(&sys->kfs, &host);
	if (r < 0)
		return kind_fail(why, r, NULL,
				 "cannot expand %s: cannot read the name of this machine",
				 EXPORT_HOST_MARK);
	for (; (mark = strstr(rest, EXPORT_HOST_MARK));
	     rest = mark + strlen(EXPORT_HOST_MARK)) {
		buf_add_bytes(&nqn, rest, (size_t)(mark - rest));
		buf_add(&nqn, host[0] ? host : "(none)");
	}
	buf_add(&nqn, rest);
	((struct export *)want)->has_host_name = true;
	return nqn.failed ? -ENOMEM : field_set_string(want, EXPORT_NQN, nqn.data);
}

/* An NQN with %H may expand to the NQN of another export. */
static int check_twice(struct obj *want, const struct model *desired)
{
	const char *name = obj_name(want);

	vec_foreach (other, &desired->objs) {
		_cleanup_free_ char *place = NULL;

		if (*other == want)
			break;
		if ((*other)->class != want->class || !streq(obj_name(*other), name))
			continue;
		place = model_place(desired, (*other)->pos, want->pos);
		if (!place)
			return -ENOMEM;
		return kind_set_unmet(
			want, "the export at %s has the same NQN on this machine", place);
	}
	return 0;
}

int export_check_name(struct obj *want, const struct model *desired)
{
	const char *name = obj_name(want);
	size_t len = strlen(name);

	/* The kernel would cut the name. */
	if (len > NVMET_NQN_MAX)
		return kind_set_unmet(want,
				      "the NQN has %zu bytes with the name of this "
				      "machine, and at most %d are possible; shorten the "
				      "NQN",
				      len, NVMET_NQN_MAX);
	/* sethostname(2) takes any bytes, and without a name it is "(none)". */
	if (export_of(want)->has_host_name &&
	    (strchr(name, '/') || strstr(name, "(none)")))
		return kind_set_unmet(
			want,
			"the NQN needs the name of this machine, which has "
			"no valid one; set it by 'hostnamectl', or write an "
			"NQN without %s",
			EXPORT_HOST_MARK);
	return check_twice(want, desired);
}

int export_claim_host_name(struct sys *sys, const struct obj *want)
{
	_cleanup_free_ char *claimed = NULL, *host = NULL;
	int r = export_of(want)->has_host_name ? read_claimed(&sys->kfs, &claimed) : 0;

	if (r < 0 || claimed || !export_of(want)->has_host_name)
		return r;
	r = machine_hostname(&sys->kfs, &host);
	return r < 0 ? r : claims_add(&sys->kfs, NVMET_HOSTNAME_CLAIM, host);
}

int export_release_host_name(struct sys *sys)
{
	_cleanup_(claims_done) struct claims claims = { 0 };
	size_t len = strlen(NVMET_HOSTNAME_CLAIM ":");
	int r = claims_load(&sys->kfs, &claims);

	vec_foreach (name, &claims.files.names) {
		if (strncmp(*name, "export:", strlen("export:")) == 0)
			return r;
	}
	vec_foreach (name, &claims.files.names) {
		if (r == 0 && strncmp(*name, NVMET_HOSTNAME_CLAIM ":", len) == 0)
			r = claims_drop(&sys->kfs, NVMET_HOSTNAME_CLAIM, *name + len);
	}
	return r;
}
