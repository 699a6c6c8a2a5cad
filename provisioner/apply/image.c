/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Select the objects that the initramfs needs, and judge whether the image is current. */
#include "apply/image.h"

#include "base/cleanup.h"
#include "kind/cache/cache.h"
#include "kind/kinds.h"
#include "model/config.h"
#include "report/config_text.h"
#include "report/status_file.h"
#include "sys/machine.h"
#include "sys/rundir.h"

struct part {
	VEC(struct obj *) objs;
};

/* Add @want to the part, with the objects that it uses. */
static int add_with_needs(const struct model *desired, struct obj *want,
			  struct part *part)
{
	const struct kind *kind = kind_of(want->class);

	if (vec_push(&part->objs, want) < 0)
		return -ENOMEM;
	vec_foreach (other, &desired->objs) {
		if (kind->policy.uses && kind->policy.uses(want, *other) &&
		    vec_push(&part->objs, *other) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int find_part(struct sys *sys, const struct model *desired, struct part *part)
{
	vec_foreach (want, &desired->objs) {
		if (cache_is_for_initramfs(sys, *want) &&
		    add_with_needs(desired, *want, part) < 0)
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
		config_text_print(out, part->objs.items, part->objs.count, kind_classes);
	if (fclose(out) != 0 || !text) {
		free(text);
		return -ENOMEM;
	}
	*ret = text;
	return 0;
}

int image_print_config(struct sys *sys, const struct model *desired, char **ret)
{
	struct part part = { 0 };
	int r = find_part(sys, desired, &part);

	if (r == 0)
		r = print_part(&part, ret);
	vec_done(&part.objs);
	return r;
}

/*
 * Check if the image was built for a cache whose source is absent. Early in the boot, udev
 * may not have named the source, and then the cache is not known to be of the root volume.
 */
static int was_built_for_absent(struct sys *sys, const struct model *desired,
				const char *built_from, bool *ret)
{
	*ret = false;
	vec_foreach (want, &desired->objs) {
		_cleanup_free_ char *text = NULL;
		struct part part = { 0 };
		char sha256[CONFIG_SHA256_LEN];
		int r;

		if (!cache_is_absent(sys, *want))
			continue;
		r = add_with_needs(desired, *want, &part);
		if (r == 0)
			r = print_part(&part, &text);
		vec_done(&part.objs);
		if (r != 0)
			return r;
		config_digest(text, strlen(text), sha256);
		*ret = *ret || streq(built_from, sha256);
	}
	return 0;
}

static const char *how_to_rebuild(const struct kfs *kfs)
{
	if (kfs_exists(kfs, "usr/sbin/update-initramfs"))
		return "run 'update-initramfs -u' and restart";
	if (kfs_exists(kfs, "usr/bin/dracut"))
		return "run 'dracut -f' and restart";
	return "rebuild the initramfs ('update-initramfs -u' or 'dracut -f') and restart";
}

/* True if the initramfs of this boot had the part with this digest: its report has it. */
static bool was_booted(const struct kfs *kfs, const char *sha256)
{
	_cleanup_free_ char *report = NULL;

	return kfs_read(kfs, &report, RUNDIR "/" STATUS_FILE_INITRAMFS) == 0 &&
	       strstr(report, sha256);
}

/*
 * Read the errors of the initramfs of this boot. initramfs/rapiddisk-root writes a line per
 * error, also for a run that was killed.
 */
static void look_at_this_boot(const struct kfs *kfs, const char *sha256,
			      struct boot *boot)
{
	_cleanup_free_ char *trouble = NULL;

	boot->initramfs_error[0] = '\0';
	if (kfs_read(kfs, &trouble, RUNDIR "/initramfs-error") == 0 && *trouble)
		snprintf(boot->initramfs_error, sizeof(boot->initramfs_error), "%.*s",
			 (int)strcspn(trouble, "\n"), trouble);
	else if (was_booted(kfs, sha256))
		snprintf(boot->initramfs_error, sizeof(boot->initramfs_error),
			 "see '/" RUNDIR "/" STATUS_FILE_INITRAMFS "'");
}

/* Return: 0 or -ENOMEM. */
static int judge(struct sys *sys, const struct model *desired, const char *part,
		 const char *built_from, enum image_state *ret)
{
	char sha256[CONFIG_SHA256_LEN];
	bool is_current;
	int r = 0;

	if (!built_from) {
		*ret = *part ? IMAGE_MISSING : IMAGE_UNNEEDED;
		return 0;
	}
	config_digest(part, strlen(part), sha256);
	is_current = streq(built_from, sha256);
	if (!*part)
		r = was_built_for_absent(sys, desired, built_from, &is_current);
	*ret = is_current ? IMAGE_CURRENT : IMAGE_STALE;
	return r;
}

int image_look(struct sys *sys, const struct model *desired, struct boot *boot,
	       enum image_state *ret)
{
	_cleanup_free_ char *part = NULL, *built_from = NULL, *release = NULL;
	int r = image_print_config(sys, desired, &part);

	if (r != 0)
		return r;
	if (machine_release(&sys->kfs, &release) < 0 ||
	    kfs_read(&sys->kfs, &built_from, IMAGE_DIR "/%s", release) < 0)
		built_from = NULL;
	r = judge(sys, desired, part, built_from, ret);
	if (r < 0)
		return r;
	boot->next_boot = *ret == IMAGE_CURRENT ? "restart" : how_to_rebuild(&sys->kfs);
	if (*ret == IMAGE_CURRENT)
		look_at_this_boot(&sys->kfs, built_from, boot);
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
