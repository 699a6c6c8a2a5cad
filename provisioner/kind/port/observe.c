/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Observe ports. */
#include "base/cleanup.h"
#include "base/str.h"
#include "kind/nvmet/attributes.h"
#include "kind/nvmet/claims.h"
#include "kind/nvmet/connections.h"
#include "kind/port/port.h"
#include "sys/net.h"

#include <inttypes.h>

/* A new port has no transport: the field stays unset. */
static int read_transport(const struct kfs *kfs, struct obj *obj, unsigned int index,
			  const char *dir)
{
	_cleanup_free_ char *text = NULL;
	const char *const *words = obj->class->fields[index].words;
	int transport = 0, r = nvmet_read(kfs, &text, "%s/addr_trtype", dir);

	if (r < 0 || !text)
		return r;
	while (transport < TRANSPORT_UNKNOWN &&
	       !(words[transport] && streq(text, words[transport])))
		transport++;
	field_set_enum(obj, index, transport);
	return transport == TRANSPORT_UNKNOWN
		       ? obj_note(&obj->unsaid, "addr_trtype '%s'", text)
		       : 0;
}

/* Read the address, unless the address family does not fit. */
static int read_address(const struct kfs *kfs, struct obj *obj, unsigned int index,
			int transport, const char *dir)
{
	_cleanup_free_ char *address = NULL, *family = NULL, *canonical = NULL;
	int r = nvmet_read(kfs, &address, "%s/addr_traddr", dir);

	if (r == 0)
		r = nvmet_read(kfs, &family, "%s/addr_adrfam", dir);
	if (r < 0 || !address)
		return r;
	/* Shown as it is: only a plan has to tell an address that cannot work. */
	if (kfs->look != LOOK_TO_PLAN)
		return field_set_string(obj, index, address);
	if (!family || !streq(family, port_family(transport, address)))
		return obj_note(&obj->unsaid, "addr_traddr '%s' of addr_adrfam '%s'",
				address, family ? family : "");
	if (transport != TRANSPORT_LOOP && net_family(address) != NET_NONE)
		r = net_canonical(address, &canonical);
	return r < 0 ? r : field_set_string(obj, index, canonical ? canonical : address);
}

static int read_service(const struct kfs *kfs, struct obj *obj, unsigned int index,
			const char *dir)
{
	_cleanup_free_ char *text = NULL;
	uint64_t service;
	int r = nvmet_read(kfs, &text, "%s/addr_trsvcid", dir);

	if (r < 0 || !text)
		return r;
	/* A word, which tcp and rdma refuse, or a number that is not decimal. */
	if (!nvmet_number(text, &service))
		return obj_note(&obj->unsaid, "addr_trsvcid '%s'", text);
	field_set_uint(obj, index, service);
	return 0;
}

/* A kernel without the attribute has no TLS. */
static int read_tls(const struct kfs *kfs, struct obj *obj, const char *dir)
{
	_cleanup_free_ char *type = NULL, *required = NULL;
	int r = nvmet_read(kfs, &type, "%s/addr_tsas", dir);

	if (r == 0)
		r = nvmet_read(kfs, &required, "%s/addr_treq", dir);
	if (r < 0)
		return r;
	field_set_enum(obj, PORT_TLS,
		       !type || !streq(type, "tls1.3")		 ? TLS_OFF
		       : required && streq(required, "required") ? TLS_REQUIRED
								 : TLS_ALLOWED);
	return 0;
}

static int read_referral(const struct kfs *kfs, struct obj *obj, const char *port_folder)
{
	_cleanup_free_ char *dir = NULL, *enabled = NULL;
	int r;

	if (str_format(&dir, "%s/referrals/%s", port_folder, obj_name(obj)) < 0)
		return -ENOMEM;
	if ((r = read_transport(kfs, obj, REFERRAL_TRANSPORT, dir)) < 0 ||
	    (r = read_address(kfs, obj, REFERRAL_ADDRESS, TRANSPORT_TCP, dir)) < 0 ||
	    (r = read_service(kfs, obj, REFERRAL_SERVICE, dir)) < 0 ||
	    (r = nvmet_read(kfs, &enabled, "%s/enable", dir)) < 0)
		return r;
	field_set_bool(obj, REFERRAL_ENABLED, enabled && streq(enabled, "1"));
	return 0;
}

static int read_referrals(const struct kfs *kfs, struct obj *obj, const char *dir)
{
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 };
	int r = kfs_list_sorted(kfs, &names, "%s/referrals", dir);

	field_set_empty(obj, PORT_REFERRALS);
	for (size_t i = 0; r == 0 && i < names.names.count; i++) {
		struct obj *item = obj_new(&port_referral_class);

		r = item ? field_set_string(item, REFERRAL_NAME, names.names.items[i])
			 : -ENOMEM;
		if (r == 0)
			r = read_referral(kfs, item, dir);
		if (r < 0)
			obj_free(item);
		else
			r = field_add_object(obj, PORT_REFERRALS, item);
	}
	return r;
}

/* True if a controller of an unknown port may be connected to @obj. */
static bool is_any_of(const struct obj *obj, const struct nvmet_controllers *controllers)
{
	/* Without debugfs only loop controllers are known. */
	return controllers->complete || port_of(obj)->transport == TRANSPORT_LOOP;
}

