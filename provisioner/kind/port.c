/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NVMe ports: where exports are reached, /sys/kernel/config/nvmet/ports/ID. The kernel
 * opens the listener with the first export that is linked into it, and until the last one
 * has gone its address cannot change.
 */
#include "base/cleanup.h"
#include "kind/kind.h"
#include "kind/nvmet.h"
#include "port/net.h"

#include <inttypes.h>

/* IANA's number for NVMe over Fabrics. */
#define SERVICE_DEFAULT 4420

enum transport { TRANSPORT_TCP, TRANSPORT_RDMA, TRANSPORT_LOOP };
enum tls { TLS_OFF, TLS_ALLOWED, TLS_REQUIRED };
enum on_change { ON_CHANGE_REFUSE, ON_CHANGE_REPLACE };

struct port {
	struct obj obj;
	uint64_t id;
	int transport;
	char *address, *interface;
	int family;
	uint64_t service;
	int tls;
	struct object_list referrals;
	uint64_t wait;
	int on_change;
};

struct referral {
	struct obj obj;
	char *name;
	int transport;
	char *address;
	uint64_t service;
	bool enabled;
};

enum {
	PORT_ID,
	PORT_TRANSPORT,
	PORT_ADDRESS,
	PORT_INTERFACE,
	PORT_FAMILY,
	PORT_SERVICE,
	PORT_TLS,
	PORT_REFERRALS,
	PORT_WAIT,
	PORT_ON_CHANGE,
};

enum {
	REFERRAL_NAME,
	REFERRAL_TRANSPORT,
	REFERRAL_ADDRESS,
	REFERRAL_SERVICE,
	REFERRAL_ENABLED,
};

/* The kernel's words too. */
static const char *const transport_words[] = {
	[TRANSPORT_TCP] = "tcp",
	[TRANSPORT_RDMA] = "rdma",
	[TRANSPORT_LOOP] = "loop",
	NULL,
};
static const char *const remote_words[] = {
	[TRANSPORT_TCP] = "tcp",
	[TRANSPORT_RDMA] = "rdma",
	NULL,
};
static const char *const family_words[] = { "ipv4", "ipv6", NULL };
static const char *const tls_words[] = {
	[TLS_OFF] = "off",
	[TLS_ALLOWED] = "allowed",
	[TLS_REQUIRED] = "required",
	NULL,
};
static const char *const on_change_words[] = {
	[ON_CHANGE_REFUSE] = "refuse",
	[ON_CHANGE_REPLACE] = "replace",
	NULL,
};

static const struct field referral_fields[] = {
	[REFERRAL_NAME] =
		FIELD(referral, name, FIELD_STRING, .flags = FIELD_KEY | FIELD_REQUIRED,
		      .pattern = "^[A-Za-z0-9][A-Za-z0-9_.-]*$",
		      .expects = "letters, digits and any of _.-, no such one first",
		      .max = 63, .doc = "A name for it on this machine"),
	[REFERRAL_TRANSPORT] =
		FIELD(referral, transport, FIELD_ENUM, .words = remote_words,
		      .value = "tcp", .doc = "How the other machine is reached"),
	[REFERRAL_ADDRESS] =
		FIELD(referral, address, FIELD_STRING, .flags = FIELD_REQUIRED,
		      .doc = "IPv4 or IPv6 address of the other machine's port"),
	[REFERRAL_SERVICE] = FIELD(referral, service, FIELD_UINT, .min = 1, .max = 65535,
				   .value = "4420", .doc = "Its number"),
	[REFERRAL_ENABLED] = FIELD(referral, enabled, FIELD_BOOL, .flags = FIELD_DERIVED,
				   .doc = "Hosts are told of it"),
};

static const struct obj_class referral_class = {
	.name = "referral",
	.size = sizeof(struct referral),
	.fields = referral_fields,
	.field_count = ARRAY_SIZE(referral_fields),
};

