/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/image.h"

#include "base/cleanup.h"
#include "kind/kind.h"
#include "model/config.h"
#include "port/machine.h"
#include "port/rundir.h"
#include "report/status_file.h"
#include "report/text.h"

struct part {
	VEC(struct obj *) objs;
};

/* What the objects of the part stand on belongs to it. */
static int add_needs(const struct model *desired, const struct obj *want,
		     struct part *part)
{
	const struct kind *kind = kind_of(want->class);

	vec_foreach (other, &desired->objs) {
		if (kind->uses && kind->uses(want, *other) &&
		    vec_push(&part->objs, *other) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int find_part(struct ports *ports, const struct model *desired, struct part *part)
{
	vec_foreach (want, &desired->objs) {
		if (!cache_is_for_initramfs(ports, *want))
			continue;
		if (vec_push(&part->objs, *want) < 0 ||
		    add_needs(desired, *want, part) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int print_part(const struct part *part, char **ret)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return -ENOMEM;
	if (part->objs.count > 0)
		text_print_config(out, part->objs.items, part->objs.count, kind_classes);
	if (fclose(out) != 0 || !text) {
		free(text);
		return -ENOMEM;
	}
	*ret = text;
	return 0;
}

int image_print_config(struct ports *ports, const struct model *desired, char **ret)
{
	struct part part = { 0 };
	int r = find_part(ports, desired, &part);

	if (r == 0)
		r = print_part(&part, ret);
	vec_done(&part.objs);
	return r;
}

static const char *how_to_rebuild(const struct kfs *kfs)
{
	if (kfs_exists(kfs, "usr/sbin/update-initramfs"))
		return "run 'update-initramfs -u' and restart";
	if (kfs_exists(kfs, "usr/bin/dracut"))
		return "run 'dracut -f' and restart";
	return "rebuild the initramfs ('update-initramfs -u' or 'dracut -f') and restart";
}

/* Did the initramfs of this boot have this very part? Its report has the digest. */
static bool was_booted(const struct kfs *kfs, const char *sha256)
{
	_cleanup_free_ char *report = NULL;

	return kfs_read(kfs, &report, RUNDIR "/" STATUS_FILE_INITRAMFS) == 0 &&
	       strstr(report, sha256);
}

/*
 * What a run that was killed could not say, initramfs/rapiddisk-root wrote down: a line
 * for each trouble.
 */
static void look_at_this_boot(struct ports *ports, const char *sha256)
{
	_cleanup_free_ char *trouble = NULL;

	ports->initramfs_error[0] = '\0';
	if (kfs_read(&ports->kfs, &trouble, RUNDIR "/initramfs-error") == 0 && *trouble)
		snprintf(ports->initramfs_error, sizeof(ports->initramfs_error), "%.*s",
			 (int)strcspn(trouble, "\n"), trouble);
	else if (was_booted(&ports->kfs, sha256))
		snprintf(ports->initramfs_error, sizeof(ports->initramfs_error),
			 "see '/" RUNDIR "/" STATUS_FILE_INITRAMFS "'");
}

int image_look(struct ports *ports, const struct model *desired, enum image_state *ret)
{
	_cleanup_free_ char *part = NULL, *built_from = NULL, *release = NULL;
	char sha256[CONFIG_SHA256_LEN];
	int r = image_print_config(ports, desired, &part);

	if (r != 0)
		return r;
	config_digest(part, strlen(part), sha256);
	if (machine_release(&ports->kfs, &release) < 0 ||
	    kfs_read(&ports->kfs, &built_from, IMAGE_DIR "/%s", release) < 0)
		built_from = NULL;
	if (!built_from)
		*ret = *part ? IMAGE_MISSING : IMAGE_UNNEEDED;
	else
		*ret = streq(built_from, sha256) ? IMAGE_CURRENT : IMAGE_STALE;
	ports->next_boot =
		*ret == IMAGE_CURRENT ? "restart" : how_to_rebuild(&ports->kfs);
	if (*ret == IMAGE_CURRENT)
		look_at_this_boot(ports, sha256);
	return 0;
}

const char *image_state_name(enum image_state state)
{
	static const char *const names[] = {
		[IMAGE_UNNEEDED] = NULL,
		[IMAGE_MISSING] = "missing",
		[IMAGE_STALE] = "stale",
		[IMAGE_CURRENT] = "current",
	};

	return names[state];
}
