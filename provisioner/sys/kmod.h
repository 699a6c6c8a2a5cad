/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading kernel modules. The only user of libkmod, which it loads itself (dlopen(3)). */
#pragma once

#include "base/fault.h"

/*
 * kmod_load() - Load @name and what it depends on, with the options and the denials of
 * modprobe.d, from the running kernel's module folder. May sleep.
 *
 * Return: 0, also if it was loaded already; -ENOENT: no such module for this kernel;
 * -EPERM: denied by modprobe.d, or by the kernel; -ENOEXEC, -EKEYREJECTED: built for
 * another kernel, not signed as this one demands; -ELIBACC: there is no libkmod.so.2;
 * another -errno of init_module(2).
 */
int kmod_load(const char *name, struct fault *fault);
