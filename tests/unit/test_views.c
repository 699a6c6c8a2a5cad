/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a request to an answer, without a socket. */
#include "base/cleanup.h"
#include "kind/cache/cache.h"
#include "kind/ramdisk/ramdisk.h"
#include "kind/shown.h"
#include "report/jsontext.h"
#include "report/metrics.h"
#include "unit.h"
#include "views/request.h"

#include <string.h>

/*
 * A cache with two counters and a name that has to be escaped, and a disk of the largest size.
 * The value stays for the whole test program.
 */
static const struct view *odd_view(void)
{
	static struct view view = { .problem = "there is no file" };
	struct obj *cache, *disk;

	if (view.classes)
		return &view;
	view.classes = shown_classes;
	cache = obj_new(&cache_class);
	disk = obj_new(&ramdisk_class);
	ck_assert_int_eq(field_set_string(cache, CACHE_NAME, "odd\"name\\\n\xff"), 0);
	field_set_uint(cache, CACHE_HITS, 9);
	field_set_uint(cache, CACHE_MISSES, 1);
	field_set_enum(cache, CACHE_MODE, MODE_WRITE_AROUND);
	ck_assert_int_eq(field_set_device(cache, CACHE_SOURCE, "/dev/vdb", 0), 0);
	ck_assert_int_eq(field_set_string(disk, RAMDISK_NAME, "rd0"), 0);
	field_set_size(disk, RAMDISK_SIZE, UINT64_MAX);
	field_set_size(disk, RAMDISK_USED, 4096);
	ck_assert_int_eq(model_add(&view.observed, cache), 0);
	ck_assert_int_eq(model_add(&view.observed, disk), 0);
	ck_assert_int_eq(model_sort(&view.observed), 0);
	return &view;
}

/* Return: the body, the caller's to free. */
static char *ask(const char *method, const char *path, unsigned int status)
{
	struct route route = route_find(method, path);
	struct answer answer;
	char *body;

	ck_assert_int_eq(answer_route(&route, odd_view(), &answer), 0);
	ck_assert_msg(answer.status == status, "%s %s: %u", method, path, answer.status);
	ck_assert_ptr_nonnull(answer.type);
	body = strndup(answer.body, answer.len);
	answer_done(&answer);
	return body;
}

static const struct {
	const char *method, *path;
	unsigned int status;
	const char *part;
} requests[] = {
	{ "GET", "/", 200, "<!doctype html>" },
	{ "GET", "/app.js", 200, "fetch(" },
	{ "GET", "/app.css", 200, "{" },
	{ "HEAD", "/metrics", 200, "rapiddisk_status_readable 0" },
	{ "GET", "/healthz", 503, "there is no file" },
	{ "GET", "/v1/status", 503, "there is no file" },
	{ "GET", "/v1/drift", 503, "there is no file" },
	{ "GET", "/icon.svg", 200, "<svg" },
	{ "GET", "/v1/overview", 200, "\"report\": null" },
	{ "GET", "/v1/live", 200, "\"rd0\"" },
	{ "GET", "/v1/fields", 200, "\"rapiddisk_cache_hits_total\"" },
	{ "GET", "/v1/checkServiceStatus", 200, "\"OK\"" },
	{ "GET", "/v1/showRapidDiskCacheStats/", 404, "no such path" },
	{ "GET", "/v1/showRapidDiskCacheStats/x", 400, "no such cache" },
	{ "GET", "", 404, "no such path" },
	{ "GET", "//", 404, "no such path" },
	{ "GET", "/metrics/", 404, "no such path" },
	{ "GET", "/v1/createRapidDisk/64", 404, "ramdisks:" },
	{ "POST", "/v1/createRapidDisk/64", 405, "ramdisks:" },
	{ "POST", "/v1/createRapidDiskCache/a/b/c", 405, "caches:" },
	{ "post", "/metrics", 405, "/etc/rapiddisk.yaml or a drop-in" },
	{ "", "/", 405, "/etc/rapiddisk.yaml or a drop-in" },
};

START_TEST(requests_are_answered)
{
	_cleanup_free_ char *body =
		ask(requests[_i].method, requests[_i].path, requests[_i].status);

	ck_assert_msg(strstr(body, requests[_i].part) != NULL, "%s %s: %s",
		      requests[_i].method, requests[_i].path, body);
}
END_TEST

START_TEST(metrics_escape_what_names_have)
{
	_cleanup_free_ char *body = ask("GET", "/metrics", 200);

	ck_assert_ptr_nonnull(strstr(body,
				     "rapiddisk_cache_hits_total{cache=\"odd\\\"name"
				     "\\\\\\n\xef\xbf\xbd\"} 9\n"));
	ck_assert_ptr_nonnull(strstr(body,
				     "rapiddisk_ramdisk_size_bytes{ramdisk=\"rd0\"} "
				     "18446744073709551615\n"));
	ck_assert_ptr_nonnull(strstr(body, ",source=\"vdb\",ramdisk=\"\","
					   "mode=\"write-around\"} 1\n"));
	/* A value that the kernel does not give is left out, with its HELP. */
	ck_assert_ptr_null(strstr(body, "rapiddisk_cache_fills_total"));
}
END_TEST

START_TEST(metrics_have_one_help_and_type_for_each_name)
{
	_cleanup_free_ char *body = ask("GET", "/metrics", 200);
	char *rest = body, *line;
	char name[128] = "";

	while ((line = strsep(&rest, "\n"))) {
		char found[128];

		if (sscanf(line, "# HELP %127s", found) == 1) {
			ck_assert_str_ne(found, name);
			memcpy(name, found, sizeof(name));
		} else if (sscanf(line, "# TYPE %127s", found) == 1) {
			ck_assert_str_eq(found, name);
		} else if (line[0]) {
			ck_assert_msg(strncmp(line, name, strlen(name)) == 0, "%s", line);
		}
	}
}
END_TEST

