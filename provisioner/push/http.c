/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Send one request by libcurl, and judge whether another try is worthwhile. */
#include "push/http.h"

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "push/files.h"

#include <curl/curl.h>
#include <stdarg.h>
#include <zlib.h>

#define ANSWER_MAX  (64u << 10) /* header and body together */
#define RETRY_MAX_S 86400	/* upper limit of Retry-After */
#define GZIP_MIN    1024	/* compression of less saves no packet */
#define MEMORY	    9
#define GZIP_BITS   (15 + 16)

struct exchange {
	CURL *curl;
	struct curl_slist *headers;
	char *token, *packed;
	size_t head_len, body_len; /* of the response */
	bool is_too_long;
	char error[CURL_ERROR_SIZE];
};

static void exchange_done(struct exchange *exchange)
{
	curl_easy_cleanup(exchange->curl);
	curl_slist_free_all(exchange->headers);
	if (exchange->token)
		explicit_bzero(exchange->token, strlen(exchange->token));
	free(exchange->token);
	free(exchange->packed);
}

int http_init(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -ENOSYS;
}

static _printf_(3, 4) void outcome(struct http_result *ret, enum http_outcome outcome,
				   const char *fmt, ...)
{
	va_list args;

	ret->outcome = outcome;
	va_start(args, fmt);
	vsnprintf(ret->why, sizeof(ret->why), fmt, args);
	va_end(args);
}

/* --- the header and the files --- */

static int add_header(struct exchange *exchange, const char *fmt, ...) _printf_(2, 3);

static int add_header(struct exchange *exchange, const char *fmt, ...)
{
	_cleanup_free_ char *line = NULL;
	struct curl_slist *grown;
	va_list args;
	int r;

	va_start(args, fmt);
	r = str_vformat(&line, fmt, args);
	va_end(args);
	if (r < 0)
		return r;
	grown = curl_slist_append(exchange->headers, line);
	explicit_bzero(line, strlen(line));
	if (!grown)
		return -ENOMEM;
	exchange->headers = grown;
	return 0;
}

static int add_token(struct exchange *exchange, const char *name)
{
	int r = files_read_token(name, &exchange->token);

	return r < 0 ? r
		     : add_header(exchange, "Authorization: Bearer %s", exchange->token);
}

static int set_file(struct exchange *exchange, CURLoption option, const char *name,
		    bool is_private)
{
	_cleanup_free_ char *path = NULL;
	int r = files_find(name, is_private, &path);

	if (r < 0)
		return r;
	return curl_easy_setopt(exchange->curl, option, path) == CURLE_OK ? 0 : -ENOMEM;
}

