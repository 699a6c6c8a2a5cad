// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data path: a bio becomes a call of the page store, and is completed before
 * submit_bio() returns. The path has no queue, no request and no lock.
 */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/highmem.h>
#include <linux/part_stat.h>

#include "bio.h"
#include "discard.h"
#include "disk_types.h"
#include "store.h"
#include "vec.h"

/*
 * Allocations of a write must not enter file systems or block devices, and must fail if
 * memory is short; without __GFP_RETRY_MAYFAIL the allocator would retry for ever. The
 * emergency reserves are for tasks that free memory, which this driver does not.
 */
#define RD_GFP_WRITE  (GFP_NOIO | __GFP_RETRY_MAYFAIL | __GFP_NOWARN | __GFP_NOMEMALLOC)
#define RD_GFP_NOWAIT (GFP_NOWAIT | __GFP_NOWARN | __GFP_NOMEMALLOC)

/* Raise highest_sector. The highest of concurrent writes wins. Context: any. */
static void rd_disk_note_write(struct rd_disk *disk, u64 end_sector)
{
	u64 highest = READ_ONCE(disk->highest_sector);

	while (unlikely(end_sector > highest)) {
		u64 seen = cmpxchg64(&disk->highest_sector, highest, end_sector);

		if (seen == highest)
			break;
		highest = seen;
	}
}

/* Keep aliasing CPU caches coherent with the memory of the bio. */
static void rd_flush_dcache(struct bio *bio)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	if (!ARCH_IMPLEMENTS_FLUSH_DCACHE_PAGE)
		return;
	bio_for_each_segment(bv, bio, iter)
		flush_dcache_page(bv.bv_page);
}

/* Point @vec to the memory of the bio. A bio without data may have no bio_vec. */
static inline void rd_vec_init_bio(struct rd_vec *vec, const struct bio *bio)
{
	const struct bvec_iter *iter = &bio->bi_iter;

	rd_vec_init(vec, bio->bi_io_vec + iter->bi_idx, iter->bi_bvec_done,
		    iter->bi_size);
}

static inline u64 rd_bio_pos(const struct bio *bio)
{
	return (u64)bio->bi_iter.bi_sector << SECTOR_SHIFT;
}

/*
 * Return: the address of the memory if the bio is for one whole page of the disk and has
 * one whole page of memory; otherwise NULL. Most bios are of that kind, and take a short
 * path.
 */
static inline void *rd_bio_page(const struct bio *bio)
{
	const struct bvec_iter *iter = &bio->bi_iter;
	const struct bio_vec *bv;
	unsigned int offset;

	if (iter->bi_size != PAGE_SIZE || iter->bi_sector & (PAGE_SECTORS - 1))
		return NULL;
	bv = bio->bi_io_vec + iter->bi_idx;
	offset = bv->bv_offset + iter->bi_bvec_done;
	if (offset_in_page(offset) || bv->bv_len - iter->bi_bvec_done < PAGE_SIZE)
		return NULL;
	return page_address(bv->bv_page) + offset;
}

static noinline int rd_bio_read(struct rd_disk *disk, struct bio *bio)
{
	struct rd_vec vec;

	if (!bio->bi_iter.bi_size)
		return 0;
	rd_vec_init_bio(&vec, bio);
	return rd_store_read(&disk->store, rd_bio_pos(bio), &vec);
}

static noinline int rd_bio_write(struct rd_disk *disk, struct bio *bio)
{
	gfp_t gfp = bio->bi_opf & REQ_NOWAIT ? RD_GFP_NOWAIT : RD_GFP_WRITE;
	struct rd_vec vec;
	int err;

	if (!bio->bi_iter.bi_size)
		return 0;
	rd_vec_init_bio(&vec, bio);
	err = rd_store_write(&disk->store, rd_bio_pos(bio), &vec, gfp);
	return err == -ENOMEM && bio->bi_opf & REQ_NOWAIT ? -EAGAIN : err;
}

/* DISCARD and WRITE_ZEROES. The latter keeps the pages if it has REQ_NOUNMAP. */
static int rd_bio_clear(struct rd_disk *disk, struct bio *bio)
{
	u64 pos = rd_bio_pos(bio), len = bio->bi_iter.bi_size;

	/* Both may take long. The caller retries from a context that may wait. */
	if (bio->bi_opf & REQ_NOWAIT)
		return -EAGAIN;
	if (bio->bi_opf & REQ_NOUNMAP && bio_op(bio) == REQ_OP_WRITE_ZEROES)
		return rd_store_zero(&disk->store, pos, len);
	/* No data lies beyond the end of the disk: discard its last page as a whole. */
	if (bio_end_sector(bio) == get_capacity(disk->gd))
		len = round_up(pos + len, PAGE_SIZE) - pos;
	return rd_store_discard(&disk->store, pos, len);
}

