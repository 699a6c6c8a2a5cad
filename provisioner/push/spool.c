/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Queue, read and remove the reports of a target, with each change synced to the disk. */
#include "push/spool.h"

#include "base/cleanup.h"
#include "base/macro.h"
#include "report/status_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sha2.h>
#include <sys/file.h>
#include <sys/stat.h>

#define STATE_FILE   "state.json"
#define NAME_MAX_LEN (20 + 1 + SPOOL_ID_LEN + 8)
/* The reports are numbered from 1 on. The state holds no larger number in its JSON. */
#define NUMBER_MAX INT64_MAX

static void item_name(const struct spool_item *item, char name[static NAME_MAX_LEN])
{
	snprintf(name, NAME_MAX_LEN, "%020" PRIu64 "-%s.json", item->number, item->id);
}

static bool parse_name(const char *name, struct spool_item *ret)
{
	char back[NAME_MAX_LEN];
	struct spool_item item;

	if (sscanf(name, "%20" SCNu64 "-%32[0-9a-f].json", &item.number, item.id) != 2 ||
	    item.number == 0 || item.number > NUMBER_MAX)
		return false;
	item_name(&item, back);
	*ret = item;
	return streq(back, name);
}

static int compare_items(const void *a, const void *b)
{
	const struct spool_item *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static int sync_directory(const struct spool *spool)
{
	return fsync(spool->dir_fd) < 0 ? -errno : 0;
}

/* Write a file, and sync the directory entry before a later change depends on it. */
static int write_file(struct spool *spool, const char *name, const char *text)
{
	struct fault none = { 0 };
	int r = status_file_write(spool->dir_fd, name, text, &none);

	return r < 0 ? r : sync_directory(spool);
}

static int remove_item(struct spool *spool, size_t index)
{
	char name[NAME_MAX_LEN];

	item_name(&spool->items.items[index], name);
	if (unlinkat(spool->dir_fd, name, 0) < 0 && errno != ENOENT)
		return -errno;
	spool->items.count--;
	memmove(spool->items.items + index, spool->items.items + index + 1,
		(spool->items.count - index) * sizeof(struct spool_item));
	return sync_directory(spool);
}

static int list_items(struct spool *spool)
{
	int fd = openat(spool->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!dir) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	while (r == 0 && (errno = 0, entry = readdir(dir))) {
		struct spool_item item;

		if (parse_name(entry->d_name, &item))
			r = vec_push(&spool->items, item);
	}
	if (r == 0)
		r = -errno;
	closedir(dir);
	if (spool->items.count > 0)
		qsort(spool->items.items, spool->items.count, sizeof(struct spool_item),
		      compare_items);
	return r;
}

static int load_state(struct spool *spool)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = status_file_read(spool->dir_fd, STATE_FILE, &text, &len);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : push_state_parse(text, len, &spool->state);
}

/* Rebuild a lost state: the files are queued, and all earlier reports count as sent. */
static void guess_state(struct spool *spool)
{
	size_t count = spool->items.count;

	if (count == 0)
		return;
	spool->state.queued = spool->items.items[count - 1].number;
	spool->state.last_sent = spool->items.items[0].number - 1;
	/* Two files may have the same number. */
	spool->state.sent = spool->state.queued > count ? spool->state.queued - count : 0;
}

/*
 * Delete the files that a killed run left: see spool.h. Also delete all but one of the files with
 * the same number, which no run leaves.
 */
static int recover(struct spool *spool)
{
	uint64_t last = spool->state.last_sent;
	size_t i = 0;
	int r = 0;

	while (r == 0 && i < spool->items.count) {
		uint64_t number = spool->items.items[i].number;

		if (number <= last || number > spool->state.queued)
			r = remove_item(spool, i);
		else
			last = spool->items.items[i++].number;
	}
	return r;
}

/* True if no other user can add or change reports. Root may look after the spool of a user. */
static bool is_own(int dir_fd)
{
	struct stat st;

	return fstat(dir_fd, &st) == 0 && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
	       (st.st_uid == geteuid() || st.st_uid == 0 || geteuid() == 0);
}

static int open_lock(int dir_fd)
{
	return openat(dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

int spool_open(struct spool *spool, int parent_fd, const char *name)
{
	bool is_lost;
	int r;

	*spool = (struct spool){ .dir_fd = -1, .lock_fd = -1 };
	if (mkdirat(parent_fd, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	spool->dir_fd =
		openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (spool->dir_fd < 0)
		return -errno;
	if (!is_own(spool->dir_fd)) {
		spool_close(spool);
		return -EPERM;
	}
	spool->lock_fd = open_lock(spool->dir_fd);
	if (spool->lock_fd < 0 || flock(spool->lock_fd, LOCK_EX | LOCK_NB) < 0)
		r = -errno;
	else
		r = load_state(spool);
	is_lost = r == -EBADMSG;
	if (r == 0 || is_lost)
		r = list_items(spool);
	if (r == 0 && is_lost)
		guess_state(spool);
	if (r == 0)
		r = recover(spool);
	if (r < 0)
		spool_close(spool);
	return r;
}

void spool_close(struct spool *spool)
{
	if (spool->lock_fd >= 0)
		close(spool->lock_fd);
	if (spool->dir_fd >= 0)
		close(spool->dir_fd);
	spool->lock_fd = spool->dir_fd = -1;
	vec_done(&spool->items);
}

void spool_id(const char *text, size_t len, char ret[static SPOOL_ID_LEN])
{
	char digest[SHA256_DIGEST_STRING_LENGTH];

	SHA256Data((const uint8_t *)text, len, digest);
	memcpy(ret, digest, SPOOL_ID_LEN - 1);
	ret[SPOOL_ID_LEN - 1] = '\0';
}

int spool_save(struct spool *spool)
{
	_cleanup_free_ char *text = NULL;
	int r = push_state_to_json(&spool->state, &text);

	return r < 0 ? r : write_file(spool, STATE_FILE, text);
}

int spool_queue(struct spool *spool, const char *text, size_t len, uint64_t max)
{
	struct spool_item item = { .number = spool->state.queued + 1 };
	char name[NAME_MAX_LEN];
	int r;

	spool_id(text, len, item.id);
	item_name(&item, name);
	r = write_file(spool, name, text);
	if (r == 0)
		r = vec_push(&spool->items, item);
	if (r < 0)
		return r;
	spool->state.queued = item.number;
	r = spool_save(spool);
	while (r == 0 && spool->items.count > max)
		r = remove_item(spool, 0);
	return r;
}

int spool_read(const struct spool *spool, const struct spool_item *item, char **ret,
	       size_t *ret_len)
{
	char name[NAME_MAX_LEN];

	item_name(item, name);
	return status_file_read(spool->dir_fd, name, ret, ret_len);
}

int spool_drop(struct spool *spool)
{
	return remove_item(spool, 0);
}

int spool_sent(struct spool *spool)
{
	int r;

	spool->state.sent++;
	spool->state.last_sent = spool->items.items[0].number;
	r = spool_save(spool);
	if (r == 0)
		return remove_item(spool, 0);
	/* The disk is full: delete the report first, so that it is not sent again. If the
	 * state cannot be written after that either, the counts miss one report. */
	if (remove_item(spool, 0) == 0)
		r = spool_save(spool);
	return r;
}
