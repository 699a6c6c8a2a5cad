/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The response of a collector: a server on the loopback device answers each request with the bytes
 * behind the first one, whose lowest bit selects a body that is sent compressed.
 */
#include "push/http.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "fuzz/property.h"
#include "model/status.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <pthread.h>
#include <sys/socket.h>

#define LONG_BODY 2000
#define DAY_MS	  86400000

static struct {
	pthread_mutex_t lock;
	int fd; /* the listening socket */
	char *url;
	const char *bytes; /* the response; under the lock */
	size_t len;
	unsigned int requests; /* that were answered; under the lock */
} server = { .lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1 };

/* A client of a response that ends early closes the connection. */
static void answer(int client)
{
	struct timeval limit = { .tv_sec = 5 };
	char chunk[8192];

	(void)setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (recv(client, chunk, sizeof(chunk), 0) <= 0)
		return;
	pthread_mutex_lock(&server.lock);
	server.requests++;
	(void)send(client, server.bytes, server.len, MSG_NOSIGNAL);
	pthread_mutex_unlock(&server.lock);
	shutdown(client, SHUT_WR);
	while (recv(client, chunk, sizeof(chunk), 0) > 0)
		;
}

static void *serve(void *unused)
{
	for (;;) {
		int client = accept4(server.fd, NULL, NULL, SOCK_CLOEXEC);

		if (client < 0)
			return unused;
		answer(client);
		close(client);
	}
}

static bool start(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	pthread_t thread;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return server.fd >= 0 &&
	       bind(server.fd, (const struct sockaddr *)&address, len) == 0 &&
	       listen(server.fd, 8) == 0 &&
	       getsockname(server.fd, (struct sockaddr *)&address, &len) == 0 &&
	       str_format(&server.url, "http://127.0.0.1:%u/", ntohs(address.sin_port)) ==
		       0 &&
	       http_init() == 0 && pthread_create(&thread, NULL, serve, NULL) == 0 &&
	       pthread_detach(thread) == 0;
}

/* Return: how many requests were answered. */
static unsigned int set_response(const char *bytes, size_t len)
{
	unsigned int answered;

	pthread_mutex_lock(&server.lock);
	answered = server.requests;
	server.bytes = bytes;
	server.len = len;
	server.requests = 0;
	pthread_mutex_unlock(&server.lock);
	return answered;
}

/* Return: the status of a response in one piece; 0: it is not that simple. */
static unsigned int status_of(const char *bytes, size_t len)
{
	_cleanup_free_ char *head = strndup(bytes, len);
	unsigned int status = 0;

	if (!head || sscanf(head, "HTTP/1.1 %3u \r\n", &status) != 1)
		return 0;
	return status;
}

static const char *check_result(const struct http_result *result, unsigned int status)
{
	if (result->outcome > HTTP_REJECTED ||
	    strnlen(result->why, sizeof(result->why)) == sizeof(result->why))
		return "a response has an outcome";
	if ((result->outcome == HTTP_TAKEN) != (result->why[0] == '\0'))
		return "each response but a success has a reason";
	if (result->retry_after_ms > DAY_MS || result->retry_after_ms % 1000 != 0)
		return "a server delays the next try by a day at most";
	if (result->outcome == HTTP_TAKEN && status != 0 &&
	    (status < 200 || status > 299))
		return "only a status of success takes a report";
	for (const char *c = result->why; *c; c++)
		if (iscntrl((unsigned char)*c))
			return "a reason has no control character";
	return NULL;
}

const char *answer_property_check(const char *bytes, size_t len)
{
	static bool is_started;
	static char body[LONG_BODY];
	struct push_target target = { .connect_timeout = 5000, .timeout = 5000 };
	struct http_message message = { "POST", "application/json", "id", body, 2 };
	struct http_result result;
	unsigned int answered;
	int r;

	if (len == 0 || (!is_started && !start()))
		return NULL;
	if (!is_started)
		memset(body, ' ', sizeof(body));
	is_started = true;
	memcpy(body, "{}", 2);
	if (bytes[0] & 1)
		message.len = sizeof(body);
	target.url = server.url;
	set_response(bytes + 1, len - 1);
	r = http_send(&target, &message, &result);
	answered = set_response("", 0);
	if (r < 0)
		return "a response is judged";
	if (answered > 2 || (answered == 2 && message.len == 2))
		return "a compressed request is sent twice at most, and another one once";
	return check_result(&result, status_of(bytes + 1, len - 1));
}
