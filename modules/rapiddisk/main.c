// SPDX-License-Identifier: GPL-2.0-only
/* rapiddisk: RAM disks that are created, resized and removed at run time. */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sizes.h>

#include "chunk.h"
#include "ctl.h"
#include "disk.h"
#include "disk_types.h"
#include "store.h"

static unsigned int max_sectors;
module_param(max_sectors, uint, 0444);
MODULE_PARM_DESC(max_sectors,
		 "Largest request in KiB; larger ones are split (default 0: no limit)");

static unsigned int nr_requests;
module_param(nr_requests, uint, 0444);
MODULE_PARM_DESC(nr_requests,
		 "Accepted without effect: the disks have no queue of requests");

static unsigned int rd_nr;
module_param(rd_nr, uint, 0444);
MODULE_PARM_DESC(rd_nr, "Number of RAM disks to create at load (default 0)");

static unsigned int rd_size;
module_param(rd_size, uint, 0444);
MODULE_PARM_DESC(rd_size, "Size in MiB of the RAM disks created at load");

static unsigned int rd_max_nr = 1024;
module_param(rd_max_nr, uint, 0444);
MODULE_PARM_DESC(rd_max_nr, "Largest number of RAM disks (default 1024)");

/* Return: 0 or -EINVAL. */
static int rd_check_params(void)
{
	if (rd_nr > rd_max_nr || rd_max_nr > RD_NUMBER_MAX + 1) {
		pr_err("rapiddisk: rd_nr=%u rd_max_nr=%u: more disks than there can be\n",
		       rd_nr, rd_max_nr);
		return -EINVAL;
	}
	if (rd_nr && (!rd_size || rd_size > RD_STORE_MAX_BYTES / SZ_1M)) {
		pr_err("rapiddisk: rd_nr=%u needs an rd_size from 1 to %llu\n", rd_nr,
		       RD_STORE_MAX_BYTES / SZ_1M);
		return -EINVAL;
	}
	return 0;
}

static int __init rd_init(void)
{
	int err;

	err = rd_check_params();
	if (err)
		return err;
	err = rd_chunk_cache_create();
	if (err)
		return err;
	rd_disk_init(max_sectors);
	err = rd_ctl_init(rd_max_nr);
	if (err)
		goto out_cache;
	err = rd_ctl_add_disks(rd_nr, (u64)rd_size * SZ_1M);
	if (err)
		goto out_ctl;
	return 0;

out_ctl:
	rd_ctl_exit();
out_cache:
	rd_chunk_cache_destroy();
	return err;
}

static void __exit rd_exit(void)
{
	rd_ctl_exit();
	rd_chunk_cache_destroy();
}

module_init(rd_init);
module_exit(rd_exit);

MODULE_DESCRIPTION("RAM disks that are created, resized and removed at run time");
MODULE_AUTHOR("The rapiddisk project");
MODULE_VERSION(RAPIDDISK_VERSION);
MODULE_LICENSE("GPL");
