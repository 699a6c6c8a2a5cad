/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections to exports. */
#pragma once

#include "model/object.h"
#include "sys/tcp.h"

#include <stdbool.h>
#include <stdint.h>

#define NVMET_ANY_PORT UINT64_MAX

struct nvmet_controller {
	char *subsystem, *host; /* NQNs; host may be NULL */
	uint64_t port;		/* NVMET_ANY_PORT: not known */
};

struct nvmet_controllers {
	VEC(struct nvmet_controller) controllers;
	bool complete; /* the kernel lists all controllers; otherwise there may be more */
	struct tcp_connections sockets; /* where it does not */
};

/*
 * nvmet_controllers_load() - Load the connected controllers: all of them from debugfs
 * (Linux 6.11, CONFIG_NVME_TARGET_DEBUGFS), otherwise only those of this machine's own
 * initiator over loop. Return: 0 or -ENOMEM.
 */
int nvmet_controllers_load(const struct kfs *kfs, struct nvmet_controllers *ret);
void nvmet_controllers_done(struct nvmet_controllers *controllers);

/* The known connections. */
struct nvmet_use {
	uint64_t controllers;
	const char *host; /* one of them; NULL: not known */
	uint64_t sockets; /* TCP connections of who knows which controllers */
	bool may_be_more; /* by a transport whose connections nobody tells, or beyond those
			   * that could be read */
};

/*
 * nvmet_set_use() - Set in_use and content of @obj, if there is any. Connections that cannot
 * be counted count as there. Return: 0 or -ENOMEM.
 */
int nvmet_set_use(struct obj *obj, const struct nvmet_use *use);

/* nvmet_count_sockets() - To the port @id where it is TCP; 0 where all is known anyway. */
uint64_t nvmet_count_sockets(const struct kfs *kfs,
			     const struct nvmet_controllers *controllers, const char *id);

/*
 * nvmet_sees_all() - True if every connection to port @id is visible: in debugfs, as a socket
 * (TCP) or as a controller of this machine (loop).
 */
bool nvmet_sees_all(const struct kfs *kfs, const struct nvmet_controllers *controllers,
		    const char *id);
