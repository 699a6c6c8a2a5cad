/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NVMe ports: where exports are reached, /sys/kernel/config/nvmet/ports/ID. Their keys, and
 * what the file may say.
 */
#include "kind/port/port.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "kind/nvmet/nvmet.h"
#include "kind/on_change.h"
#include "sys/net.h"

#include <inttypes.h>

/* IANA's number for NVMe over Fabrics. */
#define SERVICE_DEFAULT 4420

/* The kernel's words too. */
const char *const port_transport_words[] = {
	[TRANSPORT_TCP] = "tcp",	 [TRANSPORT_RDMA] = "rdma",
	[TRANSPORT_LOOP] = "loop",	 [TRANSPORT_END] = NULL,
	[TRANSPORT_FC] = "fc",		 [TRANSPORT_PCI] = "pci",
	[TRANSPORT_UNKNOWN] = "unknown", NULL,
};
static const char *const remote_words[] = {
	[TRANSPORT_TCP] = "tcp",
	[TRANSPORT_RDMA] = "rdma",
	[TRANSPORT_LOOP] = NULL,
	[TRANSPORT_FC] = "fc",
	[TRANSPORT_PCI] = "pci",
	[TRANSPORT_UNKNOWN] = "unknown",
	NULL,
};
const char *const port_family_words[] = { "ipv4", "ipv6", NULL };
const char *const port_tls_words[] = {
	[TLS_OFF] = "off",
	[TLS_ALLOWED] = "allowed",
	[TLS_REQUIRED] = "required",
	NULL,
};
static const struct field referral_fields[] = {
	[REFERRAL_NAME] = FIELD(
		referral, name, FIELD_STRING, .flags = FIELD_KEY | FIELD_REQUIRED,
		.pattern = "^[A-Za-z0-9][A-Za-z0-9_.-]*$",
		.expects = "letters, digits and any of _.-, a letter or digit first",
		.max = 63, .doc = "Name of the referral on this machine"),
	[REFERRAL_TRANSPORT] =
		FIELD(referral, transport, FIELD_ENUM, .words = remote_words,
		      .value = "tcp", .doc = "Transport to the other machine"),
	[REFERRAL_ADDRESS] =
		FIELD(referral, address, FIELD_STRING, .flags = FIELD_REQUIRED,
		      .doc = "IPv4 or IPv6 address of the other machine's port"),
	[REFERRAL_SERVICE] = FIELD(
		referral, service, FIELD_UINT, .min = 1, .max = 65535, .value = "4420",
		.doc = "Number of the other machine's TCP or RDMA port"),
	[REFERRAL_ENABLED] =
		FIELD(referral, enabled, FIELD_BOOL, .flags = FIELD_DERIVED,
		      .doc = "True if the discovery service reports the referral"),
};

const struct obj_class port_referral_class = {
	.name = "referral",
	.size = sizeof(struct referral),
	.fields = referral_fields,
	.field_count = ARRAY_SIZE(referral_fields),
};