static int count_links(const struct kfs *kfs, struct obj *obj,
		       const struct nvmet_controllers *controllers)
{
	_cleanup_(kfs_names_done) struct kfs_names links = { 0 };
	struct nvmet_use use = { 0 };
	int r = kfs_list_sorted(kfs, &links, NVMET_PORTS "/%s/subsystems", obj_name(obj));

	if (r < 0)
		return r;
	obj->holders = links.names.count;
	field_set_empty(obj, PORT_EXPORTS);
	for (size_t i = 0; r == 0 && i < links.names.count; i++)
		r = field_add_item(obj, PORT_EXPORTS, links.names.items[i]);
	if (r < 0)
		return r;
	vec_foreach (controller, &controllers->controllers) {
		if (controller->port != port_of(obj)->id &&
		    !(controller->port == NVMET_ANY_PORT && is_any_of(obj, controllers) &&
		      kfs_names_have(&links, controller->subsystem)))
			continue;
		use.controllers++;
		use.host = controller->host;
	}
	use.sockets = nvmet_count_sockets(kfs, controllers, obj_name(obj));
	use.may_be_more = kfs->look == LOOK_TO_PLAN && obj->holders > 0 &&
			  !nvmet_sees_all(kfs, controllers, obj_name(obj));
	r = nvmet_set_use(obj, &use);
	free(obj->in_use);
	obj->in_use = NULL;
	if (r < 0 || obj->holders == 0)
		return r;
	return str_format(&obj->in_use, "used by %" PRIu64 " export%s", obj->holders,
			  obj->holders == 1 ? "" : "s");
}

/* Note what no key of the file has. */
static int read_extras(const struct kfs *kfs, struct obj *obj, const char *dir)
{
	_cleanup_(kfs_names_done) struct kfs_names groups = { 0 };
	int r = kfs->reads_extras ? nvmet_read_extras(kfs, obj, dir) : 0;

	if (r == 0 && kfs->reads_extras)
		r = kfs_list_sorted(kfs, &groups, "%s/ana_groups", dir);
	for (size_t i = 0; r == 0 && i < groups.names.count; i++) {
		_cleanup_free_ char *state = NULL;

		r = nvmet_read(kfs, &state, "%s/ana_groups/%s/ana_state", dir,
			       groups.names.items[i]);
		if (r == 0 && state)
			r = nvmet_note_group(obj, groups.names.items[i], state);
	}
	return r;
}

static int read_port(const struct kfs *kfs, struct obj *obj,
		     const struct nvmet_controllers *controllers)
{
	_cleanup_free_ char *dir = port_folder(obj);
	int r;

	if (!dir)
		return -ENOMEM;
	if ((r = read_transport(kfs, obj, PORT_TRANSPORT, dir)) < 0 ||
	    (r = read_address(kfs, obj, PORT_ADDRESS, port_of(obj)->transport, dir)) <
		    0 ||
	    (r = read_tls(kfs, obj, dir)) < 0 ||
	    (r = read_referrals(kfs, obj, dir)) < 0 ||
	    (r = read_extras(kfs, obj, dir)) < 0 ||
	    (r = count_links(kfs, obj, controllers)) < 0)
		return r;
	return port_of(obj)->transport == TRANSPORT_LOOP && kfs->look == LOOK_TO_PLAN
		       ? 0
		       : read_service(kfs, obj, PORT_SERVICE, dir);
}

/* A port "0x10" is the kernel's number 16, but no number finds its directory. */
static int remark(const char *name, struct model *observed)
{
	char *text;
	int r = str_format(&text, "the port in the directory '%s': no id names it", name);

	return r < 0 ? r : model_add_remark(observed, &port_class, text);
}

static int observe_one(const struct kfs *kfs, const char *name,
		       const struct nvmet_controllers *controllers,
		       const struct claims *claims, struct model *observed)
{
	struct obj *obj;
	uint64_t id;
	int r;

	if (!nvmet_number(name, &id))
		return remark(name, observed);
	obj = obj_new(&port_class);
	if (!obj)
		return -ENOMEM;
	field_set_uint(obj, PORT_ID, id);
	r = read_port(kfs, obj, controllers);
	if (r == 0)
		r = nvmet_set_owner(kfs, claims, obj, !field_is_set(obj, PORT_TRANSPORT));
	if (r < 0) {
		obj_free(obj);
		return kfs_missed(kfs, r);
	}
	return model_add(observed, obj);
}

int port_observe(struct sys *sys, struct model *observed)
{
	_cleanup_(nvmet_controllers_done) struct nvmet_controllers controllers = { 0 };
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 };
	_cleanup_(claims_done) struct claims claims = { 0 };
	int r = kfs_list_sorted(&sys->kfs, &names, NVMET_PORTS);

	if (r == 0 && names.names.count > 0 && sys->kfs.look == LOOK_TO_PLAN)
		r = nvmet_controllers_load(&sys->kfs, &controllers);
	if (r == 0 && names.names.count > 0)
		r = kfs_missed(&sys->kfs, claims_load(&sys->kfs, &claims));
	for (size_t i = 0; r == 0 && i < names.names.count; i++)
		r = observe_one(&sys->kfs, names.names.items[i], &controllers, &claims,
				observed);
	return kfs_missed(&sys->kfs, r);
}
