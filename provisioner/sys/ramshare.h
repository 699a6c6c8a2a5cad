/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The size of RAM of which a share is taken, the same until the next boot. */
#pragma once

#include "sys/kfs.h"

#include <stdint.h>

/*
 * ramshare_bytes() - Return the value of 100%: the size of RAM at the first run of this boot
 * that asked for it, from RUNDIR/ram. A balloon or hot-plugged memory would turn each share
 * into another size.
 * @now_bytes: the size of RAM now.
 * @remember: this run may write the file.
 */
uint64_t ramshare_bytes(const struct kfs *kfs, uint64_t now_bytes, bool remember);
