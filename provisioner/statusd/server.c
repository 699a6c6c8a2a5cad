/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Serve requests with libmicrohttpd until a signal or the idle time ends the loop. */
#include "statusd/server.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "statusd/clients.h"
#include "sys/clock.h"
#include "views/request.h"

#include <assert.h>
#include <microhttpd.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#define CLIENT_MEMORY 6144 /* the header, and the records of libmicrohttpd about it */
#define SEND_BUFFER   (64 << 10) /* otherwise the kernel buffers megabytes for each */
#define TURN_MAX      64 /* connections that are accepted in one turn of the loop */

#if MHD_VERSION >= 0x00097601
#define STRICT MHD_OPTION_CLIENT_DISCIPLINE_LVL
#else
#define STRICT MHD_OPTION_STRICT_FOR_CLIENT
#endif

/*
 * The page loads no outside resource and no inline script, and no other site may frame,
 * embed or read it. No answer is cached.
 */
static const struct {
	const char *name, *value;
} headers[] = {
	{ "Content-Security-Policy",
	  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
	  "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Cache-Control", "no-store" },
};

struct server {
	struct MHD_Daemon *daemon;
	struct source *source;
	const char *const *names; /* of this machine, for the Host header */
	struct clients clients;
};

/* --- clients --- */

/* libmicrohttpd 1.0 overwrites the result with that of the next query: copy the value. */
static int fd_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	/* libmicrohttpd knows the socket of every connection. */
	assert(info && info->connect_fd >= 0);
	return info->connect_fd;
}

static void on_connection(void *data, struct MHD_Connection *connection,
			  void **socket_context, enum MHD_ConnectionNotificationCode code)
{
	struct server *server = data;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		int fd = fd_of(connection);

		*socket_context = clients_add(&server->clients, fd);
	} else {
		clients_remove(&server->clients, *socket_context);
		*socket_context = NULL;
	}
}

static struct client *client_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void on_completed(void *data, struct MHD_Connection *connection,
			 void **request_context, enum MHD_RequestTerminationCode code)
{
	struct client *client = client_of(connection);
	struct server *server = data;

	(void)request_context;
	(void)code;
	if (client && client->stage == CLIENT_IS_ANSWERED)
		clients_enter(&server->clients, client, CLIENT_ASKS);
}

/* --- answers --- */

/* A body. libmicrohttpd frees it when the client has received all of it, or has left. */
struct body {
	struct server *server;
	size_t len;
	char bytes[];
};

static void body_free(void *data)
{
	struct body *body = data;

	body->server->clients.pending_bytes -= body->len;
	free(body);
}

static struct MHD_Response *make_response(struct server *server,
					  const struct answer *answer)
{
	struct MHD_Response *response;
	struct body *body = malloc(sizeof(*body) + answer->len);

	if (!body)
		return NULL;
	*body = (struct body){ .server = server, .len = answer->len };
	memcpy(body->bytes, answer->body, answer->len);
	response = MHD_create_response_from_buffer_with_free_callback_cls(
		answer->len, body->bytes, body_free, body);
	if (!response) {
		free(body);
		return NULL;
	}
	server->clients.pending_bytes += answer->len;
	return response;
}

static bool add_headers(struct MHD_Response *response, const struct answer *answer)
{
	bool ok = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
					  answer->type) == MHD_YES;

	for (size_t i = 0; i < ARRAY_SIZE(headers); i++)
		ok &= MHD_add_response_header(response, headers[i].name,
					      headers[i].value) == MHD_YES;
	if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		ok &= MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
					      ANSWER_ALLOW) == MHD_YES;
	if (answer->status == MHD_HTTP_SERVICE_UNAVAILABLE)
		ok &= MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER,
					      "10") == MHD_YES;
	return ok;
}

static enum MHD_Result send_answer(struct server *server,
				   struct MHD_Connection *connection,
				   const struct answer *answer)
{
	struct MHD_Response *response = make_response(server, answer);
	enum MHD_Result result = MHD_NO;

	if (!response)
		return MHD_NO;
	if (add_headers(response, answer))
		result = MHD_queue_response(connection, answer->status, response);
	MHD_destroy_response(response);
	return result;
}

struct host_header {
	const char *value;
	unsigned int count;
};

static enum MHD_Result on_header(void *data, enum MHD_ValueKind kind, const char *name,
				 const char *value)
{
	struct host_header *host = data;

	(void)kind;
	if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0) {
		host->value = value;
		host->count++;
	}
	return MHD_YES;
}

/* A proxy may use the other one of two Host headers. */
static bool asks_for_this_host(const struct server *server,
			       struct MHD_Connection *connection)
{
	struct host_header host = { 0 };

	MHD_get_connection_values(connection, MHD_HEADER_KIND, on_header, &host);
	return host.count <= 1 && host_is_trusted(host.value, server->names);
}

static int make_answer(struct server *server, struct MHD_Connection *connection,
		       const char *method, const char *path, struct answer *ret)
{
	struct route route = route_find(method, path);
	struct source *source = server->source;
	int r = 0;

	if (!asks_for_this_host(server, connection))
		return answer_error(
			MHD_HTTP_MISDIRECTED_REQUEST,
			"the Host header must be an address, localhost, the host "
			"name, or one of 'status: names:' in /etc/rapiddisk.yaml or a "
			"drop-in",
			ret);
	if (clients_lag(&server->clients))
		return answer_error(MHD_HTTP_SERVICE_UNAVAILABLE,
				    "too many clients have not received their answers",
				    ret);
	if (route_needs(&route))
		r = source_look(source, route_needs(&route));
	return r < 0 ? r : answer_route(&route, &source->view, ret);
}

/*
 * libmicrohttpd calls this first with the header, and again until the request is complete. A
 * request that gets an error is answered at once, and its body stays unread.
 */
