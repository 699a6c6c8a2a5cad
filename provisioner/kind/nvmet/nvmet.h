/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree of the kernel's NVMe target, which the kinds host, port and export share. It is
 * no kind: nothing in the file or in a plan is an "nvmet". It stands in a directory of its
 * own beside the kinds because it belongs to three of them, and below them because it
 * calls none.
 */
#pragma once

/* configfs below the root. The directory of nvmet exists once its module is loaded. */
#define NVMET		 "sys/kernel/config/nvmet"
#define NVMET_HOSTS	 NVMET "/hosts"
#define NVMET_PORTS	 NVMET "/ports"
#define NVMET_SUBSYSTEMS NVMET "/subsystems"

/* NVMe Base Specification, 4.7: NVMe Qualified Names; NVMF_NQN_FIELD_LEN less its NUL. */
#define NVMET_NQN_MAX 223
/* nvmet takes any name of a directory of configfs; "." and ".." are none. */
#define NVMET_NQN_PATTERN "^[^/]*[^/.][^/]*$"
#define NVMET_NQN_EXPECTS "an NQN without slashes, as in 'nqn.2026-11.org.example:disk'"

/* The NQN of the discovery service, which the kernel creates. */
#define NVMET_DISCOVERY_NQN "nqn.2014-08.org.nvmexpress.discovery"