START_TEST(json_has_no_number_that_is_too_large)
{
	_cleanup_free_ char *body = ask("GET", "/v1/live", 200);

	ck_assert_ptr_nonnull(strstr(body, "9223372036854775807"));
	ck_assert_ptr_nonnull(strstr(body, "(not UTF-8)"));
}
END_TEST

START_TEST(live_has_the_counters_of_the_kernel_by_their_names)
{
	_cleanup_free_ char *body = ask("GET", "/v1/live", 200);

	ck_assert_ptr_nonnull(strstr(body, "\"counters\": {\"mode\": 1, \"hits\": 9, "
					   "\"misses\": 1}"));
	ck_assert_ptr_nonnull(strstr(body, "\"source\": \"vdb\", \"ramdisk\": null"));
}
END_TEST

/* Texts of the kernel: every byte, alone and in a word, and characters of several bytes. */
START_TEST(texts_are_written_as_jansson_writes_them)
{
	static const char *const longer[] = {
		"",	    "\u00e9\u20ac\U0001f4be", "a\"b\\c\n\x7f/",	  "\xc3",
		"\xc0\x80", "\xed\xa0\x80",	      "\xf4\x90\x80\x80", "x\xff"
	};

	for (unsigned int i = 0; i < 512 + ARRAY_SIZE(longer); i++) {
		_cleanup_(buf_done) struct buf ours = { 0 }, theirs = { 0 };
		const char text[] = { 'a', (char)(i % 256), i < 256 ? 'z' : '\0', '\0' };

		json_add_text(&ours, i < 512 ? text : longer[i - 512]);
		json_add_tree(&theirs, json_text(i < 512 ? text : longer[i - 512]));
		ck_assert_str_eq(ours.data, theirs.data);
	}
}
END_TEST

START_TEST(table_of_metrics_has_each_metric_that_is_written)
{
	_cleanup_free_ char *body = ask("GET", "/metrics", 200), *table = NULL;
	char *rest = body, *line;

	ck_assert_int_eq(metrics_table_to_json(shown_classes, &table), 0);
	while ((line = strsep(&rest, "\n"))) {
		char found[128], quoted[160];

		if (sscanf(line, "# TYPE %127s", found) != 1)
			continue;
		snprintf(quoted, sizeof(quoted), "\"name\": \"%s\"", found);
		ck_assert_msg(strstr(table, quoted) != NULL, "%s", found);
	}
}
END_TEST

static const struct {
	const char *host;
	bool trusted;
} hosts[] = {
	{ NULL, true },
	{ "localhost", true },
	{ "LOCALHOST:9118", true },
	{ "127.0.0.1:9118", true },
	{ "[::1]:9118", true },
	{ "[::1]", true },
	{ "192.0.2.1", true },
	{ "rack7.example", true },
	{ "RACK7.example.:9118", true },
	{ "rack7", true },
	{ "rack7.example.evil.example", false },
	{ "[rack7]", false },
	{ "[::1]x", false },
	{ "[::1]:9118x", false },
	{ "[::1].evil.example", false },
	{ "[127.0.0.1]", false },
	{ "::1", false },
	{ "127.0.0.1:9118.evil.example", false },
	{ "127.0.0.1:80@evil.example", false },
	{ "localhost:9118/", false },
	{ ".", false },
	{ "evil.example", false },
	{ "localhost.evil.example", false },
	{ "127.0.0.1.evil.example:9118", false },
	{ "", false },
	{ "[::1", false },
	{ "[", false },
	{ "0000000000000000000000000000000000000000000000000000000000000000000000",
	  false },
};

START_TEST(hosts_are_trusted_by_address)
{
	static const char *const names[] = { "rack7", "rack7.example", NULL };

	ck_assert_msg(host_is_trusted(hosts[_i].host, names) == hosts[_i].trusted, "%s",
		      hosts[_i].host);
}
END_TEST

START_TEST(push_counts_come_back_as_they_went)
{
	struct push_count one = { (char *)"https://a#1", 1, 2, 3 };
	struct push_counts counts = { .targets = { .items = &one, .count = 1 } };
	_cleanup_(push_counts_done) struct push_counts back = { 0 };
	_cleanup_free_ char *text = NULL;

	ck_assert_int_eq(push_counts_to_json(&counts, &text), 0);
	ck_assert_int_eq(push_counts_parse(text, strlen(text), &back), 0);
	ck_assert_uint_eq(back.targets.count, 1);
	ck_assert_str_eq(back.targets.items[0].target, "https://a#1");
	ck_assert_uint_eq(back.targets.items[0].dropped, 3);
	ck_assert_int_eq(push_counts_parse("{}", 2, &back), -EBADMSG);
	ck_assert_int_eq(push_counts_parse(text, strlen(text) / 2, &back), -EBADMSG);
}
END_TEST

Suite *suite_views(void)
{
	Suite *suite = unit_suite("views", metrics_escape_what_names_have,
				  metrics_have_one_help_and_type_for_each_name,
				  json_has_no_number_that_is_too_large,
				  live_has_the_counters_of_the_kernel_by_their_names,
				  texts_are_written_as_jansson_writes_them,
				  table_of_metrics_has_each_metric_that_is_written,
				  push_counts_come_back_as_they_went, NULL);

	unit_add_loop(suite, requests_are_answered, ARRAY_SIZE(requests));
	unit_add_loop(suite, hosts_are_trusted_by_address, ARRAY_SIZE(hosts));
	return suite;
}
