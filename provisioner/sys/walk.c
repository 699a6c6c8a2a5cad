/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Follow a path one component at a time, and record the links on the way. */
#include "sys/walk.h"

#include "base/macro.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* As the kernel's limit (MAXSYMLINKS). */
#define LINKS_MAX 40

/* The kernel makes a link to the process of it, which is another one in each run. */
static bool is_always_a_directory(const char *path)
{
	return streq(path, "proc/self") || streq(path, "proc/thread-self");
}

char *walk_cut_last(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
	else
		path[0] = '\0';
	return path;
}

int walk_append(char path[static PATH_MAX], const char *name)
{
	size_t len = strlen(path);
	int n = snprintf(path + len, PATH_MAX - len, len ? "/%s" : "%s", name);

	return n < 0 || (size_t)n >= PATH_MAX - len ? -ENAMETOOLONG : 0;
}

/* Go on with the target of the link, and then the rest. */
static int follow(int root_fd, struct tree *links, struct walk *walk)
{
	char target[PATH_MAX], rest[PATH_MAX];
	ssize_t n = readlinkat(root_fd, walk->path, target, sizeof(target) - 1);
	int r;

	if (n < 0)
		return -errno;
	target[n] = '\0';
	r = tree_put_link(links, walk->path, target);
	if (r < 0)
		return r;
	if (++walk->links > LINKS_MAX)
		return -ELOOP;
	walk_cut_last(walk->path);
	if (target[0] == '/')
		walk->path[0] = '\0';
	memcpy(rest, walk->rest, sizeof(rest));
	n = snprintf(walk->rest, sizeof(walk->rest), "%s/%s", target, rest);
	return n < 0 || (size_t)n >= sizeof(walk->rest) ? -ENAMETOOLONG : 0;
}

static int step(int root_fd, struct tree *links, struct walk *walk, const char *name,
		bool follow_link)
{
	int r;

	if (streq(name, "") || streq(name, "."))
		return 0;
	if (streq(name, "..")) {
		walk_cut_last(walk->path);
		return 0;
	}
	r = walk_append(walk->path, name);
	if (r < 0 || walk->is_missing || is_always_a_directory(walk->path))
		return r;
	if (fstatat(root_fd, walk->path, &walk->st, AT_SYMLINK_NOFOLLOW) < 0) {
		walk->is_missing = true;
		return 0;
	}
	return S_ISLNK(walk->st.st_mode) && follow_link ? follow(root_fd, links, walk)
							: 0;
}

int walk_to(int root_fd, const char *path, bool follow_last, struct tree *links,
	    struct walk *walk)
{
	int n = snprintf(walk->rest, sizeof(walk->rest), "%s", path);
	int r = n < 0 || (size_t)n >= sizeof(walk->rest) ? -ENAMETOOLONG : 0;

	walk->path[0] = '\0';
	walk->links = 0;
	walk->is_missing = false;
	while (r == 0 && walk->rest[0] != '\0') {
		size_t len = strcspn(walk->rest, "/");
		char name[NAME_MAX + 1];

		if (len > NAME_MAX)
			return -ENAMETOOLONG;
		memcpy(name, walk->rest, len);
		name[len] = '\0';
		len += walk->rest[len] == '/';
		memmove(walk->rest, walk->rest + len, strlen(walk->rest + len) + 1);
		r = step(root_fd, links, walk, name,
			 follow_last || walk->rest[0] != '\0');
	}
	return r;
}
