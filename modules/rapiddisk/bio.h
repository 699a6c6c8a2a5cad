/* SPDX-License-Identifier: GPL-2.0-only */
/* The data path of a RAM disk. */
#ifndef RAPIDDISK_BIO_H
#define RAPIDDISK_BIO_H

struct bio;

void rd_disk_submit_bio(struct bio *bio);

#endif
