/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The exclusive hold of a block device, which the kernel grants to one holder. A mount, swapon
 * and pvcreate of another program fail while it lasts: only a step of a plan holds a device,
 * for the moment in which it acts.
 */
#pragma once

#include "sys/kfs.h"

#include <stdint.h>

/*
 * hold_open() - Open the device with O_EXCL. Retry for a moment while it is busy. May sleep.
 * @diskseq: devices_diskseq() of the plan; 0: unknown.
 *
 * Return: a descriptor, to be closed; -EBUSY: another holder has the device, its disk or a
 * partition; -ESTALE: another disk has the number by now; -ENOENT: /dev has no node of it;
 * -ENODEV: no such device; -errno.
 */
int hold_open(const struct kfs *kfs, uint64_t number, uint64_t diskseq);
