/* SPDX-License-Identifier: GPL-2.0-only */
/* /sys/kernel/rapiddisk: the commands, and the list of disks. */
#ifndef RAPIDDISK_CTL_H
#define RAPIDDISK_CTL_H

#include <linux/types.h>

int rd_ctl_init(unsigned int max_disks);
void rd_ctl_exit(void);
int rd_ctl_add_disks(unsigned int nr, u64 size_bytes);

#endif
