/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer: a method, a path and a Host, each on a line of its own, of a machine whose
 * names are the rest of the bytes.
 */
#include "base/cleanup.h"
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	struct live_cache cache = { .known = UINT64_MAX };
	struct live_disk disk = { .size_bytes = UINT64_MAX };
	struct view view = { .problem = "none" };
	char *rest = text, *method = strsep(&rest, "\n"), *path = strsep(&rest, "\n");
	char *host = strsep(&rest, "\n");

	if (!host)
		return 0;
	disk.name = cache.name = cache.source = rest ? rest : host;
	disk.in_use = cache.in_use = host;
	view.live.caches.items = &cache;
	view.live.disks.items = &disk;
	view.live.caches.count = view.live.disks.count = 1;
	expect_answer(method, path, &view);
	(void)host_is_trusted(host);
	return 0;
}