static enum MHD_Result on_request(void *data, struct MHD_Connection *connection,
				  const char *path, const char *method,
				  const char *version, const char *upload,
				  size_t *upload_len, void **request_context)
{
	static const char seen;
	struct server *server = data;
	struct client *client = client_of(connection);
	struct answer answer = { 0 };
	enum MHD_Result result;

	(void)version;
	(void)upload;
	if (!client)
		return MHD_NO;
	if (!*request_context && route_find(method, path).status == MHD_HTTP_OK) {
		*request_context = (void *)(uintptr_t)&seen;
		return MHD_YES;
	}
	if (*upload_len > 0) {
		*upload_len = 0;
		return MHD_YES;
	}
	if (make_answer(server, connection, method, path, &answer) < 0)
		return MHD_NO;
	clients_enter(&server->clients, client, CLIENT_IS_ANSWERED);
	result = send_answer(server, connection, &answer);
	answer_done(&answer);
	return result;
}

/* --- the loop --- */

static volatile sig_atomic_t is_told_to_end;

static void on_signal(int number)
{
	(void)number;
	is_told_to_end = 1;
}

static void catch_signals(sigset_t *ret_while_waiting)
{
	struct sigaction end = { .sa_handler = on_signal };
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, ret_while_waiting);
	sigdelset(ret_while_waiting, SIGTERM);
	sigdelset(ret_while_waiting, SIGINT);
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void take_connections(struct server *server, int listener)
{
	for (unsigned int i = 0; i < TURN_MAX && !clients_are_full(&server->clients);
	     i++) {
		struct sockaddr_storage address = { 0 };
		socklen_t len = sizeof(address);
		unsigned int before = server->clients.count;
		int buffer = SEND_BUFFER;
		int fd = accept4(listener, (struct sockaddr *)&address, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
		/* MHD_add_connection() closes the descriptor on failure. */
		if (MHD_add_connection(server->daemon, fd, (struct sockaddr *)&address,
				       len) == MHD_YES &&
		    server->clients.count == before)
			server->clients.coming++;
	}
}

/* Return the time until the next limit ends. */
static uint64_t next_due_ms(const struct server *server, uint64_t idle_ms)
{
	uint64_t now = clock_now_ms(), due = now + 60000;
	MHD_UNSIGNED_LONG_LONG wanted;

	if (MHD_get_timeout(server->daemon, &wanted) == MHD_YES && now + wanted < due)
		due = now + wanted;
	due = clients_next_due_ms(&server->clients, due);
	if (idle_ms > 0 && server->clients.count == 0 &&
	    server->clients.last_ms + idle_ms < due)
		due = server->clients.last_ms + idle_ms;
	return due > now ? due - now : 0;
}

static bool is_idle(const struct server *server, uint64_t idle_ms)
{
	return idle_ms > 0 && server->clients.count == 0 &&
	       clock_now_ms() - server->clients.last_ms >= idle_ms;
}

static int wait_for_events(const struct server *server, struct pollfd *fds, size_t count,
			   uint64_t idle_ms, const sigset_t *while_waiting)
{
	uint64_t ms = next_due_ms(server, idle_ms);
	struct timespec timeout = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};

	for (size_t i = 1; i < count; i++)
		fds[i].events = clients_are_full(&server->clients) ? 0 : POLLIN;
	if (ppoll(fds, (nfds_t)count, &timeout, while_waiting) < 0)
		return errno == EINTR ? 0 : -errno;
	return 0;
}

static int loop(struct server *server, const struct listeners *listeners, int epoll_fd,
		uint64_t idle_ms)
{
	size_t count = listeners->fds.count + 1;
	_cleanup_free_ struct pollfd *fds = calloc(count, sizeof(*fds));
	sigset_t while_waiting;

	if (!fds)
		return -ENOMEM;
	catch_signals(&while_waiting);
	fds[0] = (struct pollfd){ .fd = epoll_fd, .events = POLLIN };
	for (size_t i = 1; i < count; i++)
		fds[i].fd = listeners->fds.items[i - 1];
	while (!is_told_to_end && !is_idle(server, idle_ms)) {
		int r = wait_for_events(server, fds, count, idle_ms, &while_waiting);

		if (r < 0)
			return r;
		for (size_t i = 1; i < count; i++)
			if (fds[i].revents & POLLIN)
				take_connections(server, fds[i].fd);
		if (MHD_run(server->daemon) != MHD_YES)
			return -EIO;
		server->clients.coming = 0;
		clients_send_overdue_away(&server->clients);
	}
	return 0;
}

/* A NUL in a path would end it early: leave the escape, and the path is unknown. */
static size_t unescape(void *data, struct MHD_Connection *connection, char *text)
{
	(void)data;
	(void)connection;
	return strstr(text, "%00") ? strlen(text) : MHD_http_unescape(text);
}

int server_run(struct source *source, const struct listeners *listeners,
	       const char *const *names, uint64_t idle_ms)
{
	struct server server = { .source = source,
				 .names = names,
				 .clients.last_ms = clock_now_ms() };
	const union MHD_DaemonInfo *info;
	int r;

	server.daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, on_request,
		&server, MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CLIENTS_MAX,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CLIENT_MEMORY,
		MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)512,
		/* Refuse what RFC 9110 forbids, such as two lengths of one body. */
		STRICT, 1, MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, &server,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, &server, MHD_OPTION_END);
	if (!server.daemon)
		return -EIO;
	info = MHD_get_daemon_info(server.daemon, MHD_DAEMON_INFO_EPOLL_FD);
	r = info ? loop(&server, listeners, info->epoll_fd, idle_ms) : -EIO;
	MHD_stop_daemon(server.daemon);
	return r;
}
