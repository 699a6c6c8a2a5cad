/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Find connections of exports: in debugfs, or by loop controllers and TCP sockets. */
#include "kind/nvmet/connections.h"

#include "base/cleanup.h"
#include "kind/nvmet/attributes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DEBUGFS "sys/kernel/debug/nvmet"

void nvmet_controllers_done(struct nvmet_controllers *controllers)
{
	vec_foreach (controller, &controllers->controllers) {
		free(controller->subsystem);
		free(controller->host);
	}
	vec_done(&controllers->controllers);
	tcp_connections_done(&controllers->sockets);
}

/* Takes ownership of @host. */
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
	int r = kfs_list_sorted(kfs, &names, DEBUGFS "/%s", subsystem);

	for (size_t i = 0; r == 0 && i < names.names.count; i++) {
		const char *name = names.names.items[i];
		uint64_t port = NVMET_ANY_PORT;
		char *host = NULL;

		if (strncmp(name, "ctrl", strlen("ctrl")) != 0)
			continue;
		/* A controller that disappears still counts: its host reconnects. */
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
	int r = kfs_list_sorted(kfs, &subsystems, DEBUGFS);

	for (size_t i = 0; r == 0 && i < subsystems.names.count; i++)
		r = load_subsystem(kfs, subsystems.names.items[i], all);
	all->complete = r == 0;
	return r;
}

static int load_from_loop(const struct kfs *kfs, struct nvmet_controllers *all)
{
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 };
	int r = kfs_list_sorted(kfs, &names, "sys/class/nvme");

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
		/* This user may not read the connections, so nothing is known. */
		all.complete = false;
		r = 0;
	}
	if (r == 0 && !all.complete)
		r = tcp_connections_load(kfs, &all.sockets);
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
	return tcp_connections_count(&controllers->sockets, address, service);
}

bool nvmet_sees_all(const struct kfs *kfs, const struct nvmet_controllers *controllers,
		    const char *id)
{
	_cleanup_free_ char *transport = NULL;

	if (controllers->complete)
		return true;
	return nvmet_read(kfs, &transport, NVMET_PORTS "/%s/addr_trtype", id) == 0 &&
	       transport &&
	       (streq(transport, "loop") ||
		(streq(transport, "tcp") && controllers->sockets.error == 0));
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
		if (!use->host)
			buf_addf(&words, "connected %" PRIu64 " time%s", use->controllers,
				 plural(use->controllers));
		else if (use->controllers == 1)
			buf_addf(&words, "connected to '%s'", use->host);
		else
			buf_addf(&words, "connected to '%s' and %" PRIu64 " more",
				 use->host, use->controllers - 1);
		buf_addf(&loss, "%" PRIu64 " connection%s", use->controllers,
			 plural(use->controllers));
	} else if (use->sockets > 0) {
		buf_addf(&words,
			 "on a port with %" PRIu64 " TCP connection%s, whose export "
			 "this kernel does not report",
			 use->sockets, plural(use->sockets));
		buf_addf(&loss, "%" PRIu64 " TCP connection%s", use->sockets,
			 plural(use->sockets));
	} else if (use->may_be_more) {
		buf_add(&words, "on a port whose connections cannot be counted");
		buf_add(&loss, "connections that cannot be counted");
	} else {
		return 0;
	}
	r = buf_take(&words, &obj->in_use);
	if (r == 0)
		r = buf_take(&loss, &obj->content);
	buf_done(&loss);
	return r;
}
