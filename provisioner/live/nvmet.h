/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of a struct live that comes from nvmet's configfs. For live/ alone. */
#pragma once

#include "live/live.h"

/* Reads no key: dhchap_key is world-readable too, and none of our business. */
int live_read_nvmet(const struct kfs *kfs, struct live *live);
void live_nvmet_done(struct live *live);

/* live_list() - Names in order; a folder that is not there is empty. 0 or -ENOMEM. */
int live_list(const struct kfs *kfs, struct kfs_names *ret, const char *path);
