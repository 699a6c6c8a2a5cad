/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Load kernel modules. kmod.c is the only user of libkmod, which it loads by dlopen(3). */
#pragma once

#include "base/fault.h"

/*
 * kmod_load() - Load the module @name and its dependencies for the running kernel, with the
 * options and the denials of modprobe.d. May sleep.
 *
 * Return: 0, also if the module was loaded already; -ENOENT: this kernel has no such
 * module; -EPERM: denied by modprobe.d or by the kernel; -ENOEXEC: built for another
 * kernel; -EKEYREJECTED: not signed as this kernel requires; -ELIBACC: libkmod.so.2 does
 * not exist; another -errno of init_module(2).
 */
int kmod_load(const char *name, struct fault *fault);

/*
 * kmod_find() - Find out whether the running kernel has the module @name, as kmod_load()
 * searches for it. Change nothing.
 *
 * Return: 0; -ENOENT: this kernel has no such module; -ELIBACC: libkmod.so.2 does not exist;
 * another -errno if the search failed.
 */
int kmod_find(const char *name);
