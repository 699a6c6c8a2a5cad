/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resolve the desired ports on this machine. */
#include "base/cleanup.h"
#include "kind/nvmet/claims.h"
#include "kind/port/port.h"
#include "kind/say.h"
#include "sys/net.h"

#include <inttypes.h>

/* The addresses and listeners of this machine. */
struct place {
	struct net_addresses all;
	bool v6_takes_v4;
};

static bool is_of_family(const struct obj *want, const char *address)
{
	if (!field_is_set(want, PORT_FAMILY))
		return true;
	return (net_family(address) == NET_IPV6) == (port_of(want)->family == 1);
}

/* True if @address is one for which the key `interface` may stand. */
static bool is_candidate(const struct obj *want, const struct net_address *address,
			 const struct net_addresses *all)
{
	/* An interface gets its link-local address first, and others later. */
	return !(address->flags & NET_LINK_LOCAL) && is_of_family(want, address->text) &&
	       net_is_on(all, address, port_of(want)->interface);
}

/* IPv4 before IPv6, and addresses that stay before those that go. */
static int rank(const struct net_address *address)
{
	return (net_family(address->text) == NET_IPV6 ? 1 : 0) +
	       (address->flags & NET_TEMPORARY ? 2 : 0) +
	       (address->flags & NET_DEPRECATED ? 4 : 0);
}

/*
 * Return the interface's address that the port already has, so that the port does not
 * move; otherwise the first one by rank. @flags: an address with one of these is none.
 */
static const struct net_address *choose_address(const struct obj *want,
						const struct obj *have,
						const struct net_addresses *all,
						unsigned int flags)
{
	const struct net_address *first = NULL;

	vec_foreach (address, &all->addresses) {
		if (address->flags & flags || !is_candidate(want, address, all))
			continue;
		if (have && field_is_set(have, PORT_ADDRESS) &&
		    streq(port_of(have)->address, address->text))
			return address;
		if (!first || rank(address) < rank(first))
			first = address;
	}
	return first;
}

/* Describe an address that is here and not usable. */
static int refuse_address(struct obj *want, const struct net_address *address,
			  const char *text)
{
	if (address->flags & NET_FAILED)
		return kind_set_unmet(want,
				      "address '%s' failed duplicate address detection: "
				      "another machine has the address; see 'ip addr'",
				      text);
	want->patience_ms = port_of(want)->wait;
	if (address->flags & NET_DOWN)
		return kind_set_unmet(want,
				      "address '%s' is on interface '%s', which is down; "
				      "see 'ip link'",
				      text, address->interface);
	return kind_set_unmet(want,
			      "address '%s' is tentative: duplicate address detection "
			      "has not ended; see 'ip addr'",
			      text);
}

static bool has_link_local(const struct obj *want, const struct net_addresses *all)
{
	vec_foreach (address, &all->addresses) {
		if (address->flags & NET_LINK_LOCAL &&
		    is_of_family(want, address->text) &&
		    net_is_on(all, address, port_of(want)->interface))
			return true;
	}
	return false;
}

static int resolve_interface(struct obj *want, const struct obj *have,
			     const struct net_addresses *all)
{
	const struct port *port = port_of(want);
	const struct net_address *address = choose_address(want, have, all, NET_UNUSABLE);

	field_clear(want, PORT_ADDRESS);
	if (address)
		return field_set_string(want, PORT_ADDRESS, address->text);
	address = choose_address(want, have, all, 0);
	if (address)
		return refuse_address(want, address, address->text);
	want->patience_ms = port->wait;
	return kind_set_unmet(
		want, "interface '%s' has no %s%saddress%s; see 'ip addr'",
		port->interface,
		field_is_set(want, PORT_FAMILY) ? port_family_words[port->family] : "",
		field_is_set(want, PORT_FAMILY) ? " " : "",
		has_link_local(want, all) ? " but a link-local one, which only the key "
					    "address can name"
					  : "");
}