static const struct field port_fields[] = {
	[PORT_ID] = FIELD(port, id, FIELD_UINT, .flags = FIELD_KEY | FIELD_REQUIRED,
			  .max = 65535, .doc = "Number of the port on this machine"),
	[PORT_TRANSPORT] = FIELD(port, transport, FIELD_ENUM, .flags = FIELD_REQUIRED,
				 .words = transport_words,
				 .doc = "tcp, rdma, or loop: this machine "
					"alone"),
	[PORT_ADDRESS] =
		FIELD(port, address, FIELD_STRING, .max = 255, .pattern = "^[^ /]+$",
		      .expects = "an address",
		      .doc = "IPv4 or IPv6 address of this machine to listen on; "
			     "0.0.0.0 and :: mean all of them; of loop any word"),
	[PORT_INTERFACE] = FIELD(
		port, interface, FIELD_STRING, .flags = FIELD_POLICY, .max = 15,
		.pattern = "^[^ /:]+$", .expects = "the name of a network interface",
		.doc = "Network interface whose address to listen on, in the place of "
		       "address"),
	[PORT_FAMILY] = FIELD(
		port, family, FIELD_ENUM, .flags = FIELD_POLICY, .words = family_words,
		.doc = "Which of the interface's addresses; IPv4, if it has "
		       "one, unless given"),
	[PORT_SERVICE] =
		FIELD(port, service, FIELD_UINT, .min = 1, .max = 65535,
		      .doc = "Number of the TCP or RDMA port; 4420 unless given"),
	[PORT_TLS] =
		FIELD(port, tls, FIELD_ENUM, .words = tls_words, .value = "off",
		      .doc = "TLS 1.3 with a pre-shared key of the kernel's keyring, tcp "
			     "alone: allowed takes hosts without it too"),
	[PORT_REFERRALS] = FIELD(port, referrals, FIELD_OBJECTS, .items = &referral_class,
				 .doc = "Other machines' ports, of which the discovery "
					"service tells as well"),
	[PORT_WAIT] = FIELD(port, wait, FIELD_DURATION, .flags = FIELD_POLICY,
			    .value = "10s", .max = 3600000,
			    .doc = "How long to wait for the address to appear"),
	[PORT_ON_CHANGE] =
		FIELD(port, on_change, FIELD_ENUM, .flags = FIELD_POLICY,
		      .value = "refuse", .words = on_change_words,
		      .doc = "What to do where a change would drop connections"),
};

static const struct port *port_of(const struct obj *obj)
{
	return (const struct port *)obj;
}

static const struct referral *referral_of(const struct obj *obj)
{
	return (const struct referral *)obj;
}

static char *folder_of(const struct obj *obj)
{
	char *text;

	return asprintf(&text, NVMET_PORTS "/%s", obj_name(obj)) < 0 ? NULL : text;
}

/* --- the file --- */

static void validate_loop(const struct obj *want, struct diag *diag)
{
	static const unsigned int useless[] = { PORT_INTERFACE, PORT_FAMILY,
						PORT_SERVICE };

	for (size_t i = 0; i < ARRAY_SIZE(useless); i++)
		if (field_is_set(want, useless[i]))
			diag_add(diag, obj_field_pos(want, useless[i]),
				 "port '%s': transport loop has no %s", obj_name(want),
				 want->class->fields[useless[i]].name);
}

static void validate_address(const struct obj *want, struct diag *diag)
{
	const struct port *port = port_of(want);
	bool has_address = field_is_set(want, PORT_ADDRESS);

	if (has_address == field_is_set(want, PORT_INTERFACE))
		diag_add(diag, want->pos,
			 "port '%s': give it an address or an interface, one of the two",
			 obj_name(want));
	else if (has_address && net_family(port->address) == NET_NONE)
		diag_add(diag, obj_field_pos(want, PORT_ADDRESS),
			 "port '%s': address '%s': expected an IPv4 or IPv6 address, as "
			 "in 192.0.2.10 or \"2001:db8::1\"",
			 obj_name(want), port->address);
	if (has_address && field_is_set(want, PORT_FAMILY))
		diag_add(diag, obj_field_pos(want, PORT_FAMILY),
			 "port '%s': family chooses among the addresses of an interface",
			 obj_name(want));
}

