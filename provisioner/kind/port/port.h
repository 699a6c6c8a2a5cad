/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NVMe ports, shared by the files of the kind. */
#pragma once

#include "kind/kind.h"

#include <stdbool.h>
#include <stdint.h>

/* The configuration can have those before TRANSPORT_END; the others are only observed. */
enum transport {
	TRANSPORT_TCP,
	TRANSPORT_RDMA,
	TRANSPORT_LOOP,
	TRANSPORT_END,
	TRANSPORT_FC,
	TRANSPORT_PCI,
	TRANSPORT_UNKNOWN, /* a word that this program does not know */
};
enum tls { TLS_OFF, TLS_ALLOWED, TLS_REQUIRED };

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
	struct string_list exports;
	const char *foreign; /* set by resolve: a foreign export on the port */
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
	PORT_EXPORTS,
};

enum {
	REFERRAL_NAME,
	REFERRAL_TRANSPORT,
	REFERRAL_ADDRESS,
	REFERRAL_SERVICE,
	REFERRAL_ENABLED,
};

static inline const struct port *port_of(const struct obj *obj)
{
	return (const struct port *)obj;
}

static inline const struct referral *referral_of(const struct obj *obj)
{
	return (const struct referral *)obj;
}

extern const struct obj_class port_referral_class;

/* By the enums; the kernel's words too. The last one is NULL. */
extern const char *const port_transport_words[], *const port_family_words[],
							 *const port_tls_words[];

/*
 * port_folder() - Return the directory in configfs; the caller's to free. NULL: -ENOMEM.
 */
char *port_folder(const struct obj *obj);

/* port_service() - Return the service of the configuration, or the default. */
uint64_t port_service(const struct obj *obj);

/*
 * port_shares_service() - True if both ports have an address, and one transport and service.
 */
bool port_shares_service(const struct obj *a, const struct obj *b);

/*
 * port_overlaps() - True if both ports listen at one address, or one at a wildcard that
 * contains the other's. An unset address overlaps nothing.
 * @v6_takes_v4: a TCP listener on :: also accepts IPv4 (net.ipv6.bindv6only is 0).
 */
bool port_overlaps(const struct obj *a, const struct obj *b, bool v6_takes_v4);

/* port_family() - Return the kernel's name of the address family for this transport. */
const char *port_family(int transport, const char *address);

extern const struct kind kind_port;

/* The functions of kind_port; see kind.h. */
int port_resolve(struct sys *sys, struct boot *boot, struct obj *want,
		 const struct model *desired, const struct model *observed);
int port_observe(struct sys *sys, struct model *observed);
int port_create(struct sys *sys, const struct obj *want, struct buf *why);
int port_update(struct sys *sys, const struct obj *have, const struct obj *want,
		uint64_t changed, struct buf *why);
int port_remove(struct sys *sys, const struct obj *have, struct buf *why);
int port_judge(struct plan_step *step);
bool port_may_lose(const struct obj *want);
bool port_needs_module(const struct obj *want, const char *module);
