/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read the machine id once, and keep it for the run. */
#include "sys/boot.h"

#include "base/cleanup.h"
#include "sys/machine.h"

int boot_machine_id(struct boot *boot, const struct kfs *kfs, const char **ret)
{
	_cleanup_free_ char *text = NULL;
	int r = boot->machine_id[0] ? 0 : machine_id(kfs, &text);

	if (r < 0)
		return r;
	if (text)
		snprintf(boot->machine_id, sizeof(boot->machine_id), "%s", text);
	*ret = boot->machine_id;
	return 0;
}
