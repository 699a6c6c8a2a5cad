/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel modules, shared by the files of the kind. */
#pragma once

#include "kind/kind.h"

struct module {
	struct obj obj;
	char *name;
};

enum { MODULE_NAME };

/*
 * The kernel modules that objects may need, NULL-terminated: all that kind.modules name,
 * and no other is observed.
 */
extern const char *const module_names[];

/*
 * module_foreign_version() - Find out whether a module of rapiddisk before 10 is loaded
 * under the name @name: it accepts some of our commands and ignores parts of them.
 * Return: 0 and its version in *ret, the caller's to free, NULL if there is no such module;
 * -ENOMEM.
 */
int module_foreign_version(const struct kfs *kfs, const char *name, char **ret);

/* module_hint() - Return what the user can do if the module @name fails to load by @error. */
const char *module_hint(const char *name, int error);

/* module_add() - Add the module @name to @model, unless @model has it. Return: 0 or -ENOMEM. */
int module_add(struct model *model, const char *name);

extern const struct kind kind_module;

/* The functions of kind_module; see kind.h. */
int module_observe(struct sys *sys, struct model *observed);
int module_resolve(struct sys *sys, struct boot *boot, struct obj *want,
		   const struct model *desired, const struct model *observed);
int module_create(struct sys *sys, const struct obj *want, struct buf *why);
