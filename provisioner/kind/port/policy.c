/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy of ports. */
#include "kind/nvmet/claims.h"
#include "kind/on_change.h"
#include "kind/port/port.h"

#include <errno.h>
#include <string.h>

int port_judge(struct plan_step *step)
{
	if (!(step->changed & ~(UINT64_C(1) << PORT_REFERRALS)))
		return 0;
	if (port_of(step->want)->foreign)
		return nvmet_block_foreign(step, port_of(step->want)->foreign);
	if (!step->have->content)
		return 0;
	step->loss = strdup(step->have->content);
	return step->loss ? 0 : -ENOMEM;
}

bool port_may_lose(const struct obj *want)
{
	return port_of(want)->on_change == ON_CHANGE_REPLACE;
}

bool port_needs_module(const struct obj *want, const char *module)
{
	static const char *const modules[] = {
		[TRANSPORT_TCP] = "nvmet_tcp",
		[TRANSPORT_RDMA] = "nvmet_rdma",
		[TRANSPORT_LOOP] = "nvme_loop",
	};

	return streq(module, "nvmet") || streq(module, modules[port_of(want)->transport]);
}
