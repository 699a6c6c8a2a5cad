// SPDX-License-Identifier: GPL-2.0-only
/* The attributes of a disk, in /sys/block/rdN/rapiddisk/. */
#include <linux/blkdev.h>
#include <linux/device.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "attr.h"
#include "disk_types.h"

static struct rd_disk *rd_dev_to_disk(struct device *dev)
{
	return dev_to_disk(dev)->private_data;
}

/**
 * rd_disk_set_owner() - Set the owner that sysfs shows.
 * @disk: the disk
 * @owner: the tag; NULL changes nothing
 */
void rd_disk_set_owner(struct rd_disk *disk, const char *owner)
{
	if (!owner)
		return;
	spin_lock(&disk->owner_lock);
	strscpy(disk->owner, owner, sizeof(disk->owner));
	spin_unlock(&disk->owner_lock);
}

static ssize_t owner_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct rd_disk *disk = rd_dev_to_disk(dev);
	ssize_t len;

	spin_lock(&disk->owner_lock);
	len = sysfs_emit(buf, "%s\n", disk->owner);
	spin_unlock(&disk->owner_lock);
	return len;
}
static DEVICE_ATTR_RO(owner);

static ssize_t preallocate_show(struct device *dev, struct device_attribute *attr,
				char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(rd_dev_to_disk(dev)->store.is_kept));
}
static DEVICE_ATTR_RO(preallocate);

static ssize_t numa_node_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	return sysfs_emit(buf, "%d\n", rd_dev_to_disk(dev)->store.node);
}
static DEVICE_ATTR_RO(numa_node);

static ssize_t used_bytes_show(struct device *dev, struct device_attribute *attr,
			       char *buf)
{
	return sysfs_emit(buf, "%llu\n", rd_disk_used_bytes(rd_dev_to_disk(dev)));
}
static DEVICE_ATTR_RO(used_bytes);

static ssize_t openers_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", disk_openers(dev_to_disk(dev)));
}
static DEVICE_ATTR_RO(openers);

static struct attribute *rd_disk_attrs[] = {
	&dev_attr_owner.attr,	   &dev_attr_preallocate.attr, &dev_attr_numa_node.attr,
	&dev_attr_used_bytes.attr, &dev_attr_openers.attr,     NULL,
};

static const struct attribute_group rd_disk_group = {
	.name = "rapiddisk",
	.attrs = rd_disk_attrs,
};

const struct attribute_group *rd_disk_groups[] = {
	&rd_disk_group,
	NULL,
};
