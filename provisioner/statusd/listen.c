/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Take over the sockets of systemd, and open those of --listen. */
#include "statusd/listen.h"

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/units.h"

#include <fcntl.h>
#include <netdb.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define FIRST_FD 3
#define FDS_MAX	 64
#define BACKLOG	 4096 /* the kernel cuts it to net.core.somaxconn */

static int add_flags(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	return 0;
}

int listeners_inherit(struct listeners *ret)
{
	const char *pid_text = getenv("LISTEN_PID"), *fds_text = getenv("LISTEN_FDS");
	uint64_t pid, fds;

	if (!pid_text || !fds_text)
		return 0;
	if (units_parse_uint(pid_text, &pid) < 0 ||
	    units_parse_uint(fds_text, &fds) < 0 || fds > FDS_MAX)
		return -EINVAL;
	if (pid != (uint64_t)getpid())
		return 0;
	for (int fd = FIRST_FD; fd < FIRST_FD + (int)fds; fd++) {
		int r = add_flags(fd);

		if (r == 0)
			r = vec_push(&ret->fds, fd);
		if (r < 0)
			return r;
	}
	return 0;
}

static int listen_on(int family, const struct sockaddr *address, socklen_t len)
{
	_cleanup_close_ int fd =
		socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1;

	if (fd < 0)
		return -errno;
	/* Without these options the socket still listens, or bind() reports why not. */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, address, len) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	return TAKE_FD(fd);
}

static int open_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat st;

	if (strlen(path) >= sizeof(address.sun_path))
		return -EINVAL;
	memcpy(address.sun_path, path, strlen(path) + 1);
	/* Remove the socket of a killed process. A live process would lose its socket too. */
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		(void)unlink(path);
	return listen_on(AF_UNIX, (const struct sockaddr *)&address, sizeof(address));
}

static int open_tcp(const char *address)
{
	const struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
	};
	_cleanup_free_ char *text = strdup(address);
	char *colon, *host = text;
	struct addrinfo *found;
	int fd;

	if (!text)
		return -ENOMEM;
	colon = strrchr(text, ':');
	if (!colon || colon == text)
		return -EINVAL;
	*colon = '\0';
	if (host[0] == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		host++;
	} else if (strchr(host, ':')) {
		return -EINVAL;
	}
	if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
		return -EINVAL;
	fd = listen_on(found->ai_family, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return fd;
}

int listeners_open(struct listeners *listeners, const char *address)
{
	int fd = address[0] == '/' ? open_unix(address) : open_tcp(address);
	int r;

	if (fd < 0)
		return fd;
	r = vec_push(&listeners->fds, fd);
	if (r < 0)
		close(fd);
	return r;
}

void listeners_done(struct listeners *listeners)
{
	vec_foreach (fd, &listeners->fds)
		close(*fd);
	vec_done(&listeners->fds);
}
