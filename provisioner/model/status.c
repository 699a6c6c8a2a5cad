/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The field table of the section `status:`, its rules, and the checks of its files. */
#include "model/status.h"

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/units.h"

#include <arpa/inet.h>
#include <pwd.h>
#include <sys/stat.h>

struct status {
	struct obj obj;
	struct string_list listen, names;
	struct object_list push;
};

enum { STATUS_LISTEN, STATUS_NAMES, STATUS_PUSH };

enum {
	PUSH_URL,
	PUSH_FORMAT,
	PUSH_TOKEN_FILE,
	PUSH_CERT_FILE,
	PUSH_KEY_FILE,
	PUSH_CA_FILE,
	PUSH_PROXY,
	PUSH_INTERVAL,
	PUSH_TIMEOUT,
	PUSH_CONNECT_TIMEOUT,
	PUSH_SPOOL,
};

#define FILE_PATTERN "^(/[^ ]+|[A-Za-z0-9][A-Za-z0-9._-]*)$"
#define FILE_EXPECTS "an absolute path, or the name of a systemd credential"

static const char *const format_words[] = {
	[PUSH_JSON] = "json",
	[PUSH_CLOUDEVENTS] = "cloudevents",
	[PUSH_PROMETHEUS] = "prometheus",
	NULL,
};

/*
 * The URL is a secret, because a URL with a password in it is an error whose message must not
 * show the password.
 */
static const struct field push_fields[] = {
	[PUSH_URL] =
		FIELD(push_target, url, FIELD_STRING,
		      .flags = FIELD_KEY | FIELD_REQUIRED | FIELD_SECRET,
		      .pattern = "^https?://[^/?#@ ]+([/?#][^ ]*)?$",
		      .expects = "an http:// or https:// URL without a user name or a "
				 "password; put a token into a token_file",
		      .doc = "URL that receives the status"),
	[PUSH_FORMAT] = FIELD(
		push_target, format, FIELD_ENUM, .value = "json", .words = format_words,
		.doc = "json: the report; cloudevents: the report as a CloudEvent 1.0; "
		       "prometheus: the metrics, for a Pushgateway"),
	[PUSH_TOKEN_FILE] = FIELD(
		push_target, token_file, FIELD_STRING, .flags = FIELD_SECRET_FILE,
		.pattern = FILE_PATTERN, .expects = FILE_EXPECTS,
		.doc = "File with a bearer token; others must not be able to read it"),
	[PUSH_CERT_FILE] =
		FIELD(push_target, cert_file, FIELD_STRING, .pattern = FILE_PATTERN,
		      .expects = FILE_EXPECTS, .doc = "Client certificate, PEM"),
	[PUSH_KEY_FILE] = FIELD(
		push_target, key_file, FIELD_STRING, .flags = FIELD_SECRET_FILE,
		.pattern = FILE_PATTERN, .expects = FILE_EXPECTS,
		.doc = "Key of the client certificate, PEM; others must not be able to read it"),
	[PUSH_CA_FILE] = FIELD(
		push_target, ca_file, FIELD_STRING, .pattern = FILE_PATTERN,
		.expects = FILE_EXPECTS,
		.doc = "Certificates that verify the server, PEM; without it, those of "
		       "the system"),
	[PUSH_PROXY] = FIELD(push_target, proxy, FIELD_STRING, .flags = FIELD_SECRET,
			     .pattern = "^(https?|socks5h?)://[^/?#@ ]+/?$",
			     .expects = "an http://, https:// or socks5:// URL without a "
					"user name or a password",
			     .doc = "Proxy for the connection"),
	[PUSH_INTERVAL] =
		FIELD(push_target, interval, FIELD_DURATION, .value = "1min", .min = 1000,
		      .max = 86400000,
		      .doc = "Time between two attempts, and with prometheus between two "
			     "pushes"),
	[PUSH_TIMEOUT] =
		FIELD(push_target, timeout, FIELD_DURATION, .value = "30s", .min = 1000,
		      .max = 300000, .doc = "Longest duration of an attempt"),
	[PUSH_CONNECT_TIMEOUT] = FIELD(push_target, connect_timeout, FIELD_DURATION,
				       .value = "10s", .min = 1000, .max = 300000,
				       .doc = "Longest duration of connecting"),
	[PUSH_SPOOL] = FIELD(
		push_target, spool, FIELD_UINT, .value = "100", .min = 1, .max = 10000,
		.doc = "Largest number of reports that wait to be sent; the oldest "
		       "is dropped"),
};

static const struct obj_class push_class = {
	.name = "push",
	.doc = "Receiver of the status",
	.size = sizeof(struct push_target),
	.fields = push_fields,
	.field_count = ARRAY_SIZE(push_fields),
};

static const struct field status_fields[] = {
	[STATUS_LISTEN] = FIELD(
		status, listen, FIELD_STRINGS,
		.pattern = "^(/[^ ]+|(\\[[0-9A-Fa-f:.]+\\]|[0-9]+(\\.[0-9]+){3}):"
			   "[0-9]{1,5})$",
		.expects = "an address and a port, as in '127.0.0.1:9118' or "
			   "'[::1]:9118', or the absolute path of a Unix socket",
		.doc = "Addresses of rapiddisk-statusd; without it, " STATUS_LISTEN_DEFAULT),
	[STATUS_NAMES] = FIELD(
		status, names, FIELD_STRINGS,
		.pattern = "^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$", .max = 253,
		.expects = "the name of a host without a port, as in 'rack7.example'",
		.doc = "Names by which clients reach rapiddisk-statusd, besides addresses, "
		       "localhost and the host name"),
	[STATUS_PUSH] = FIELD(status, push, FIELD_OBJECTS, .items = &push_class,
			      .doc = "Receivers of the status, served by rapiddisk-push"),
};

