/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kind/hold.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "kind/say.h"
#include "kind/use.h"
#include "sys/devices.h"
#include "sys/topology.h"

/* Read the users anew, after those of the plan. */
static int find_user(struct sys *sys, uint64_t number, bool may_be_exported, char **ret)
{
	const struct users_query query = { .may_be_exported = may_be_exported };
	_cleanup_(topology_done) struct topology topology = { 0 };
	_cleanup_free_ char *name = NULL;
	int r = devices_name(&sys->kfs, number, &name);

	users_done(&sys->users);
	if (r == 0)
		r = topology_walk(&sys->kfs, name, &topology);
	if (r == 0)
		r = kind_find_conflict(sys, &topology, &query, ret);
	users_done(&sys->users);
	return r;
}

int kind_say_busy(struct sys *sys, uint64_t number, char **ret)
{
	_cleanup_free_ char *use = NULL;
	/* nvmet holds nothing, so it refuses nobody. */
	int r = find_user(sys, number, true, &use);

	if (r == -ENOMEM)
		return r;
	if (use)
		return str_format(ret, "the device is %s", use);
	return str_format(ret, "no mount, swap area, map or export of the device is "
			       "visible; look for ZFS, for mount namespaces without a "
			       "process, and for other programs with 'lsof'");
}

int kind_check_exports(struct sys *sys, uint64_t number, bool may_be_exported,
		       const char *what, const char *text, struct buf *why)
{
	_cleanup_free_ char *use = NULL;
	int r = find_user(sys, number, may_be_exported, &use);

	if (r < 0)
		return kind_fail(why, r, NULL, "cannot find the users of %s '%s'", what,
				 text);
	return use ? kind_fail(why, -EBUSY, NULL, "%s '%s' is still %s", what, text, use)
		   : 0;
}

int kind_hold(struct sys *sys, uint64_t number, uint64_t diskseq, const char *what,
	      const char *text, int *ret_fd, struct buf *why)
{
	int fd = sys->hold ? sys->hold(&sys->kfs, number, diskseq) : -ENOENT;
	_cleanup_free_ char *busy = NULL;
	const char *hint = NULL;
	int r;

	*ret_fd = fd < 0 ? -1 : fd;
	if (fd >= 0 || fd == -ENOENT)
		return 0;
	r = fd == -EBUSY ? kind_say_busy(sys, number, &busy) : 0;
	if (r < 0)
		return r;
	if (fd == -EBUSY)
		hint = busy;
	else if (fd == -ESTALE)
		hint = "another disk has its number since the plan; run again";
	return kind_fail(why, fd, hint, "the kernel refuses an exclusive open of %s '%s'",
			 what, text);
}
