/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Route a request to its answer, and check the name by which a browser asked. */
#include "views/request.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "views/page.h"

#include <arpa/inet.h>

#define TYPE_JSON    "application/json"
#define TYPE_PROBLEM "application/problem+json"

#define WHERE "/etc/rapiddisk.yaml or a drop-in"
#define WHERE_TO_EDIT                                                             \
	"this service is read-only: edit " WHERE " and run rapiddisk-apply; see " \
	"rapiddisk.yaml(5)"

/* Beside enum view_part: the name of an object follows the path. */
#define TAKES_NAME (1u << 16)

struct endpoint {
	const char *path; /* whole; with TAKES_NAME what a name follows */
	const char *type;
	unsigned int needs;
	/* One of these. @argument: the name. */
	int (*answer)(const struct view *view, const char *argument, struct answer *ret);
	const char *page;
};

/* --- one function for each answer --- */

static void take_body(struct answer *answer, char *body)
{
	answer->status = 200;
	answer->owned = body;
	answer->body = body;
	answer->len = strlen(body);
}

static int finish(int r, char *body, struct answer *ret)
{
	if (r == 0)
		take_body(ret, body);
	return r;
}

static int get_status(const struct view *view, const char *argument, struct answer *ret)
{
	(void)argument;
	ret->status = 200;
	ret->body = view->text;
	ret->len = view->text_len;
	return 0;
}

static int get_health(const struct view *view, const char *argument, struct answer *ret)
{
	unsigned int status;
	char *body = NULL;
	int r = answer_health(view, &body, &status);

	(void)argument;
	if (r < 0)
		return r;
	take_body(ret, body);
	ret->status = status;
	return 0;
}

#define GET(name, call)                                                      \
	static int get_##name(const struct view *view, const char *argument, \
			      struct answer *ret)                            \
	{                                                                    \
		char *body = NULL;                                           \
		int r = (call);                                              \
		(void)view;                                                  \
		(void)argument;                                              \
		return finish(r, body, ret);                                 \
	}

GET(drift, answer_drift(view, &body))
GET(metrics, answer_metrics(view, &body))
GET(live, answer_live(view, &body))
GET(fields, answer_fields(view, &body))
GET(overview, answer_overview(view, &body))
GET(peer_status, peer_service_status(&body))
GET(peer_resources, peer_resources(view, &body))
GET(peer_volumes, peer_volumes(view, &body))
GET(peer_targets, peer_targets(view, &body))
GET(peer_ports, peer_ports(view, &body))

static int get_peer_stats(const struct view *view, const char *argument,
			  struct answer *ret)
{
	char *body = NULL;
	int r = peer_cache_stats(view, argument, &body);

	/* The peer says 400 for it. */
	if (r == -ENOENT)
		return answer_error(400, "no such cache", ret);
	return finish(r, body, ret);
}

static const struct endpoint endpoints[] = {
	{ .path = "/", .type = "text/html; charset=utf-8", .page = "index.html" },
	{ .path = "/app.js", .type = "text/javascript; charset=utf-8", .page = "app.js" },
	{ .path = "/app.css", .type = "text/css; charset=utf-8", .page = "app.css" },
	{ .path = "/icon.svg", .type = "image/svg+xml", .page = "icon.svg" },
	{ "/v1/status", TYPE_JSON, VIEW_DOC, get_status, NULL },
	{ "/v1/drift", TYPE_JSON, VIEW_DOC, get_drift, NULL },
	{ "/v1/live", TYPE_JSON, VIEW_OBJECTS | VIEW_MEMORY, get_live, NULL },
	{ "/v1/fields", TYPE_JSON, 0, get_fields, NULL },
	{ "/v1/overview", TYPE_JSON, VIEW_METRICS, get_overview, NULL },
	{ "/metrics", "text/plain; version=0.0.4; charset=utf-8", VIEW_METRICS,
	  get_metrics, NULL },
	{ "/healthz", "application/health+json", VIEW_METRICS, get_health, NULL },
	{ "/v1/checkServiceStatus", TYPE_JSON, 0, get_peer_status, NULL },
	{ "/v1/listAllResources", TYPE_JSON, VIEW_MEMORY | VIEW_VOLUMES,
	  get_peer_resources, NULL },
	{ "/v1/listRapidDiskVolumes", TYPE_JSON, VIEW_OBJECTS, get_peer_volumes, NULL },
	{ "/v1/showRapidDiskCacheStats/", TYPE_JSON, VIEW_OBJECTS | TAKES_NAME,
	  get_peer_stats, NULL },
	{ "/v1/listAllNVMeTargets", TYPE_JSON, VIEW_OBJECTS, get_peer_targets, NULL },
	{ "/v1/listAllNVMePorts", TYPE_JSON, VIEW_OBJECTS, get_peer_ports, NULL },
};