static uint64_t service_of(const struct obj *obj)
{
	return field_is_set(obj, PORT_SERVICE) ? port_of(obj)->service : SERVICE_DEFAULT;
}

/* Of two ports in the file that are one place in the network, the later one. */
static void validate_place(const struct obj *want, const struct model *desired,
			   struct diag *diag)
{
	const struct port *port = port_of(want);

	if (!field_is_set(want, PORT_ADDRESS) || port->transport == TRANSPORT_LOOP)
		return;
	vec_foreach (other, &desired->objs) {
		const struct port *first = port_of(*other);

		if (*other == want)
			return;
		if ((*other)->class != want->class ||
		    !field_is_set(*other, PORT_ADDRESS) ||
		    !field_is_set(*other, PORT_TRANSPORT) ||
		    first->transport != port->transport ||
		    service_of(*other) != service_of(want) ||
		    !streq(first->address, port->address))
			continue;
		diag_add(diag, obj_field_pos(want, PORT_ADDRESS),
			 "port '%s': address '%s' and service %" PRIu64
			 " are those of port '%s' at line %u",
			 obj_name(want), port->address, service_of(want),
			 obj_name(*other), (*other)->pos.line);
		return;
	}
}

static void validate_referrals(const struct obj *want, struct diag *diag)
{
	if (!field_is_set(want, PORT_REFERRALS))
		return;
	vec_foreach (item, &field_objects(want, PORT_REFERRALS)->objs)
		if (net_family(referral_of(*item)->address) == NET_NONE)
			diag_add(
				diag, obj_field_pos(*item, REFERRAL_ADDRESS),
				"port '%s': referral '%s': address '%s': expected an IPv4 "
				"or IPv6 address",
				obj_name(want), obj_name(*item),
				referral_of(*item)->address);
}

static void port_validate(const struct obj *want, const struct model *desired,
			  struct diag *diag)
{
	const struct port *port = port_of(want);

	if (port->transport == TRANSPORT_LOOP)
		validate_loop(want, diag);
	else
		validate_address(want, diag);
	if (port->tls != TLS_OFF && port->transport != TRANSPORT_TCP)
		diag_add(diag, obj_field_pos(want, PORT_TLS),
			 "port '%s': tls is for transport tcp", obj_name(want));
	validate_place(want, desired, diag);
	validate_referrals(want, diag);
}

/* --- what is wanted, on this machine --- */

static bool is_of_family(const struct obj *want, const char *address)
{
	if (!field_is_set(want, PORT_FAMILY))
		return true;
	return (net_family(address) == NET_IPV6) == (port_of(want)->family == 1);
}

/*
 * Of the interface's addresses the one that the port has already, so that it does not
 * move; else the first one, IPv4 before IPv6.
 */
static const char *choose_address(const struct obj *want, const struct obj *have,
				  const struct net_addresses *all)
{
	const char *first = NULL;

	vec_foreach (address, &all->addresses) {
		if (!streq(address->interface, port_of(want)->interface) ||
		    !is_of_family(want, address->text))
			continue;
		if (have && field_is_set(have, PORT_ADDRESS) &&
		    streq(port_of(have)->address, address->text))
			return address->text;
		if (!first || (net_family(first) == NET_IPV6 &&
			       net_family(address->text) == NET_IPV4))
			first = address->text;
	}
	return first;
}

static int resolve_interface(struct obj *want, const struct obj *have,
			     const struct net_addresses *all)
{
	const struct port *port = port_of(want);
	const char *address = choose_address(want, have, all);

	field_clear(want, PORT_ADDRESS);
	if (address)
		return field_set_string(want, PORT_ADDRESS, address);
	want->patience_ms = port->wait;
	return kind_set_unmet(
		want, "its interface '%s' has no %s%saddress; see 'ip addr'",
		port->interface,
		field_is_set(want, PORT_FAMILY) ? family_words[port->family] : "",
		field_is_set(want, PORT_FAMILY) ? " " : "");
}

