/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer: answer a request. The first three lines are method, path and Host; the other
 * bytes are the names of the machine.
 */
#include "base/cleanup.h"
#include "kind/shown.h"
#include "views/request.h"

#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "property violated: %s\n", what);
	abort();
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	struct view view = { .classes = shown_classes, .problem = "none" };
	char *rest = text, *method = strsep(&rest, "\n"), *path = strsep(&rest, "\n");
	char *host = strsep(&rest, "\n");

	if (!host)
		return 0;
	add_objects(&view.observed, rest ? rest : host, host);
	expect_answer(method, path, &view);
	model_done(&view.observed);
	(void)host_is_trusted(host, (const char *const[]){ "rack7.example", NULL });
	return 0;
}
