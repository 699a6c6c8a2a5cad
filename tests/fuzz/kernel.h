/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interfaces of the kernel that the parsers of the modules use, for the user space of one
 * thread. The compiler includes this file before a source of modules/, whose own includes of linux/
 * find empty files.
 */
#pragma once

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>

typedef unsigned long long u64;
typedef long long s64;
typedef uint32_t u32;
typedef unsigned int gfp_t;
typedef unsigned int blk_mode_t;

#define __rcu
#define __percpu
#define __init
#define __exit
#define U32_MAX	       UINT32_MAX
#define U64_MAX	       UINT64_MAX
#define PAGE_SHIFT     12
#define SECTOR_SHIFT   9
#define SECTOR_SIZE    (1 << SECTOR_SHIFT)
#define MINORMASK      ((1U << 20) - 1)
#define GFP_KERNEL     0
#define CAP_SYS_ADMIN  21
#define NUMA_NO_NODE   (-1)
#define MAX_NUMNODES   1024
#define BLK_OPEN_WRITE 2

#define BIT(number)		   (1UL << (number))
#define ARRAY_SIZE(array)	   (sizeof(array) / sizeof((array)[0]))
#define READ_ONCE(value)	   (value)
#define WRITE_ONCE(target, value)  ((target) = (value))
#define min_t(type, a, b)	   ((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define lockdep_assert_held(lock)  ((void)(lock))
#define this_cpu_add(counter, nr)  ((counter) += (nr))
#define node_online(node)	   ((node) < 2)
#define capable(capability)	   ((capability) == CAP_SYS_ADMIN)
#define scnprintf		   kernel_print
#define sysfs_emit(buffer, ...)	   kernel_print(buffer, 4096, __VA_ARGS__)
#define kvfree			   free
#define kvmalloc(size, gfp)	   malloc(size)
#define IS_ERR(pointer)		   ((uintptr_t)(pointer) >= (uintptr_t)-4095)
#define PTR_ERR(pointer)	   ((int)(intptr_t)(pointer))
#define kstrtou64(text, base, ret) kernel_parse(text, ret)
#define DMEMIT(...)		   (sz += kernel_print(result + sz, maxlen - sz, __VA_ARGS__))

/* kernel_parse() - kstrtou64() of base 10. */
int kernel_parse(const char *text, u64 *ret);
/* kernel_print() - scnprintf(): return the length of what was written. */
unsigned int kernel_print(char *out, size_t room, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
ssize_t memory_read_from_buffer(void *to, size_t count, loff_t *pos, const void *from,
				size_t available);

struct list_head {
	struct list_head *next, *prev;
};

struct mutex {
	bool is_held;
};

typedef struct {
	int unused;
} spinlock_t, wait_queue_head_t;
typedef struct {
	int counter;
} atomic_t;
typedef struct {
	s64 counter;
} atomic64_t;

#define DEFINE_MUTEX(name)     struct mutex name
#define atomic64_read(counted) ((counted)->counter)

void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);

/* --- an array of few entries --- */

#define XA_ENTRIES 8

struct xarray {
	struct {
		unsigned long index;
		void *entry;
		bool is_reserved;
	} slots[XA_ENTRIES];
};

#define DEFINE_XARRAY(name) struct xarray name
#define xa_for_each(array, number, found) \
	for ((number) = 0; ((found) = kernel_xa_next(array, &(number))); (number)++)

void *kernel_xa_next(struct xarray *array, unsigned long *index);
void *xa_load(struct xarray *array, unsigned long index);
int xa_reserve(struct xarray *array, unsigned long index, gfp_t gfp);
void xa_release(struct xarray *array, unsigned long index);
void *xa_store(struct xarray *array, unsigned long index, void *entry, gfp_t gfp);
void *xa_erase(struct xarray *array, unsigned long index);

/* --- sysfs --- */

struct kobject;
struct file;

struct attribute {
	const char *name;
	unsigned short mode;
};

struct kobj_attribute {
	struct attribute attr;
	ssize_t (*show)(struct kobject *kobj, struct kobj_attribute *attr, char *buf);
	ssize_t (*store)(struct kobject *kobj, struct kobj_attribute *attr,
			 const char *buf, size_t count);
};

struct bin_attribute {
	struct attribute attr;
	ssize_t (*read)(struct file *file, struct kobject *kobj,
			struct bin_attribute *attr, char *buf, loff_t pos, size_t count);
};

/* clang-format 14 and 19 align these differently. */
/* clang-format off */
#define RD_BIN_ATTRIBUTE struct bin_attribute
#define __ATTR(name, mode, show, store) { { #name, mode }, show, store }
#define __ATTR_RO(name) __ATTR(name, 0444, name##_show, NULL)
#define kernel_kobj NULL
/* clang-format on */

struct kobject *kobject_create_and_add(const char *name, struct kobject *parent);
void kobject_put(struct kobject *kobj);
int sysfs_create_file(struct kobject *kobj, const struct attribute *attr);
int sysfs_create_bin_file(struct kobject *kobj, const struct bin_attribute *attr);
void sysfs_remove_file(struct kobject *kobj, const struct attribute *attr);
void sysfs_remove_bin_file(struct kobject *kobj, const struct bin_attribute *attr);

/* --- block devices and device-mapper --- */

struct block_device {
	unsigned int logical_block_size;
};

struct gendisk {
	u64 sectors;
};

struct mapped_device;
struct dm_table;

struct dm_dev {
	struct block_device *bdev;
	char name[16];
};

struct dm_target {
	struct dm_table *table;
	char *error;
};

struct dm_arg_set {
	unsigned int argc;
	char **argv;
};

struct dm_arg {
	unsigned int min, max;
	char *error;
};

#define get_capacity(disk)	      ((disk)->sectors)
#define bdev_logical_block_size(bdev) ((bdev)->logical_block_size)
#define dm_table_get_mode(table)      ((void)(table), (blk_mode_t)0)
#define dm_table_get_md(table)	      ((const void *)(table))

int dm_get_device(struct dm_target *ti, const char *path, blk_mode_t mode,
		  struct dm_dev **ret);
const char *dm_shift_arg(struct dm_arg_set *args);
int dm_read_arg_group(const struct dm_arg *arg, struct dm_arg_set *args,
		      unsigned int *ret_count, char **ret_error);