static int resolve_address(struct obj *want, const struct net_addresses *all)
{
	_cleanup_free_ char *address = NULL;
	int r = net_canonical(port_of(want)->address, &address);

	if (r < 0)
		return r;
	r = field_set_string(want, PORT_ADDRESS, address);
	if (r < 0 || net_is_local(all, address))
		return r;
	want->patience_ms = port_of(want)->wait;
	return kind_set_unmet(
		want, "its address '%s' is none of this machine; see 'ip addr'", address);
}

static void resolve_referrals(struct obj *want)
{
	if (!field_is_set(want, PORT_REFERRALS))
		return;
	vec_foreach (item, &field_objects(want, PORT_REFERRALS)->objs)
		field_set_bool(*item, REFERRAL_ENABLED, true);
}

/* Somebody else's port at the same place would keep the listener from opening. */
static int check_others(struct obj *want, const struct model *observed)
{
	if (want->unmet || !field_is_set(want, PORT_ADDRESS))
		return 0;
	vec_foreach (other, &observed->objs) {
		const struct port *port = port_of(*other);

		if ((*other)->class != want->class || (*other)->owner == OWNER_OURS ||
		    streq(obj_name(*other), obj_name(want)) || (*other)->holders == 0 ||
		    !field_is_set(*other, PORT_TRANSPORT) ||
		    !field_is_set(*other, PORT_ADDRESS) ||
		    !field_is_set(*other, PORT_SERVICE) ||
		    port->transport != port_of(want)->transport ||
		    port->service != port_of(want)->service ||
		    !streq(port->address, port_of(want)->address))
			continue;
		return kind_set_unmet(want,
				      "its address '%s' and service %" PRIu64
				      " are those of port '%s', which is not ours",
				      port->address, port->service, obj_name(*other));
	}
	return 0;
}

static int port_resolve(struct ports *ports, struct obj *want,
			const struct model *desired, const struct model *observed)
{
	const struct obj *have = model_find(observed, want->class, obj_name(want));
	_cleanup_(net_addresses_done) struct net_addresses all = { 0 };
	int r;

	(void)desired;
	resolve_referrals(want);
	if (port_of(want)->transport == TRANSPORT_LOOP)
		return field_is_set(want, PORT_ADDRESS)
			       ? 0
			       : field_set_string(want, PORT_ADDRESS, obj_name(want));
	field_set_uint(want, PORT_SERVICE, service_of(want));
	r = net_addresses_load(&ports->kfs, &all);
	if (r == 0)
		r = field_is_set(want, PORT_INTERFACE)
			    ? resolve_interface(want, have, &all)
			    : resolve_address(want, &all);
	return r < 0 ? r : check_others(want, observed);
}

/* --- observe --- */

static int read_word(const struct kfs *kfs, struct obj *obj, unsigned int index,
		     const char *folder, const char *attribute)
{
	_cleanup_free_ char *text = NULL;
	const char *const *words = obj->class->fields[index].words;
	int r = nvmet_read(kfs, &text, "%s/%s", folder, attribute);

	for (int i = 0; r == 0 && text && words[i]; i++)
		if (streq(text, words[i]))
			field_set_enum(obj, index, i);
	return r;
}

static const char *family_of(int transport, const char *address)
{
	return transport == TRANSPORT_LOOP	 ? "loop"
	       : net_family(address) == NET_IPV6 ? "ipv6"
						 : "ipv4";
}

/* Only together with the family that belongs to it, an address is one. */
static int read_address(const struct kfs *kfs, struct obj *obj, unsigned int index,
			int transport, const char *folder)
{
	_cleanup_free_ char *address = NULL, *family = NULL;
	int r = nvmet_read(kfs, &address, "%s/addr_traddr", folder);

	if (r == 0)
		r = nvmet_read(kfs, &family, "%s/addr_adrfam", folder);
	if (r < 0 || !address || !family || !streq(family, family_of(transport, address)))
		return r;
	return field_set_string(obj, index, address);
}

