/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refuse every change of device-mapper with EOPNOTSUPP. */
#include "sys/dm_refuse.h"

#include <errno.h>

int dm_refuse_line(struct sys *sys, const char *name, const struct dm_line *line)
{
	(void)sys, (void)name, (void)line;
	return -EOPNOTSUPP;
}

int dm_refuse_create(struct sys *sys, const char *name, const char *uuid,
		     const struct dm_line *line)
{
	(void)uuid;
	return dm_refuse_line(sys, name, line);
}

int dm_refuse_remove(struct sys *sys, const char *name)
{
	return dm_refuse_line(sys, name, NULL);
}

int dm_refuse_uuid(struct sys *sys, const char *name, const char *uuid)
{
	(void)uuid;
	return dm_refuse_line(sys, name, NULL);
}

void dm_settle_nothing(struct sys *sys)
{
	(void)sys;
}

bool dm_is_always_settled(const struct sys *sys)
{
	(void)sys;
	return true;
}