static const struct field port_fields[] = {
	[PORT_ID] = FIELD(port, id, FIELD_UINT, .flags = FIELD_KEY | FIELD_REQUIRED,
			  .max = 65535, .doc = "Number of the port on this machine"),
	[PORT_TRANSPORT] = FIELD(port, transport, FIELD_ENUM, .flags = FIELD_REQUIRED,
				 .words = port_transport_words,
				 .doc = "tcp, rdma, or loop for this machine alone"),
	[PORT_ADDRESS] =
		FIELD(port, address, FIELD_STRING, .max = 255, .pattern = "^[^ /]+$",
		      .expects = "an address",
		      .doc = "IPv4 or IPv6 address of this machine to listen on, a "
			     "link-local one as in fe80::1%eth0; 0.0.0.0 and :: mean "
			     "all addresses; any word with loop"),
	[PORT_INTERFACE] =
		FIELD(port, interface, FIELD_STRING, .flags = FIELD_POLICY, .max = 127,
		      .pattern = "^[^ /]+$", .expects = "the name of a network interface",
		      .doc = "Network interface whose address to listen on, instead of "
			     "address; its name, an alternative name, or the label of an "
			     "address"),
	[PORT_FAMILY] =
		FIELD(port, family, FIELD_ENUM, .flags = FIELD_POLICY,
		      .words = port_family_words,
		      .doc = "Family of the interface's address; by default IPv4 if the "
			     "interface has such an address, otherwise IPv6"),
	[PORT_SERVICE] = FIELD(port, service, FIELD_UINT, .min = 1, .max = 65535,
			       .doc = "Number of the TCP or RDMA port; 4420 by default"),
	[PORT_TLS] =
		FIELD(port, tls, FIELD_ENUM, .words = port_tls_words, .value = "off",
		      .doc = "TLS 1.3 with a pre-shared key of the kernel's keyring, "
			     "for tcp alone; allowed also admits hosts without TLS"),
	[PORT_REFERRALS] =
		FIELD(port, referrals, FIELD_OBJECTS, .items = &port_referral_class,
		      .doc = "Other machines' ports, which the discovery service also "
			     "reports"),
	[PORT_WAIT] = FIELD(port, wait, FIELD_DURATION, .flags = FIELD_POLICY,
			    .value = "10s", .max = 3600000,
			    .doc = "How long to wait for the address to appear"),
	[PORT_ON_CHANGE] =
		FIELD(port, on_change, FIELD_ENUM, .flags = FIELD_POLICY,
		      .value = "refuse", .words = on_change_words,
		      .doc = "Refuse a change that drops connections, or make it"),
	[PORT_EXPORTS] =
		FIELD(port, exports, FIELD_STRINGS, .flags = FIELD_LIVE | FIELD_DETAIL,
		      .doc = "Exports that the port offers"),
};

char *port_folder(const struct obj *obj)
{
	char *text;

	return str_format(&text, NVMET_PORTS "/%s", obj_name(obj)) < 0 ? NULL : text;
}

uint64_t port_service(const struct obj *obj)
{
	return field_is_set(obj, PORT_SERVICE) ? port_of(obj)->service : SERVICE_DEFAULT;
}

const char *port_family(int transport, const char *address)
{
	return transport == TRANSPORT_LOOP	 ? "loop"
	       : net_family(address) == NET_IPV6 ? "ipv6"
						 : "ipv4";
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
			 "port '%s': expected either an address or an interface",
			 obj_name(want));
	else if (has_address && net_family(port->address) == NET_NONE)
		diag_add(diag, obj_field_pos(want, PORT_ADDRESS),
			 "port '%s': address '%s': expected an IPv4 or IPv6 address, as "
			 "in 192.0.2.10 or \"2001:db8::1\"",
			 obj_name(want), port->address);
	else if (has_address && net_needs_zone(port->address))
		diag_add(diag, obj_field_pos(want, PORT_ADDRESS),
			 "port '%s': address '%s': a link-local address needs its "
			 "interface, as in \"fe80::1%%eth0\"",
			 obj_name(want), port->address);
	if (has_address && field_is_set(want, PORT_FAMILY))
		diag_add(diag, obj_field_pos(want, PORT_FAMILY),
			 "port '%s': family needs an interface", obj_name(want));
}

/* The kernel binds no two sockets of a service that overlap, in whatever order. */
static bool overlap(const struct port *a, const struct port *b, bool v6_takes_v4)
{
	const char *left = net_unmapped(a->address), *right = net_unmapped(b->address);

	if (streq(left, right))
		return true;
	if (net_family(left) == net_family(right))
		return net_is_wildcard(left) || net_is_wildcard(right);
	/* An RDMA listener on :: takes no IPv4 (rdma_set_afonly()). */
	return v6_takes_v4 && a->transport == TRANSPORT_TCP &&
	       (streq(left, "::") || streq(right, "::"));
}

bool port_shares_service(const struct obj *a, const struct obj *b)
{
	const struct port *left = port_of(a), *right = port_of(b);

	return field_is_set(a, PORT_TRANSPORT) && field_is_set(b, PORT_TRANSPORT) &&
	       field_is_set(a, PORT_ADDRESS) && field_is_set(b, PORT_ADDRESS) &&
	       left->transport == right->transport && left->transport != TRANSPORT_LOOP &&
	       port_service(a) == port_service(b);
}

