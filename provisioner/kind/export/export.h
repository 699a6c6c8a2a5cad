/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exports, shared by the files of the kind. */
#pragma once

#include "kind/kind.h"

#include <stdbool.h>
#include <stdint.h>

#define EXPORT_HOST_MARK  "%H" /* in an NQN: this machine's name */
#define EXPORT_SERIAL_LEN 20   /* NVMe Base Specification, Identify Controller, SN */

struct export
{
	struct obj obj;
	char *nqn;
	struct object_list namespaces;
	struct string_list ports, hosts;
	bool allow_any_host;
	char *serial, *model;
	int on_change;
	uint64_t connections;
	bool has_host_name; /* set by prepare: the NQN has this machine's name */
};

struct namespace
{
	struct obj obj;
	uint64_t id;
	struct device_ref device;
	char *uuid, *nguid;
	uint64_t wait;
	struct size capacity;
	bool enabled;
	bool after_export; /* Desired: another export of the device's kin goes first */
	uint64_t diskseq; /* Desired: of the device at the time of the plan; 0: unknown */
	bool gone;	  /* Observed: the device was unplugged, so that all I/O fails */
	/* Wanted and resolved: what this file makes of the device's name; NULL: nothing. */
	const struct obj_class *made;
};

enum {
	EXPORT_NQN,
	EXPORT_NAMESPACES,
	EXPORT_PORTS,
	EXPORT_HOSTS,
	EXPORT_ANY_HOST,
	EXPORT_SERIAL,
	EXPORT_MODEL,
	EXPORT_ON_CHANGE,
	EXPORT_CONNECTIONS,
};

enum {
	NAMESPACE_ID,
	NAMESPACE_DEVICE,
	NAMESPACE_UUID,
	NAMESPACE_NGUID,
	NAMESPACE_WAIT,
	NAMESPACE_CAPACITY,
	NAMESPACE_ENABLED,
};

static inline const struct export *export_of(const struct obj *obj)
{
	return (const struct export *)obj;
}

static inline const struct namespace *namespace_of(const struct obj *obj)
{
	return (const struct namespace *)obj;
}

extern const struct obj_class export_namespace_class;

/*
 * export_folder() - Return the directory in configfs; the caller's to free. NULL:
 * -ENOMEM.
 */
char *export_folder(const struct obj *obj);

/* export_namespaces() - Return the namespaces; an empty list if none are set. */
const struct object_list *export_namespaces(const struct obj *obj);

/* export_strings() - Its ports or hosts; an empty list where none are set. */
const struct string_list *export_strings(const struct obj *obj, unsigned int index);

/*
 * export_check_name() - Set obj.unmet if the NQN of @want cannot be created on this machine.
 * Return: 0 or -ENOMEM.
 */
int export_check_name(struct obj *want, const struct model *desired);

/*
 * export_claim_host_name() - Keep the name of this machine for %H, if @want is the first
 * export with %H: as long as an owned export exists, a new name renames no export.
 * Return: 0 or -errno.
 */
int export_claim_host_name(struct sys *sys, const struct obj *want);

/* export_release_host_name() - Drop that claim with the last owned export. 0 or -errno. */
int export_release_host_name(struct sys *sys);

/*
 * export_note_name() - Note in obj.unsaid that the NQN contains %H, which the configuration
 * would expand. Return: 0 or -ENOMEM.
 */
int export_note_name(struct obj *obj);

/*
 * export_find_device() - The RAM disk or the cache of @model that the device text means;
 * or NULL.
 */
const struct obj *export_find_device(const struct model *model, const char *text);

/*
 * export_is_another() - True if the live namespace must be removed and created to become
 * @item. A new size alone needs no removal.
 */
bool export_is_another(const struct obj *live, const struct obj *item);

/*
 * export_connections() - Get the number of controllers connected to an observed export.
 * Return: false if the kernel does not report the number.
 */
bool export_connections(const struct obj *obj, uint64_t *ret);

/*
 * Remove one namespace of the live export in @dir; remove those of @have that @want
 * lacks or has as another; add those of @want that @have (NULL: a new export) lacks.
 * Return: 0; -errno and a sentence in @why.
 */
int export_remove_namespace(struct sys *sys, const struct obj *obj,
			    const struct obj *item, const char *dir, struct buf *why);
int export_drop_namespaces(struct sys *sys, const struct obj *have,
			   const struct obj *want, const char *dir, struct buf *why);
int export_add_namespaces(struct sys *sys, const struct obj *have, const struct obj *want,
			  const char *dir, struct buf *why);

extern const struct kind kind_export;

/* The functions of kind_export; see kind.h. */
int export_prepare(struct sys *sys, struct obj *want, struct buf *why);
int export_resolve(struct sys *sys, struct boot *boot, struct obj *want,
		   const struct model *desired, const struct model *observed);
int export_observe(struct sys *sys, struct model *observed);
int export_create(struct sys *sys, const struct obj *want, struct buf *why);
int export_update(struct sys *sys, const struct obj *have, const struct obj *want,
		  uint64_t changed, struct buf *why);
int export_remove(struct sys *sys, const struct obj *have, struct buf *why);
int export_open(struct sys *sys, const struct obj *have, const struct obj *want,
		struct buf *why);
void export_close(struct sys *sys, const struct obj *have, const struct obj *want);
int export_judge(struct plan_step *step);
bool export_may_lose(const struct obj *want);
bool export_uses(const struct obj *obj, const struct obj *other);
bool export_follows(const struct plan_step *step, const struct obj *device);
uint64_t export_holds(const struct obj *obj, const struct obj *other);