/* --- the file --- */

/* Check the ranges that the pattern of an address like "127.0.0.1:9118" cannot check. */
static bool is_address(const char *text)
{
	const char *colon = strrchr(text, ':');
	_cleanup_free_ char *host = NULL;
	struct in6_addr address;
	uint64_t port;

	if (text[0] == '/')
		return true;
	host = text[0] == '[' ? strndup(text + 1, (size_t)(colon - text) - 2)
			      : strndup(text, (size_t)(colon - text));
	if (!host || units_parse_uint(colon + 1, &port) < 0 || port == 0 || port > 65535)
		return false;
	return inet_pton(text[0] == '[' ? AF_INET6 : AF_INET, host, &address) == 1;
}

static bool is_on_loopback(const char *url)
{
	const char *start = url + strlen("http://");
	size_t len = strcspn(start, ":/?#");
	_cleanup_free_ char *host = NULL;
	struct in_addr address;

	if (start[0] == '[')
		len = strcspn(start, "]") + 1;
	host = strndup(start, len);
	if (!host)
		return false;
	if (inet_pton(AF_INET, host, &address) == 1)
		return ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET;
	return strcasecmp(host, "localhost") == 0 || streq(host, "[::1]");
}

static void validate_push(const struct obj *obj, struct diag *diag)
{
	const struct push_target *push = (const struct push_target *)obj;

	if (!field_is_set(obj, PUSH_URL))
		return;
	/* A proxy would send the token off the machine. */
	if (push->token_file && strncasecmp(push->url, "http:", 5) == 0 &&
	    (push->proxy || !is_on_loopback(push->url)))
		diag_add(
			diag, obj_field_pos(obj, PUSH_TOKEN_FILE),
			"status: push: cannot send a token over http:// to another machine; use https://");
	if (!push->cert_file != !push->key_file)
		diag_add(diag, obj->pos,
			 "status: push: cert_file and key_file need each other");
}

static void status_validate(const struct obj *want, const struct model *desired,
			    struct diag *diag)
{
	const struct string_list *listen = status_listen(want);
	const struct object_list *push = status_push(want);

	(void)desired;
	for (size_t i = 0; listen && i < listen->items.count; i++)
		if (!is_address(listen->items.items[i].text))
			diag_add(diag, listen->items.items[i].pos,
				 "status: listen '%s': no such address or port",
				 listen->items.items[i].text);
	for (size_t i = 0; push && i < push->objs.count; i++)
		validate_push(push->objs.items[i], diag);
}

const struct obj_class status_class = {
	.name = "status",
	.section = "status",
	.doc = "Addresses that show the status, and receivers that get it",
	.single = true,
	.size = sizeof(struct status),
	.rank = 1000,
	.fields = status_fields,
	.field_count = ARRAY_SIZE(status_fields),
	.validate = status_validate,
};

const struct string_list *status_listen(const struct obj *status)
{
	return status && field_is_set(status, STATUS_LISTEN)
		       ? field_strings(status, STATUS_LISTEN)
		       : NULL;
}

const struct string_list *status_names(const struct obj *status)
{
	return status && field_is_set(status, STATUS_NAMES)
		       ? field_strings(status, STATUS_NAMES)
		       : NULL;
}

const struct object_list *status_push(const struct obj *status)
{
	return status && field_is_set(status, STATUS_PUSH)
		       ? field_objects(status, STATUS_PUSH)
		       : NULL;
}

/* --- the files of the section --- */

bool status_is_private(const struct stat *st)
{
	return (st->st_mode & (S_IROTH | S_IWOTH | S_IWGRP)) == 0 &&
	       (st->st_uid == 0 || st->st_uid == geteuid());
}

static void check_private(const struct obj *push, unsigned int index, struct diag *diag)
{
	const char *path;
	struct stat st;

	if (!field_is_set(push, index))
		return;
	path = field_string(push, index);
	if (path[0] == '/' && stat(path, &st) == 0 &&
	    (st.st_mode & (S_IROTH | S_IWOTH | S_IWGRP)) != 0)
		diag_add(diag, obj_field_pos(push, index),
			 "status: push: %s '%s': others can read or change the file; run "
			 "'chmod g-w,o= %s'",
			 push_fields[index].name, path, path);
}

static bool can_read(const struct passwd *user, const char *path)
{
	struct stat st;

	/* Groups besides the first are not looked up. A missing file is no error yet. */
	return path[0] != '/' || stat(path, &st) < 0 ||
	       (st.st_uid == user->pw_uid && st.st_mode & S_IRUSR) ||
	       (st.st_gid == user->pw_gid && st.st_mode & S_IRGRP) ||
	       st.st_mode & S_IROTH;
}

const char *status_unreadable(const struct obj *status)
{
	static const unsigned int files[] = { PUSH_TOKEN_FILE, PUSH_CERT_FILE,
					      PUSH_KEY_FILE, PUSH_CA_FILE };
	const struct passwd *user = getpwnam(STATUS_PUSH_USER);
	const struct object_list *push = status_push(status);

	for (size_t i = 0; user && push && i < push->objs.count; i++) {
		const struct obj *target = push->objs.items[i];

		for (size_t j = 0; j < ARRAY_SIZE(files); j++)
			if (field_is_set(target, files[j]) &&
			    !can_read(user, field_string(target, files[j])))
				return field_string(target, files[j]);
	}
	return NULL;
}

void status_check_files(const struct obj *status, struct diag *diag)
{
	const struct object_list *push = status_push(status);

	for (size_t i = 0; push && i < push->objs.count; i++) {
		check_private(push->objs.items[i], PUSH_TOKEN_FILE, diag);
		check_private(push->objs.items[i], PUSH_KEY_FILE, diag);
	}
}