static int read_service(const struct kfs *kfs, struct obj *obj, unsigned int index,
			const char *folder)
{
	uint64_t service;
	int r = kfs_read_u64(kfs, &service, "%s/addr_trsvcid", folder);

	/* Nobody has set it, or to a word, which the kernel's transports do not take. */
	if (r < 0)
		return r == -ENOENT || r == -EBADMSG ? 0 : r;
	field_set_uint(obj, index, service);
	return 0;
}

/* A kernel without the attribute has no TLS. */
static int read_tls(const struct kfs *kfs, struct obj *obj, const char *folder)
{
	_cleanup_free_ char *type = NULL, *required = NULL;
	int r = nvmet_read(kfs, &type, "%s/addr_tsas", folder);

	if (r == 0)
		r = nvmet_read(kfs, &required, "%s/addr_treq", folder);
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
	_cleanup_free_ char *folder = NULL, *enabled = NULL;
	int r;

	if (asprintf(&folder, "%s/referrals/%s", port_folder, obj_name(obj)) < 0) {
		folder = NULL;
		return -ENOMEM;
	}
	if ((r = read_word(kfs, obj, REFERRAL_TRANSPORT, folder, "addr_trtype")) < 0 ||
	    (r = read_address(kfs, obj, REFERRAL_ADDRESS, TRANSPORT_TCP, folder)) < 0 ||
	    (r = read_service(kfs, obj, REFERRAL_SERVICE, folder)) < 0 ||
	    (r = nvmet_read(kfs, &enabled, "%s/enable", folder)) < 0)
		return r;
	field_set_bool(obj, REFERRAL_ENABLED, enabled && streq(enabled, "1"));
	return 0;
}

static int read_referrals(const struct kfs *kfs, struct obj *obj, const char *folder)
{
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 };
	int r = nvmet_list(kfs, &names, "%s/referrals", folder);

	field_set_empty(obj, PORT_REFERRALS);
	for (size_t i = 0; r == 0 && i < names.names.count; i++) {
		struct obj *item = obj_new(&referral_class);

		r = item ? field_set_string(item, REFERRAL_NAME, names.names.items[i])
			 : -ENOMEM;
		if (r == 0)
			r = read_referral(kfs, item, folder);
		if (r < 0)
			obj_free(item);
		else
			r = field_add_object(obj, PORT_REFERRALS, item);
	}
	return r;
}

