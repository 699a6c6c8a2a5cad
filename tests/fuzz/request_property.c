/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answer a request. The first three lines are method, path and Host; the other bytes are the
 * names of the machine.
 */
#include "base/cleanup.h"
#include "fuzz/property.h"
#include "kind/shown.h"
#include "views/request.h"

#include <jansson.h>

static const char *broken;

static void expect(bool holds, const char *what)
{
	if (!holds && !broken)
		broken = what;
}

static bool is_known(unsigned int status)
{
	return status == 200 || status == 400 || status == 404 || status == 405 ||
	       status == 503;
}

static void expect_answer(const char *method, const char *path, const struct view *view)
{
	struct route route = route_find(method, path);
	struct answer answer = { 0 };
	json_t *json;

	expect(answer_route(&route, view, &answer) == 0, "every request has an answer");
	expect(is_known(answer.status), "with a status that is meant");
	expect(answer.type && answer.body, "with a type and a body");
	expect((strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) ==
		       (answer.status == 405),
	       "405 is for all but GET and HEAD");
	if (strstr(answer.type, "json")) {
		json = json_loadb(answer.body, answer.len, 0, NULL);
		expect(json != NULL, "what is called JSON is JSON");
		json_decref(json);
	}
	answer_done(&answer);
}

/* A disk and a cache with @name, and with all that they can hold. */
static void add_objects(struct model *observed, const char *name, const char *in_use)
{
	struct obj *disk = obj_new(&ramdisk_class), *cache = obj_new(&cache_class);

	expect(disk && cache, "there is memory");
	expect(field_set_string(disk, 0, name) == 0 &&
		       field_set_string(cache, 0, name) == 0,
	       "there is memory");
	for (unsigned int i = 1; i < cache->class->field_count; i++) {
		if (cache->class->fields[i].type == FIELD_UINT)
			field_set_uint(cache, i, UINT64_MAX);
		else if (cache->class->fields[i].type == FIELD_STRING)
			expect(field_set_string(cache, i, name) == 0, "there is memory");
	}
	for (unsigned int i = 1; i < disk->class->field_count; i++)
		if (disk->class->fields[i].type == FIELD_SIZE)
			field_set_size(disk, i, UINT64_MAX);
	disk->in_use = strdup(in_use);
	cache->in_use = strdup(in_use);
	expect(model_add(observed, disk) == 0 && model_add(observed, cache) == 0 &&
		       model_sort(observed) == 0,
	       "there is memory");
}

/* An answer to a foreign name would let a page of the web read the status (DNS rebinding). */
static void expect_trust(const char *host)
{
	static const char *const names[] = { "rack7.example", NULL };
	size_t len = strcspn(host, ":");
	_cleanup_free_ char *dotted = NULL;
	bool is_trusted = host_is_trusted(host, names);

	expect(host_is_trusted(NULL, names), "a request without a Host is trusted");
	expect(!is_trusted || host[0] == '[' ||
		       host[strspn(host, "0123456789.:")] == '\0' ||
		       strncasecmp(host, "localhost", 9) == 0 ||
		       strncasecmp(host, "rack7.example", 13) == 0,
	       "a trusted host is an address, localhost or a name of the machine");
	expect(!is_trusted || host[0] != '[' || strchr(host, ']'),
	       "an address in brackets has both brackets");
	if (asprintf(&dotted, "%.*s.", (int)len, host) < 0)
		return;
	if (host[len] == '\0' && len > 0 && host[len - 1] != '.' && host[0] != '[' &&
	    len < 200)
		expect(host_is_trusted(dotted, names) == is_trusted,
		       "the dot of the root changes no host");
}

const char *request_property_check(const char *bytes, size_t len)
{
	_cleanup_free_ char *text = strndup(bytes, len);
	struct view view = { .classes = shown_classes, .problem = "none" };
	char *rest = text, *method = strsep(&rest, "\n"), *path = strsep(&rest, "\n");
	char *host = strsep(&rest, "\n");

	broken = NULL;
	if (!host)
		return NULL;
	add_objects(&view.observed, rest ? rest : host, host);
	expect_answer(method, path, &view);
	model_done(&view.observed);
	expect_trust(host);
	return broken;
}