static noinline int rd_bio_run_other(struct rd_disk *disk, struct bio *bio)
{
	switch (bio_op(bio)) {
	case REQ_OP_DISCARD:
	case REQ_OP_WRITE_ZEROES:
		return rd_bio_clear(disk, bio);
	default:
		return -EOPNOTSUPP;
	}
}

static inline int rd_bio_run_read(struct rd_disk *disk, struct bio *bio)
{
	void *page = rd_bio_page(bio);
	int err;

	if (page)
		err = rd_store_read_page(&disk->store, rd_bio_pos(bio) >> PAGE_SHIFT,
					 page);
	else
		err = rd_bio_read(disk, bio);
	rd_flush_dcache(bio);
	return err;
}

static inline int rd_bio_run_write(struct rd_disk *disk, struct bio *bio)
{
	void *page = rd_bio_page(bio);

	rd_flush_dcache(bio);
	rd_disk_note_write(disk, bio_end_sector(bio));
	if (page &&
	    !rd_store_write_page(&disk->store, rd_bio_pos(bio) >> PAGE_SHIFT, page))
		return 0;
	return rd_bio_write(disk, bio);
}

static inline int rd_bio_run(struct rd_disk *disk, struct bio *bio)
{
	if (bio_op(bio) == REQ_OP_READ)
		return rd_bio_run_read(disk, bio);
	/*
	 * bio_check_ro() of the block layer only warns. An fd, a file system or a mapping
	 * from before BLKROSET can send writes to a read-only disk.
	 */
	if (op_is_write(bio_op(bio)) && unlikely(bdev_read_only(bio->bi_bdev)))
		return -EROFS;
	if (bio_op(bio) == REQ_OP_WRITE)
		return rd_bio_run_write(disk, bio);
	return rd_bio_run_other(disk, bio);
}

static noinline void rd_bio_fail(struct rd_disk *disk, struct bio *bio, int err)
{
	if (err == -EAGAIN) {
		bio_set_flag(bio, BIO_QUIET);
		bio->bi_status = BLK_STS_AGAIN;
		return;
	}
	if (err == -EOPNOTSUPP) {
		bio->bi_status = BLK_STS_NOTSUPP;
		return;
	}
	atomic64_inc(&disk->nr_errors);
	/* To the writer, out of memory is a disk without space. */
	bio->bi_status = err == -ENOMEM ? BLK_STS_NOSPC : BLK_STS_IOERR;
	if (err == -ENOMEM)
		pr_warn_ratelimited("rapiddisk: %s: no memory for a write\n",
				    disk->gd->disk_name);
}

/*
 * Count a request for iostat and /proc/diskstats.
 *
 * bio_start_io_acct() and bio_end_io_acct() would add 150 instructions to the 770 that
 * this driver needs for a 4 KiB read, copy included. They sample times in ticks of
 * milliseconds, which hardly a request here takes. So only requests and sectors are
 * counted, and times stay 0.
 */
static inline void rd_bio_account(const struct bio *bio)
{
	const int group = op_stat_group(bio_op(bio));
	struct block_device *bdev = bio->bi_bdev;

	part_stat_lock();
	part_stat_inc(bdev, ios[group]);
	part_stat_add(bdev, sectors[group], bio_sectors(bio));
	part_stat_unlock();
}

/**
 * rd_disk_submit_bio() - Implement ->submit_bio(): execute and complete a bio.
 * @bio: the bio
 *
 * Context: task; may sleep. With REQ_NOWAIT, waits for nothing, but can be scheduled.
 */
void rd_disk_submit_bio(struct bio *bio)
{
	struct rd_disk *disk = bio->bi_bdev->bd_disk->private_data;
	int err;

	if (unlikely(disk->is_split)) {
		bio = bio_split_to_limits(bio);
		if (!bio)
			return;
	}
	if (blk_queue_io_stat(disk->gd->queue))
		rd_bio_account(bio);
	err = rd_bio_run(disk, bio);
	if (unlikely(err))
		rd_bio_fail(disk, bio, err);
	bio_endio(bio);
}
