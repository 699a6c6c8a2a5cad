/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "port/machine.h"

#include "base/cleanup.h"

#include <inttypes.h>

int machine_ram_bytes(const struct kfs *kfs, uint64_t *ret)
{
	_cleanup_free_ char *text = NULL;
	const char *line;
	uint64_t kib;
	int r;

	r = kfs_read(kfs, &text, "proc/meminfo");
	if (r < 0)
		return r;
	line = strstr(text, "MemTotal:");
	if (!line || sscanf(line, "MemTotal: %" SCNu64 " kB", &kib) != 1)
		return -EBADMSG;
	*ret = kib * 1024;
	return 0;
}

int machine_boot_id(const struct kfs *kfs, char **ret)
{
	return kfs_read(kfs, ret, "proc/sys/kernel/random/boot_id");
}

bool machine_cmdline_has(const struct kfs *kfs, const char *word)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *token;

	if (kfs_read(kfs, &text, "proc/cmdline") < 0)
		return false;
	rest = text;
	while ((token = strsep(&rest, " \t\n")))
		if (streq(token, word))
			return true;
	return false;
}
