/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy of exports. */
#include "kind/export/export.h"
#include "kind/on_change.h"

#include <errno.h>
#include <string.h>

static bool loses_port(const struct obj *have, const struct obj *want)
{
	vec_foreach (item, &export_strings(have, EXPORT_PORTS)->items) {
		if (!field_has_item(want, EXPORT_PORTS, item->text))
			return true;
	}
	return false;
}

static bool loses_namespace(const struct obj *have, const struct obj *want)
{
	vec_foreach (live, &export_namespaces(have)->objs) {
		const struct obj *item =
			field_find_object(want, EXPORT_NAMESPACES, obj_name(*live));

		/* An unplugged device serves nobody. */
		if (namespace_of(*live)->enabled && !namespace_of(*live)->gone &&
		    (!item || export_is_another(*live, item)))
			return true;
	}
	return false;
}

/* Removing a namespace or a port breaks the I/O of connected hosts. */
int export_judge(struct plan_step *step)
{
	if (!step->have->content || (!loses_port(step->have, step->want) &&
				     !loses_namespace(step->have, step->want)))
		return 0;
	step->loss = strdup(step->have->content);
	return step->loss ? 0 : -ENOMEM;
}

bool export_may_lose(const struct obj *want)
{
	return export_of(want)->on_change == ON_CHANGE_REPLACE;
}

static bool is_on_device(const struct obj *item, const struct obj *device)
{
	const char *dir = device->class == &cache_class ? "/dev/mapper/" : "/dev/";
	const struct obj_class *made = namespace_of(item)->made;
	const char *text = namespace_of(item)->device.text;

	if (made && made != device->class)
		return false;
	if (text && strncmp(text, dir, strlen(dir)) == 0)
		text += strlen(dir);
	return text && streq(text, obj_name(device));
}

static bool stands_on_device(const struct obj *obj, const struct obj *device)
{
	vec_foreach (item, &export_namespaces(obj)->objs) {
		if (is_on_device(*item, device))
			return true;
	}
	return false;
}

bool export_uses(const struct obj *obj, const struct obj *other)
{
	if (other->class == &port_class)
		return field_has_item(obj, EXPORT_PORTS, obj_name(other));
	if (other->class == &host_class)
		return field_has_item(obj, EXPORT_HOSTS, obj_name(other));
	return (other->class == &ramdisk_class || other->class == &cache_class) &&
	       stands_on_device(obj, other);
}

/* A new size is announced only after the device has it. */
bool export_follows(const struct plan_step *step, const struct obj *device)
{
	if (step->changed != UINT64_C(1) << EXPORT_NAMESPACES ||
	    export_namespaces(step->have)->objs.count !=
		    export_namespaces(step->want)->objs.count)
		return false;
	vec_foreach (item, &export_namespaces(step->want)->objs) {
		const struct obj *live =
			field_find_object(step->have, EXPORT_NAMESPACES, obj_name(*item));

		if (!live || export_is_another(live, *item) ||
		    (obj_differing(live, *item) && !is_on_device(*item, device)))
			return false;
	}
	return true;
}

/* The kernel opens the device once per enabled namespace. */
uint64_t export_holds(const struct obj *obj, const struct obj *other)
{
	uint64_t count = 0;

	if (other->class == &port_class || other->class == &host_class)
		return 1;
	vec_foreach (item, &export_namespaces(obj)->objs)
		count += namespace_of(*item)->enabled && is_on_device(*item, other);
	return count;
}