static int count_links(const struct kfs *kfs, struct obj *obj,
		       const struct nvmet_controllers *controllers)
{
	_cleanup_(kfs_names_done) struct kfs_names links = { 0 };
	struct nvmet_use use = { 0 };
	int r = nvmet_list(kfs, &links, NVMET_PORTS "/%s/subsystems", obj_name(obj));

	if (r < 0)
		return r;
	obj->holders = links.names.count;
	vec_foreach (controller, &controllers->controllers) {
		if (controller->port != port_of(obj)->id)
			continue;
		use.controllers++;
		use.host = controller->host;
	}
	if (!controllers->complete)
		use.sockets = nvmet_count_sockets(kfs, obj_name(obj));
	r = nvmet_set_use(obj, &use);
	free(obj->in_use);
	obj->in_use = NULL;
	if (r < 0 || obj->holders == 0)
		return r;
	if (asprintf(&obj->in_use, "the way to %" PRIu64 " export%s", obj->holders,
		     obj->holders == 1 ? "" : "s") < 0) {
		obj->in_use = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int read_port(const struct kfs *kfs, struct obj *obj,
		     const struct nvmet_controllers *controllers)
{
	_cleanup_free_ char *folder = folder_of(obj);
	int r;

	if (!folder)
		return -ENOMEM;
	if ((r = read_word(kfs, obj, PORT_TRANSPORT, folder, "addr_trtype")) < 0 ||
	    (r = read_address(kfs, obj, PORT_ADDRESS, port_of(obj)->transport, folder)) <
		    0 ||
	    (r = read_tls(kfs, obj, folder)) < 0 ||
	    (r = read_referrals(kfs, obj, folder)) < 0 ||
	    (r = count_links(kfs, obj, controllers)) < 0)
		return r;
	return port_of(obj)->transport == TRANSPORT_LOOP
		       ? 0
		       : read_service(kfs, obj, PORT_SERVICE, folder);
}

static int observe_one(const struct kfs *kfs, const char *name,
		       const struct nvmet_controllers *controllers,
		       const struct claims *claims, struct model *observed)
{
	struct obj *obj = obj_new(&kind_port.class);
	int r;

	if (!obj)
		return -ENOMEM;
	field_set_uint(obj, PORT_ID, strtoull(name, NULL, 10));
	r = read_port(kfs, obj, controllers);
	if (r < 0) {
		obj_free(obj);
		return r;
	}
	nvmet_set_owner(claims, obj);
	return model_add(observed, obj);
}

static int port_observe(struct ports *ports, struct model *observed)
{
	_cleanup_(nvmet_controllers_done) struct nvmet_controllers controllers = { 0 };
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 };
	_cleanup_(claims_done) struct claims claims = { 0 };
	int r = nvmet_list(&ports->kfs, &names, NVMET_PORTS);

	if (r == 0 && names.names.count > 0)
		r = nvmet_controllers_load(&ports->kfs, &controllers);
	if (r == 0 && names.names.count > 0)
		r = claims_load(&ports->kfs, &claims);
	for (size_t i = 0; r == 0 && i < names.names.count; i++)
		r = observe_one(&ports->kfs, names.names.items[i], &controllers, &claims,
				observed);
	return r;
}

/* --- act --- */

/* The transport first: kernels that have none yet read beyond a table for the others. */
static int set_place(struct ports *ports, const char *folder, int transport,
		     const char *address, bool has_service, uint64_t service,
		     struct buf *why)
{
	const char *type = transport_words[transport];
	const char *family = family_of(transport, address);
	char number[21];
	int r = nvmet_set(ports, why, folder, "addr_trtype", type, type);

	snprintf(number, sizeof(number), "%" PRIu64, service);
	if (r == 0)
		r = nvmet_set(ports, why, folder, "addr_adrfam", family, family);
	if (r == 0)
		r = nvmet_set(ports, why, folder, "addr_traddr", address, address);
	if (r == 0 && has_service)
		r = nvmet_set(ports, why, folder, "addr_trsvcid", number, number);
	return r;
}

/*
 * `tsas` first: with tls1.3 it sets `treq` to required, and only then "not required" means
 * that hosts without TLS are let in too.
 */
static int set_tls(struct ports *ports, const struct obj *want, const char *folder,
		   struct buf *why)
{
	const char *const attribute = "addr_tsas";
	int tls = port_of(want)->tls, r;

	if (port_of(want)->transport != TRANSPORT_TCP ||
	    (tls == TLS_OFF && !kfs_exists(&ports->kfs, "%s/%s", folder, attribute)))
		return 0;
	r = kfs_write(&ports->kfs, tls == TLS_OFF ? "none" : "tls1.3", "%s/%s", folder,
		      attribute);
	if (r == -ENOENT || (r == -EINVAL && tls != TLS_OFF))
		return kind_fail(why, r,
				 "this kernel has no TLS for NVMe targets, or no keyring "
				 "for it (CONFIG_NVME_TARGET_TCP_TLS)",
				 "cannot set tls to '%s'", tls_words[tls]);
	if (r < 0)
		return kind_fail(why, r, nvmet_hint(r), "cannot set '%s'", attribute);
	if (tls == TLS_OFF)
		return 0;
	return nvmet_set(ports, why, folder, "addr_treq",
			 tls == TLS_REQUIRED ? "required" : "not required",
			 tls_words[tls]);
}

static int set_address(struct ports *ports, const struct obj *want, const char *folder,
		       struct buf *why)
{
	const struct port *port = port_of(want);
	int r = set_place(ports, folder, port->transport, port->address,
			  field_is_set(want, PORT_SERVICE), port->service, why);

	return r < 0 ? r : set_tls(ports, want, folder, why);
}

static int add_referral(struct ports *ports, const struct obj *item,
			const char *port_folder, struct buf *why)
{
	const struct referral *referral = referral_of(item);
	_cleanup_free_ char *folder = NULL;
	int r;

	if (asprintf(&folder, "%s/referrals/%s", port_folder, obj_name(item)) < 0) {
		folder = NULL;
		return -ENOMEM;
	}
	r = kfs_mkdir(&ports->kfs, "%s", folder);
	if (r < 0)
		return kind_fail(why, r, nvmet_hint(r), "cannot make referral '%s'",
				 obj_name(item));
	r = set_place(ports, folder, referral->transport, referral->address, true,
		      referral->service, why);
	if (r == 0)
		r = nvmet_set(ports, why, folder, "enable", "1", "1");
	if (r < 0)
		(void)kfs_rmdir(&ports->kfs, "%s", folder); /* the first error counts */
	return r;
}

static int remove_referral(struct ports *ports, const struct obj *item,
			   const char *port_folder, struct buf *why)
{
	int r = kfs_rmdir(&ports->kfs, "%s/referrals/%s", port_folder, obj_name(item));

	return r < 0 && r != -ENOENT
		       ? kind_fail(why, r, nvmet_hint(r), "cannot remove referral '%s'",
				   obj_name(item))
		       : 0;
}

/* @have NULL: there are none so far; @want NULL: there shall be none. */
static int change_referrals(struct ports *ports, const struct obj *have,
			    const struct obj *want, const char *folder, struct buf *why)
{
	int r = 0;

	for (size_t i = 0; r == 0 && have && field_is_set(have, PORT_REFERRALS) &&
			   i < field_objects(have, PORT_REFERRALS)->objs.count;
	     i++) {
		const struct obj *live =
			field_objects(have, PORT_REFERRALS)->objs.items[i];
		const struct obj *item =
			want ? field_find_object(want, PORT_REFERRALS, obj_name(live))
			     : NULL;

		if (!item || obj_differing(live, item))
			r = remove_referral(ports, live, folder, why);
	}
	for (size_t i = 0; r == 0 && want && field_is_set(want, PORT_REFERRALS) &&
			   i < field_objects(want, PORT_REFERRALS)->objs.count;
	     i++) {
		const struct obj *item =
			field_objects(want, PORT_REFERRALS)->objs.items[i];
		const struct obj *live =
			have ? field_find_object(have, PORT_REFERRALS, obj_name(item))
			     : NULL;

		if (!live || obj_differing(live, item))
			r = add_referral(ports, item, folder, why);
	}
	return r;
}

/* Undoes what port_create() did, as far as it came. */
static void take_back(struct ports *ports, const struct obj *want, const char *folder)
{
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 };
	_cleanup_(buf_done) struct buf ignored = { 0 };

	if (nvmet_list(&ports->kfs, &names, "%s/referrals", folder) == 0)
		vec_foreach (name, &names.names)
			(void)kfs_rmdir(&ports->kfs, "%s/referrals/%s", folder, *name);
	(void)nvmet_end(ports, want, folder, &ignored); /* the first error counts */
}