/* Paths by which rapiddisk 9's daemon changes something, and the equivalent here. */
static const struct {
	const char *path, *instead;
} peer_changes[] = {
	{ "/v1/createRapidDisk/", "add a line to 'ramdisks:', as in "
				  "'- {name: rd0, size: 64MiB}'" },
	{ "/v1/resizeRapidDisk/", "change 'size:' of the entry in 'ramdisks:'" },
	{ "/v1/removeRapidDisk/", "remove the entry from 'ramdisks:'" },
	{ "/v1/flushRapidDisk/", "no key does that: run 'blkdiscard /dev/rdN'" },
	{ "/v1/lockRapidDisk/", "set 'read_only: true' in the entry in 'ramdisks:'" },
	{ "/v1/unlockRapidDisk/", "set 'read_only: false' in the entry in 'ramdisks:'" },
	{ "/v1/createRapidDiskCache/",
	  "add a line to 'caches:', as in '- {name: data, source: /dev/sdb, "
	  "ramdisk: rd0, mode: write-through}'" },
	{ "/v1/removeRapidDiskCache/", "remove the entry from 'caches:'" },
};

/* --- routing --- */

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static const char *find_instead(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(peer_changes); i++)
		if (starts_with(path, peer_changes[i].path))
			return peer_changes[i].instead;
	return NULL;
}

static bool matches(const struct endpoint *endpoint, const char *path)
{
	if (!(endpoint->needs & TAKES_NAME))
		return streq(path, endpoint->path);
	return starts_with(path, endpoint->path) && path[strlen(endpoint->path)] != '\0';
}

struct route route_find(const char *method, const char *path)
{
	struct route route = { .status = 404, .instead = find_instead(path) };

	if (!streq(method, "GET") && !streq(method, "HEAD")) {
		route.status = 405;
		return route;
	}
	for (size_t i = 0; i < ARRAY_SIZE(endpoints); i++) {
		if (!matches(&endpoints[i], path))
			continue;
		route.endpoint = &endpoints[i];
		route.argument = path + strlen(endpoints[i].path);
		route.status = 200;
		break;
	}
	return route;
}

unsigned int route_needs(const struct route *route)
{
	return route->endpoint ? route->endpoint->needs & ~TAKES_NAME : 0;
}

/* --- the answer --- */

static const char *status_title(unsigned int status)
{
	switch (status) {
	case 400:
		return "Bad Request";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 421:
		return "Misdirected Request";
	case 503:
		return "Service Unavailable";
	default:
		return "Error";
	}
}

int answer_error(unsigned int status, const char *detail, struct answer *ret)
{
	struct answer answer = { .type = TYPE_PROBLEM };
	char *body = NULL;
	int r = answer_problem(status, status_title(status), detail, &body);

	if (r < 0)
		return r;
	take_body(&answer, body);
	answer.status = status;
	*ret = answer;
	return 0;
}

static int answer_no_route(const struct route *route, struct answer *ret)
{
	_cleanup_(buf_done) struct buf detail = { 0 };

	if (!route->instead)
		return answer_error(route->status,
				    route->status == 405 ? WHERE_TO_EDIT : "no such path",
				    ret);
	buf_addf(&detail, "in " WHERE ", %s, and run rapiddisk-apply", route->instead);
	return detail.failed ? -ENOMEM : answer_error(route->status, detail.data, ret);
}

int answer_route(const struct route *route, const struct view *view, struct answer *ret)
{
	const struct endpoint *endpoint = route->endpoint;
	struct answer answer = { .status = 200 };
	int r = 0;

	if (!endpoint)
		return answer_no_route(route, ret);
	if (endpoint->needs & VIEW_DOC && !view->doc)
		return answer_error(503, view->problem, ret);
	answer.type = endpoint->type;
	if (endpoint->page)
		answer.body = page_file(endpoint->page, &answer.len);
	else
		r = endpoint->answer(view, route->argument, &answer);
	if (r == 0)
		*ret = answer;
	return r;
}

void answer_done(struct answer *answer)
{
	free(answer->owned);
	*answer = (struct answer){ 0 };
}

/* --- the Host header --- */

#define HOST_NAME_MAX_LEN 256

/* True if @text is "", or a colon and a port. */
static bool is_port(const char *text)
{
	return text[0] == '\0' ||
	       (text[0] == ':' && text[1 + strspn(text + 1, "0123456789")] == '\0');
}

/* Split @host into a name and a port. Return: false if it is no host. */
static bool take_name(const char *host, char name[static HOST_NAME_MAX_LEN],
		      bool *ret_is_bracketed)
{
	const char *start = host, *end;
	size_t len;

	*ret_is_bracketed = host[0] == '[';
	if (*ret_is_bracketed)
		end = strchr(++start, ']');
	else
		end = strchrnul(start, ':');
	if (!end || !is_port(end + *ret_is_bracketed))
		return false;
	len = (size_t)(end - start);
	/* The name of a host may end with the dot of the root. */
	if (len > 1 && start[len - 1] == '.')
		len--;
	if (len >= HOST_NAME_MAX_LEN)
		return false;
	memcpy(name, start, len);
	name[len] = '\0';
	return true;
}

bool host_is_trusted(const char *host, const char *const *names)
{
	char name[HOST_NAME_MAX_LEN];
	struct in6_addr address;
	bool is_bracketed;

	/* HTTP/1.0, and no browser leaves it out. */
	if (!host)
		return true;
	if (!take_name(host, name, &is_bracketed))
		return false;
	if (is_bracketed)
		return inet_pton(AF_INET6, name, &address) == 1;
	if (inet_pton(AF_INET, name, &address) == 1 || strcasecmp(name, "localhost") == 0)
		return true;
	for (; *names; names++)
		if (strcasecmp(name, *names) == 0)
			return true;
	return false;
}
