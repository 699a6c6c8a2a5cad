/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live/nvmet.h"

#include "base/cleanup.h"
#include "base/units.h"

#include <stdarg.h>

#define NVMET "sys/kernel/config/nvmet"

static _printf_(3, 4) int list_below(const struct kfs *kfs, struct kfs_names *ret,
				     const char *fmt, ...)
{
	_cleanup_free_ char *path = NULL;
	va_list args;
	int r;

	va_start(args, fmt);
	r = vasprintf(&path, fmt, args);
	va_end(args);
	if (r < 0) {
		path = NULL;
		return -ENOMEM;
	}
	return live_list(kfs, ret, path);
}

static bool read_flag(const struct kfs *kfs, const char *path)
{
	uint64_t value;

	return kfs_read_u64(kfs, &value, "%s", path) == 0 && value != 0;
}

static void namespace_done(struct live_namespace *ns)
{
	free(ns->device);
}

static int add_namespace(const struct kfs *kfs, const char *folder, const char *name,
			 struct live_export *export)
{
	struct live_namespace ns = { 0 };
	_cleanup_free_ char *enable = NULL;
	int r = units_parse_uint(name, &ns.id);

	if (r == 0)
		r = kfs_read(kfs, &ns.device, "%s/%s/device_path", folder, name);
	if (r == 0 && asprintf(&enable, "%s/%s/enable", folder, name) < 0) {
		enable = NULL;
		r = -ENOMEM;
	}
	if (r == 0) {
		ns.enabled = read_flag(kfs, enable);
		r = vec_push(&export->namespaces, ns);
	}
	if (r < 0)
		namespace_done(&ns);
	return r == -ENOMEM ? r : 0;
}

static int read_namespaces(const struct kfs *kfs, struct live_export *export)
{
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 };
	_cleanup_free_ char *folder = NULL;
	int r;

	if (asprintf(&folder, NVMET "/subsystems/%s/namespaces", export->nqn) < 0) {
		folder = NULL;
		return -ENOMEM;
	}
	r = live_list(kfs, &names, folder);
	vec_foreach (name, &names.names) {
		if (r == 0)
			r = add_namespace(kfs, folder, *name, export);
	}
	return r;
}

static void export_done(struct live_export *export)
{
	vec_foreach (ns, &export->namespaces)
		namespace_done(ns);
	vec_done(&export->namespaces);
	kfs_names_done(&export->hosts);
	free(export->nqn);
}

static int read_export(const struct kfs *kfs, const char *nqn, struct live_export *export)
{
	_cleanup_free_ char *any = NULL;
	int r;

	export->nqn = strdup(nqn);
	if (!export->nqn)
		return -ENOMEM;
	if (asprintf(&any, NVMET "/subsystems/%s/attr_allow_any_host", nqn) < 0) {
		any = NULL;
		return -ENOMEM;
	}
	export->allow_any_host = read_flag(kfs, any);
	r = list_below(kfs, &export->hosts, NVMET "/subsystems/%s/allowed_hosts", nqn);
	return r < 0 ? r : read_namespaces(kfs, export);
}

static int add_export(const struct kfs *kfs, const char *nqn, struct live *live)
{
	struct live_export export = { 0 };
	int r = read_export(kfs, nqn, &export);

	if (r == 0)
		r = vec_push(&live->exports, export);
	if (r < 0)
		export_done(&export);
	return r;
}

static void port_done(struct live_port *port)
{
	kfs_names_done(&port->exports);
	free(port->transport);
	free(port->address);
	free(port->service);
}

static int read_attribute(const struct kfs *kfs, const char *port, const char *name,
			  char **ret)
{
	if (kfs_read(kfs, ret, NVMET "/ports/%s/%s", port, name) < 0)
		*ret = strdup("");
	return *ret ? 0 : -ENOMEM;
}

static int add_port(const struct kfs *kfs, const char *name, struct live *live)
{
	struct live_port port = { 0 };
	int r = units_parse_uint(name, &port.id);

	if (r < 0)
		return 0;
	r = read_attribute(kfs, name, "addr_trtype", &port.transport);
	if (r == 0)
		r = read_attribute(kfs, name, "addr_traddr", &port.address);
	if (r == 0)
		r = read_attribute(kfs, name, "addr_trsvcid", &port.service);
	if (r == 0)
		r = list_below(kfs, &port.exports, NVMET "/ports/%s/subsystems", name);
	if (r == 0)
		r = vec_push(&live->ports, port);
	if (r < 0)
		port_done(&port);
	return r;
}

int live_read_nvmet(const struct kfs *kfs, struct live *live)
{
	_cleanup_(kfs_names_done) struct kfs_names exports = { 0 }, ports = { 0 };
	int r = live_list(kfs, &exports, NVMET "/subsystems");

	vec_foreach (nqn, &exports.names) {
		if (r == 0)
			r = add_export(kfs, *nqn, live);
	}
	if (r == 0)
		r = live_list(kfs, &ports, NVMET "/ports");
	vec_foreach (name, &ports.names) {
		if (r == 0)
			r = add_port(kfs, *name, live);
	}
	return r;
}

void live_nvmet_done(struct live *live)
{
	vec_foreach (export, &live->exports)
		export_done(export);
	vec_done(&live->exports);
	vec_foreach (port, &live->ports)
		port_done(port);
	vec_done(&live->ports);
}
