/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crowd [-k] PORT PATH CONNECTIONS HALF SECONDS - load an HTTP server with many connections.
 *
 * Opens CONNECTIONS to 127.0.0.1:PORT at once. HALF connections send a header that never ends.
 * The others GET PATH, and connect again if they are cut off before an answer. With -k the HALF
 * connect again too, so that their number stays the same. Ends when each of the others has an
 * answer, or after SECONDS.
 *
 * Prints `served N of N, cut off N, other answers N, most open N, slowest N ms, N ms`.
 * Status: 0 if all were served with 200.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CODE_LEN 12 /* "HTTP/1.1 200" */

struct visitor {
	int fd;
	bool is_half, is_sent, is_done;
	char code[CODE_LEN + 1];
	size_t len;
	uint64_t came_ms;
};

static struct sockaddr_in address = { .sin_family = AF_INET };
static char request[512];
static bool keep;
static int epoll_fd;
static unsigned int served, cut_off, others, open_now, open_most;
static uint64_t slowest_ms;

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Send the request. Return: 0; -1 if the connection is not established yet, or is closed. */
static int send_request(struct visitor *v)
{
	size_t len = v->is_half ? strlen(request) - 10 : strlen(request);

	v->is_sent = send(v->fd, request, len, MSG_NOSIGNAL) == (ssize_t)len;
	return v->is_sent ? 0 : -1;
}

/* Connect. Over loopback this succeeds at once, unless the server's queue is full. */
static void come(struct visitor *v)
{
	struct epoll_event event = { .data.ptr = v };

	v->len = 0;
	v->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (v->fd < 0 ||
	    (connect(v->fd, (struct sockaddr *)&address, sizeof(address)) < 0 &&
	     errno != EINPROGRESS)) {
		perror("crowd");
		exit(1);
	}
	event.events = send_request(v) == 0 ? EPOLLIN : EPOLLOUT;
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, v->fd, &event) < 0) {
		perror("crowd");
		exit(1);
	}
	if (++open_now > open_most)
		open_most = open_now;
}

static void leave(struct visitor *v)
{
	close(v->fd);
	v->fd = -1;
	open_now--;
}

/* Handle a connection that was reset, or closed before the answer. */
static void was_cut_off(struct visitor *v)
{
	leave(v);
	if (!v->is_half)
		cut_off++;
	if (!v->is_half || keep)
		come(v);
}

static void has_answer(struct visitor *v)
{
	uint64_t ms = now_ms() - v->came_ms;

	v->is_done = true;
	v->code[CODE_LEN] = '\0';
	if (strcmp(v->code + CODE_LEN - 3, "200") == 0)
		served++;
	else
		others++;
	if (ms > slowest_ms)
		slowest_ms = ms;
	leave(v);
}

static void is_connected(struct visitor *v)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = v };

	if (send_request(v) < 0)
		was_cut_off(v);
	else
		epoll_ctl(epoll_fd, EPOLL_CTL_MOD, v->fd, &event);
}

static void take(struct visitor *v)
{
	char buffer[65536];
	ssize_t n = recv(v->fd, buffer, sizeof(buffer), 0);

	if (n > 0 && v->len < CODE_LEN) {
		size_t part =
			(size_t)n < CODE_LEN - v->len ? (size_t)n : CODE_LEN - v->len;

		memcpy(v->code + v->len, buffer, part);
		v->len += part;
	}
	if (n > 0 || (n < 0 && errno == EAGAIN))
		return;
	if (n == 0 && v->len == CODE_LEN && !v->is_half)
		has_answer(v);
	else
		was_cut_off(v);
}

int main(int argc, char **argv)
{
	struct rlimit files;
	unsigned int count, half;
	struct visitor *visitors;
	uint64_t begin, end;

	keep = argc > 1 && strcmp(argv[1], "-k") == 0;
	argv += keep;
	if (argc - keep != 6)
		return 64;
	address.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	snprintf(request, sizeof(request),
		 "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
		 argv[2]);
	count = (unsigned int)strtoul(argv[3], NULL, 10);
	half = (unsigned int)strtoul(argv[4], NULL, 10);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0)
		files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	epoll_fd = epoll_create1(0);
	visitors = calloc(count, sizeof(*visitors));
	if (epoll_fd < 0 || !visitors || half > count)
		return 64;
	begin = now_ms();
	end = begin + strtoul(argv[5], NULL, 10) * 1000;
	for (unsigned int i = 0; i < count; i++) {
		/* Spread the HALF evenly over all connections. */
		visitors[i].is_half =
			(uint64_t)(i + 1) * half / count > (uint64_t)i * half / count;
		visitors[i].came_ms = now_ms();
		come(&visitors[i]);
	}
	while (served + others < count - half && now_ms() < end) {
		struct epoll_event events[256];
		int n = epoll_wait(epoll_fd, events, 256, 100);

		for (int i = 0; i < n; i++) {
			struct visitor *v = events[i].data.ptr;

			if (v->is_done || v->fd < 0)
				continue;
			if (v->is_sent)
				take(v);
			else if (events[i].events & EPOLLERR)
				was_cut_off(v);
			else
				is_connected(v);
		}
	}
	printf("served %u of %u, cut off %u, other answers %u, most open %u, slowest %llu ms, "
	       "%llu ms\n",
	       served, count - half, cut_off, others, open_most,
	       (unsigned long long)slowest_ms, (unsigned long long)(now_ms() - begin));
	return served == count - half ? 0 : 1;
}
