/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configfs of nvmet in the fake kernel, with the rules and the errnos of
 * drivers/nvme/target/configfs.c. tests/vm checks them on the real kernel.
 */
#pragma once

#include "fake_kernel.h"
#include "sys/kfs.h"

/* The attributes that some kernels lack. All supported kernels have the others. */
struct fake_nvmet_kernel {
	const char *name;
	bool tsas, auth, revalidate;
};

extern const struct fake_nvmet_kernel fake_nvmet_6_1, fake_nvmet_6_12;

/* fake_nvmet_load() - As after modprobe nvmet; of the kernel fake->nvmet. */
void fake_nvmet_load(struct fake_kernel *fake);

/* The hooks of kfs for paths in NVMET; they count in fake->writes. */
int fake_nvmet_write(struct fake_kernel *fake, const char *path, const char *value);
int fake_nvmet_change(struct fake_kernel *fake, enum kfs_change change, const char *path,
		      const char *target);

/* fake_nvmet_list() - List every directory, link and value below NVMET. The caller frees. */
char *fake_nvmet_list(struct fake_kernel *fake);