static int use_files(struct exchange *exchange, const struct push_target *target,
		     const char **ret_key, const char **ret_name)
{
	const struct {
		const char *key, *name;
		CURLoption option;
		bool is_private;
	} files[] = {
		{ "cert_file", target->cert_file, CURLOPT_SSLCERT, false },
		{ "key_file", target->key_file, CURLOPT_SSLKEY, true },
		{ "ca_file", target->ca_file, CURLOPT_CAINFO, false },
	};

	*ret_key = "token_file";
	*ret_name = target->token_file;
	if (target->token_file) {
		int r = add_token(exchange, target->token_file);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int r;

		*ret_key = files[i].key;
		*ret_name = files[i].name;
		if (!files[i].name)
			continue;
		r = set_file(exchange, files[i].option, files[i].name,
			     files[i].is_private);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- the response --- */

static size_t count_bytes(struct exchange *exchange, size_t *counter, size_t len)
{
	*counter += len;
	if (exchange->head_len + exchange->body_len <= ANSWER_MAX)
		return len;
	exchange->is_too_long = true;
	return CURL_WRITEFUNC_ERROR;
}

static size_t on_head(char *bytes, size_t size, size_t count, void *data)
{
	struct exchange *exchange = data;

	(void)bytes;
	return count_bytes(exchange, &exchange->head_len, size * count);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
	struct exchange *exchange = data;

	(void)bytes;
	return count_bytes(exchange, &exchange->body_len, size * count);
}

static void judge_failure(const struct exchange *exchange, CURLcode code,
			  struct http_result *ret)
{
	if (exchange->is_too_long) {
		outcome(ret, HTTP_REFUSED, "the response is longer than %u KiB",
			ANSWER_MAX >> 10);
		return;
	}
	outcome(ret,
		code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CERTPROBLEM ||
				code == CURLE_SSL_CACERT_BADFILE ||
				code == CURLE_UNSUPPORTED_PROTOCOL ||
				code == CURLE_URL_MALFORMAT
			? HTTP_REFUSED
			: HTTP_AGAIN,
		"%s", exchange->error[0] ? exchange->error : curl_easy_strerror(code));
}

static bool is_worth_another_try(long status)
{
	return status == 408 || status == 429 || status >= 500;
}

/* True if the status is about the content of the request, not about the sender or the URL. */
static bool is_about_content(long status)
{
	return status == 400 || status == 413 || status == 415 || status == 422;
}

/*
 * True if the response is an HTML page, which comes from a captive portal or a login, and
 * not from a collector. An empty body does not count: many servers send the type always.
 */
static bool is_page(const struct exchange *exchange)
{
	char *type = NULL;

	return exchange->body_len > 0 &&
	       curl_easy_getinfo(exchange->curl, CURLINFO_CONTENT_TYPE, &type) ==
		       CURLE_OK &&
	       type && strncasecmp(type, "text/html", 9) == 0;
}

static void judge_answer(const struct exchange *exchange, long status,
			 struct http_result *ret)
{
	curl_off_t seconds = 0;

	if (status >= 200 && status < 300 && !is_page(exchange)) {
		ret->outcome = HTTP_TAKEN;
		return;
	}
	if (status >= 200 && status < 300)
		outcome(ret, HTTP_REFUSED,
			"the server answers %ld with an HTML page; check for a portal or "
			"a login in between",
			status);
	else if (status >= 300 && status < 400)
		outcome(ret, HTTP_REFUSED,
			"the server answers %ld, a redirect, which is not followed; correct the url",
			status);
	else
		outcome(ret,
			is_worth_another_try(status) ? HTTP_AGAIN
			: is_about_content(status)   ? HTTP_REJECTED
						     : HTTP_REFUSED,
			"the server answers %ld", status);
	if (curl_easy_getinfo(exchange->curl, CURLINFO_RETRY_AFTER, &seconds) ==
		    CURLE_OK &&
	    seconds > 0)
		ret->retry_after_ms =
			(uint64_t)(seconds < RETRY_MAX_S ? seconds : RETRY_MAX_S) * 1000;
}

/* --- the request --- */

static int pack(struct exchange *exchange, const struct http_message *message,
		size_t *ret_len)
{
	z_stream stream = { 0 };
	uLong room;
	int r;

	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_BITS, MEMORY,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	room = deflateBound(&stream, (uLong)message->len);
	exchange->packed = malloc(room);
	stream.next_in = (z_const Bytef *)(uintptr_t)message->body;
	stream.avail_in = (uInt)message->len;
	stream.next_out = (Bytef *)exchange->packed;
	stream.avail_out = (uInt)room;
	r = exchange->packed ? deflate(&stream, Z_FINISH) : Z_MEM_ERROR;
	*ret_len = stream.total_out;
	deflateEnd(&stream);
	return r == Z_STREAM_END ? 0 : -ENOMEM;
}

static int set_body(struct exchange *exchange, const struct http_message *message,
		    bool is_packed)
{
	const char *body = message->body;
	size_t len = message->len;
	int r = 0;

	if (is_packed) {
		r = pack(exchange, message, &len);
		body = exchange->packed;
	}
	if (r == 0 && is_packed)
		r = add_header(exchange, "Content-Encoding: gzip");
	if (r < 0)
		return r;
	curl_easy_setopt(exchange->curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(exchange->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
	return 0;
}

static int set_headers(struct exchange *exchange, const struct http_message *message)
{
	int r = add_header(exchange, "Content-Type: %s", message->type);

	if (r == 0 && message->id)
		r = add_header(exchange, "Idempotency-Key: %s", message->id);
	/* Without 100-continue, which costs a second with a server that ignores it. */
	if (r == 0)
		r = add_header(exchange, "Expect:");
	return r;
}

/* Any failure here is a lack of memory. */
static int set_options(struct exchange *exchange, const struct push_target *target,
		       const struct http_message *message)
{
	CURL *curl = exchange->curl;
	bool failed = false;

#define SET(option, value) failed |= curl_easy_setopt(curl, option, value) != CURLE_OK
	SET(CURLOPT_URL, target->url);
	SET(CURLOPT_CUSTOMREQUEST, message->method);
	SET(CURLOPT_USERAGENT, "rapiddisk-push/" RAPIDDISK_VERSION);
	SET(CURLOPT_HTTPHEADER, exchange->headers);
	/* Keep the headers for the server from a proxy. */
	SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	/* libcurl with GnuTLS would speak TLS 1.0. */
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)target->connect_timeout);
	SET(CURLOPT_TIMEOUT_MS, (long)target->timeout);
	SET(CURLOPT_ERRORBUFFER, exchange->error);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, exchange);
	SET(CURLOPT_HEADERFUNCTION, on_head);
	SET(CURLOPT_HEADERDATA, exchange);
	/* Trust only the certificates in ca_file, not those of the system. */
	if (target->ca_file)
		SET(CURLOPT_CAPATH, NULL);
	if (target->proxy)
		SET(CURLOPT_PROXY, target->proxy);
	/* A token over http is for this machine: keep it from a proxy of the environment. */
	if (target->token_file && strncasecmp(target->url, "http:", 5) == 0)
		SET(CURLOPT_NOPROXY, "*");
#undef SET
	return failed ? -ENOMEM : 0;
}

static int send_once(const struct push_target *target, const struct http_message *message,
		     bool is_packed, struct http_result *ret, long *ret_status)
{
	_cleanup_(exchange_done) struct exchange exchange = { .curl = curl_easy_init() };
	const char *key, *name;
	CURLcode code;
	int r;

	*ret = (struct http_result){ .outcome = HTTP_AGAIN };
	*ret_status = 0;
	if (!exchange.curl)
		return -ENOMEM;
	r = use_files(&exchange, target, &key, &name);
	if (r < 0 && r != -ENOMEM) {
		outcome(ret, HTTP_REFUSED, "cannot use %s '%s': %s", key, name,
			files_problem(r));
		return 0;
	}
	if (r == 0)
		r = set_headers(&exchange, message);
	if (r == 0)
		r = set_body(&exchange, message, is_packed);
	if (r == 0)
		r = set_options(&exchange, target, message);
	if (r < 0)
		return r;
	code = curl_easy_perform(exchange.curl);
	if (code != CURLE_OK) {
		judge_failure(&exchange, code, ret);
		return 0;
	}
	curl_easy_getinfo(exchange.curl, CURLINFO_RESPONSE_CODE, ret_status);
	judge_answer(&exchange, *ret_status, ret);
	return 0;
}

int http_send(const struct push_target *target, const struct http_message *message,
	      struct http_result *ret)
{
	bool is_packed = message->len >= GZIP_MIN;
	long status;
	int r = send_once(target, message, is_packed, ret, &status);

	if (r == 0 && is_packed && status == 415)
		r = send_once(target, message, false, ret, &status);
	return r;
}