static int port_create(struct ports *ports, const struct obj *want, struct buf *why)
{
	_cleanup_free_ char *folder = folder_of(want);
	int r = folder ? nvmet_begin(ports, want, folder, why) : -ENOMEM;

	if (r < 0)
		return r;
	r = set_address(ports, want, folder, why);
	if (r == 0)
		r = change_referrals(ports, NULL, want, folder, why);
	if (r < 0)
		take_back(ports, want, folder);
	return r;
}

static int unlink_all(struct ports *ports, const struct kfs_names *links,
		      const char *folder, struct buf *why)
{
	vec_foreach (name, &links->names) {
		int r = kfs_unlink(&ports->kfs, "%s/subsystems/%s", folder, *name);

		if (r < 0 && r != -ENOENT)
			return kind_fail(why, r, nvmet_hint(r),
					 "cannot take export '%s' off it", *name);
	}
	return 0;
}

static int link_all(struct ports *ports, const struct kfs_names *links,
		    const char *folder, struct buf *why)
{
	vec_foreach (name, &links->names) {
		_cleanup_free_ char *target = NULL;
		int r;

		if (asprintf(&target, NVMET_SUBSYSTEMS "/%s", *name) < 0) {
			target = NULL;
			return -ENOMEM;
		}
		r = kfs_symlink(&ports->kfs, target, "%s/subsystems/%s", folder, *name);
		if (r < 0 && r != -EEXIST)
			return kind_fail(why, r, nvmet_hint(r),
					 "cannot put export '%s' on it again", *name);
	}
	return 0;
}