static int resolve_address(struct obj *want, const struct net_addresses *all)
{
	_cleanup_free_ char *text = NULL;
	const struct net_address *address;
	int r = net_canonical(port_of(want)->address, &text);

	if (r == 0)
		r = field_set_string(want, PORT_ADDRESS, text);
	if (r < 0 || net_is_wildcard(net_unmapped(text)))
		return r;
	address = net_find(all, text);
	if (address)
		return address->flags & NET_UNUSABLE ? refuse_address(want, address, text)
						     : 0;
	want->patience_ms = port_of(want)->wait;
	return kind_set_unmet(want,
			      "address '%s' is not an address of this machine; see 'ip "
			      "addr'",
			      text);
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

/* True if both have one link-local address, whose zones may be names of one interface. */
static bool is_one_address(const struct obj *a, const struct obj *b,
			   const struct net_addresses *all)
{
	const struct net_address *address = net_find(all, port_of(a)->address);

	return address && address->flags & NET_LINK_LOCAL &&
	       address == net_find(all, port_of(b)->address);
}

static bool overlaps(const struct obj *a, const struct obj *b, const struct place *place)
{
	return port_overlaps(a, b, place->v6_takes_v4) ||
	       (port_shares_service(a, b) && is_one_address(a, b, &place->all));
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
			    const struct model *desired, const struct place *place)
{
	vec_foreach (obj, &desired->objs) {
		if (*obj == want)
			return false;
		if ((*obj)->class == want->class &&
		    streq(obj_name(*obj), obj_name(other)))
			return !(*obj)->unmet && !overlaps(*obj, other, place);
	}
	return false;
}

/* Name the cause where an IPv4 address and :: collide. */
static const char *overlap_hint(const struct obj *a, const struct obj *b)
{
	const char *left = net_unmapped(port_of(a)->address);
	const char *right = net_unmapped(port_of(b)->address);

	return net_family(left) == net_family(right)
		       ? ""
		       : " (a listener on '::' accepts IPv4 too, unless "
			 "net.ipv6.bindv6only is 1)";
}

/*
 * Check that no owned port still listens at the new address of a port with exports. The
 * port could not open there, and its exports would be disconnected for nothing.
 */
static int check_ours(struct obj *want, const struct obj *have,
		      const struct model *desired, const struct model *observed,
		      const struct place *place)
{
	if (want->unmet || !have || have->holders == 0 || is_same_place(have, want))
		return 0;
	vec_foreach (other, &observed->objs) {
		if ((*other)->class != want->class || *other == have ||
		    (*other)->owner != OWNER_OURS || (*other)->holders == 0 ||
		    !overlaps(*other, want, place) ||
		    is_gone_by_then(*other, want, desired, place))
			continue;
		return kind_set_unmet(
			want,
			"address '%s' and service %" PRIu64
			" still belong to port '%s'; run again after that port has "
			"moved, and swap two ports through a third service",
			port_of(*other)->address, port_of(want)->service,
			obj_name(*other));
	}
	return 0;
}

/* A foreign port at an overlapping address would keep the listener from opening. */
static int check_others(struct obj *want, const struct model *observed,
			const struct place *place)
{
	if (want->unmet || !field_is_set(want, PORT_ADDRESS))
		return 0;
	vec_foreach (other, &observed->objs) {
		const struct port *port = port_of(*other);

		if ((*other)->class != want->class || (*other)->owner == OWNER_OURS ||
		    streq(obj_name(*other), obj_name(want)) || (*other)->holders == 0 ||
		    !overlaps(*other, want, place))
			continue;
		return kind_set_unmet(want,
				      "address '%s' and service %" PRIu64
				      " belong to the foreign port '%s'%s",
				      port->address, port->service, obj_name(*other),
				      overlap_hint(want, *other));
	}
	return 0;
}

/* Check the ports before @want in the file, whose interfaces are resolved by now. */
static int check_file(struct obj *want, const struct model *desired,
		      const struct place *place)
{
	vec_foreach (other, &desired->objs) {
		if (want->unmet || *other == want)
			return 0;
		if ((*other)->class != want->class || (*other)->unmet ||
		    !overlaps(*other, want, place))
			continue;
		return kind_set_unmet(
			want,
			"address '%s' overlaps '%s' of port '%s' of the configuration%s; "
			"give one of the ports another service than %" PRIu64,
			port_of(want)->address, port_of(*other)->address,
			obj_name(*other), overlap_hint(want, *other),
			port_of(want)->service);
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

static void place_done(struct place *place)
{
	net_addresses_done(&place->all);
}

static int load_place(const struct kfs *kfs, struct place *ret)
{
	uint64_t v6_only;

	ret->v6_takes_v4 =
		kfs_read_u64(kfs, &v6_only, "proc/sys/net/ipv6/bindv6only") < 0 ||
		v6_only == 0;
	return net_addresses_load(kfs, &ret->all);
}

int port_resolve(struct sys *sys, struct boot *boot, struct obj *want,
		 const struct model *desired, const struct model *observed)
{
	const struct obj *have = model_find(observed, want->class, obj_name(want));
	_cleanup_(place_done) struct place place = { 0 };
	int r;

	(void)boot;
	resolve_referrals(want, have);
	((struct port *)want)->foreign =
		have && have->holders > 0 ? nvmet_find_foreign(have, observed) : NULL;
	if (port_of(want)->transport == TRANSPORT_LOOP)
		return resolve_loop(want, have);
	field_set_uint(want, PORT_SERVICE, port_service(want));
	r = load_place(&sys->kfs, &place);
	if (r == 0)
		r = field_is_set(want, PORT_INTERFACE)
			    ? resolve_interface(want, have, &place.all)
			    : resolve_address(want, &place.all);
	if (r == 0)
		r = check_file(want, desired, &place);
	if (r == 0)
		r = check_others(want, observed, &place);
	return r < 0 ? r : check_ours(want, have, desired, observed, &place);
}
