/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy of hosts. */
#include "kind/host/host.h"
#include "kind/nvmet/claims.h"

int host_judge(struct plan_step *step)
{
	const char *foreign = host_of(step->want)->foreign;

	return foreign && host_loses_key(step->want, step->changed)
		       ? nvmet_block_foreign(step, foreign)
		       : 0;
}