/* Back to where it was, and all that was on it with it: who is there keeps what works. */
static void restore(struct ports *ports, const struct obj *have,
		    const struct kfs_names *links, const char *folder)
{
	_cleanup_(buf_done) struct buf ignored = { 0 };

	if (!field_is_set(have, PORT_TRANSPORT) || !field_is_set(have, PORT_ADDRESS))
		return;
	(void)unlink_all(ports, links, folder, &ignored);
	if (set_address(ports, have, folder, &ignored) == 0)
		(void)link_all(ports, links, folder, &ignored);
}

/* An address can change only while nothing is linked into the port. */
static int move(struct ports *ports, const struct obj *have, const struct obj *want,
		const char *folder, struct buf *why)
{
	_cleanup_(kfs_names_done) struct kfs_names links = { 0 };
	int r = nvmet_list(&ports->kfs, &links, "%s/subsystems", folder);

	if (r < 0)
		return kind_fail(why, r, nvmet_hint(r), "cannot see what is on it");
	r = unlink_all(ports, &links, folder, why);
	if (r == 0)
		r = set_address(ports, want, folder, why);
	if (r == 0)
		r = link_all(ports, &links, folder, why);
	if (r < 0)
		restore(ports, have, &links, folder);
	return r;
}

static int port_update(struct ports *ports, const struct obj *have,
		       const struct obj *want, uint64_t changed, struct buf *why)
{
	_cleanup_free_ char *folder = folder_of(have);
	int r = folder ? 0 : -ENOMEM;

	if (r == 0 && changed & ~(UINT64_C(1) << PORT_REFERRALS))
		r = move(ports, have, want, folder, why);
	if (r == 0 && changed & 1u << PORT_REFERRALS)
		r = change_referrals(ports, have, want, folder, why);
	return r;
}

static int port_remove(struct ports *ports, const struct obj *have, struct buf *why)
{
	_cleanup_free_ char *folder = folder_of(have);
	int r = folder ? change_referrals(ports, have, NULL, folder, why) : -ENOMEM;

	return r < 0 ? r : nvmet_end(ports, have, folder, why);
}

/* --- policy --- */

static int port_judge(struct plan_step *step)
{
	if (!(step->changed & ~(UINT64_C(1) << PORT_REFERRALS)) || !step->have->content)
		return 0;
	step->loss = strdup(step->have->content);
	return step->loss ? 0 : -ENOMEM;
}

static bool port_may_lose(const struct obj *want)
{
	return port_of(want)->on_change == ON_CHANGE_REPLACE;
}

static bool port_needs_module(const struct obj *want, const char *module)
{
	static const char *const modules[] = {
		[TRANSPORT_TCP] = "nvmet_tcp",
		[TRANSPORT_RDMA] = "nvmet_rdma",
		[TRANSPORT_LOOP] = "nvme_loop",
	};

	return streq(module, "nvmet") || streq(module, modules[port_of(want)->transport]);
}

const struct kind kind_port = {
	.class = {
		.name = "port",
		.section = "ports",
		.doc = "NVMe ports: where exports are reached",
		.size = sizeof(struct port),
		.rank = 40,
		.fields = port_fields,
		.field_count = ARRAY_SIZE(port_fields),
		.validate = port_validate,
	},
	.modules = (const char *const[]){ "nvmet", "nvmet_tcp", "nvmet_rdma", "nvme_loop",
					  NULL },
	.network = true,
	.severs = true,
	.observe = port_observe,
	.resolve = port_resolve,
	.create = port_create,
	.update = port_update,
	.remove = port_remove,
	.adopt = nvmet_adopt,
	.needs_module = port_needs_module,
	.judge = port_judge,
	.may_lose = port_may_lose,
};