bool port_overlaps(const struct obj *a, const struct obj *b, bool v6_takes_v4)
{
	return port_shares_service(a, b) && overlap(port_of(a), port_of(b), v6_takes_v4);
}

/* The texts of a port: its place, all places of its family, and a place that takes them all. */
enum place { PLACE_ADDRESS, PLACE_FAMILY, PLACE_WILDCARD, PLACE_END };

static bool print_place(const struct obj *obj, enum place place, struct buf *out)
{
	const struct port *port = port_of(obj);

	if (!field_is_set(obj, PORT_TRANSPORT) || !field_is_set(obj, PORT_ADDRESS) ||
	    port->transport == TRANSPORT_LOOP)
		return false;
	buf_addf(out, "%d %" PRIu64 " ", port->transport, port_service(obj));
	if (place == PLACE_ADDRESS)
		buf_addf(out, "at %s", port->address);
	else
		buf_addf(out, "%s %d", place == PLACE_FAMILY ? "in" : "all",
			 net_family(port->address));
	return true;
}

/* A wildcard has one text more. */
static bool port_print_text(const struct obj *obj, unsigned int i, struct buf *out)
{
	return i < PLACE_END &&
	       (i != PLACE_WILDCARD || (field_is_set(obj, PORT_ADDRESS) &&
					net_is_wildcard(port_of(obj)->address))) &&
	       print_place(obj, i, out);
}

/* Return the first port of the file that has the place of @want, or NULL. */
static const struct obj *find_at(const struct model *desired, const struct obj *want,
				 enum place place)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	return print_place(want, place, &text) && !text.failed
		       ? model_find_text(desired, want->class, text.data)
		       : NULL;
}

/* Return the first port of the file that overlaps @want, which may be @want, or NULL. */
static const struct obj *find_rival(const struct model *desired, const struct obj *want)
{
	const struct obj *first = model_earlier(find_at(desired, want, PLACE_ADDRESS),
						find_at(desired, want, PLACE_WILDCARD));

	return net_is_wildcard(port_of(want)->address)
		       ? model_earlier(first, find_at(desired, want, PLACE_FAMILY))
		       : first;
}

/*
 * Report the later of two ports of one service with one address, or with a wildcard and an
 * address of its family. Whether :: takes IPv4 depends on the machine, see port_resolve().
 */
static void validate_place(const struct obj *want, const struct model *desired,
			   struct diag *diag)
{
	const struct port *port = port_of(want);
	const struct obj *other =
		field_is_set(want, PORT_ADDRESS) ? find_rival(desired, want) : NULL;
	_cleanup_free_ char *place = NULL;

	if (!other || src_pos_compare(other->pos, want->pos) >= 0)
		return;
	place = model_place(desired, other->pos, want->pos);
	if (streq(port_of(other)->address, port->address))
		diag_add(diag, obj_field_pos(want, PORT_ADDRESS),
			 "port '%s': address '%s' and service %" PRIu64
			 " belong to port '%s' at %s",
			 obj_name(want), port->address, port_service(want),
			 obj_name(other), place ?: "?");
	else
		diag_add(diag, obj_field_pos(want, PORT_ADDRESS),
			 "port '%s': address '%s' overlaps '%s' of port '%s' at "
			 "%s; give one of the ports another service than "
			 "%" PRIu64,
			 obj_name(want), port->address, port_of(other)->address,
			 obj_name(other), place ?: "?", port_service(want));
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
			 "port '%s': tls needs transport tcp", obj_name(want));
	validate_place(want, desired, diag);
	validate_referrals(want, diag);
}

const struct obj_class port_class = {
	.name = "port",
	.section = "ports",
	.doc = "NVMe ports, on which exports are reachable",
	.size = sizeof(struct port),
	.rank = RANK_PORT,
	.fields = port_fields,
	.field_count = ARRAY_SIZE(port_fields),
	.print_text = port_print_text,
	.validate = port_validate,
};
