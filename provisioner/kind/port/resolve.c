/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resolve the desired ports on this machine. */
#include "base/cleanup.h"
#include "kind/nvmet/claims.h"
#include "kind/port/port.h"
#include "kind/say.h"
#include "sys/net.h"

#include <inttypes.h>

static bool is_of_family(const struct obj *want, const char *address)
{
	if (!field_is_set(want, PORT_FAMILY))
		return true;
	return (net_family(address) == NET_IPV6) == (port_of(want)->family == 1);
}

/*
 * Return the interface's address that the port already has, so that the port does not
 * move; otherwise the first one, IPv4 before IPv6.
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
		want, "interface '%s' has no %s%saddress; see 'ip addr'", port->interface,
		field_is_set(want, PORT_FAMILY) ? port_family_words[port->family] : "",
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
	return kind_set_unmet(want,
			      "address '%s' is not an address of this machine; see 'ip "
			      "addr'",
			      address);
}

/* An owned port has the referrals of the configuration, or none. */
static void resolve_referrals(struct obj *want, const struct obj *have)
{
	if (!field_is_set(want, PORT_REFERRALS) && have && have->owner == OWNER_OURS)
		field_set_empty(want, PORT_REFERRALS);
	if (!field_is_set(want, PORT_REFERRALS))
		return;
	vec_foreach (item, &field_objects(want, PORT_REFERRALS)->objs)
		field_set_bool(*item, REFERRAL_ENABLED, true);
}

static bool is_same_place(const struct obj *a, const struct obj *b)
{
	const struct port *left = port_of(a), *right = port_of(b);

	return field_is_set(a, PORT_TRANSPORT) && field_is_set(b, PORT_TRANSPORT) &&
	       field_is_set(a, PORT_ADDRESS) && field_is_set(b, PORT_ADDRESS) &&
	       field_is_set(a, PORT_SERVICE) && field_is_set(b, PORT_SERVICE) &&
	       left->transport == right->transport && left->service == right->service &&
	       streq(left->address, right->address);
}

/* True if @other moves elsewhere before @want does. */
static bool is_gone_by_then(const struct obj *other, const struct obj *want,
			    const struct model *desired)
{
	vec_foreach (obj, &desired->objs) {
		if (*obj == want)
			return false;
		if ((*obj)->class == want->class &&
		    streq(obj_name(*obj), obj_name(other)))
			return !(*obj)->unmet && !is_same_place(*obj, other);
	}
	return false;
}

/*
 * Check that no owned port still listens at the new address of a port with exports. The
 * port could not open there, and its exports would be disconnected for nothing.
 */
static int check_ours(struct obj *want, const struct obj *have,
		      const struct model *desired, const struct model *observed)
{
	if (want->unmet || !have || have->holders == 0 || is_same_place(have, want))
		return 0;
	vec_foreach (other, &observed->objs) {
		if ((*other)->class != want->class || *other == have ||
		    (*other)->owner != OWNER_OURS || (*other)->holders == 0 ||
		    !is_same_place(*other, want) ||
		    is_gone_by_then(*other, want, desired))
			continue;
		return kind_set_unmet(
			want,
			"address '%s' and service %" PRIu64
			" still belong to port '%s'; run again after that port has "
			"moved, and swap two ports through a third service",
			port_of(want)->address, port_of(want)->service, obj_name(*other));
	}
	return 0;
}

/* A foreign port at the same address would keep the listener from opening. */
static int check_others(struct obj *want, const struct model *observed)
{
	if (want->unmet || !field_is_set(want, PORT_ADDRESS))
		return 0;
	vec_foreach (other, &observed->objs) {
		const struct port *port = port_of(*other);

		if ((*other)->class != want->class || (*other)->owner == OWNER_OURS ||
		    streq(obj_name(*other), obj_name(want)) || (*other)->holders == 0 ||
		    !is_same_place(*other, want))
			continue;
		return kind_set_unmet(want,
				      "address '%s' and service %" PRIu64
				      " belong to the foreign port '%s'",
				      port->address, port->service, obj_name(*other));
	}
	return 0;
}

/*
 * Any word will do. One that is live stays, and none at all too, which the kernel takes as
 * well; but what a run was killed at half-way is to become what others are.
 */
static int resolve_loop(struct obj *want, const struct obj *have)
{
	bool is_new = !have || (have->owner == OWNER_OURS && have->holders == 0);

	if (field_is_set(want, PORT_ADDRESS))
		return 0;
	if (have && field_is_set(have, PORT_ADDRESS))
		return field_set_string(want, PORT_ADDRESS, port_of(have)->address);
	return is_new ? field_set_string(want, PORT_ADDRESS, obj_name(want)) : 0;
}

int port_resolve(struct sys *sys, struct boot *boot, struct obj *want,
		 const struct model *desired, const struct model *observed)
{
	const struct obj *have = model_find(observed, want->class, obj_name(want));
	_cleanup_(net_addresses_done) struct net_addresses all = { 0 };
	int r;

	(void)boot;
	resolve_referrals(want, have);
	((struct port *)want)->foreign =
		have && have->holders > 0 ? nvmet_find_foreign(have, observed) : NULL;
	if (port_of(want)->transport == TRANSPORT_LOOP)
		return resolve_loop(want, have);
	field_set_uint(want, PORT_SERVICE, port_service(want));
	r = net_addresses_load(&sys->kfs, &all);
	if (r == 0)
		r = field_is_set(want, PORT_INTERFACE)
			    ? resolve_interface(want, have, &all)
			    : resolve_address(want, &all);
	if (r == 0)
		r = check_others(want, observed);
	return r < 0 ? r : check_ours(want, have, desired, observed);
}
