/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NVMe hosts: initiators that exports name, /sys/kernel/config/nvmet/hosts/NQN. Their keys,
 * and what the file may say.
 */
#include "base/str.h"
#include "kind/host/host.h"
#include "kind/nvmet/nvmet.h"

#include <stdio.h>

static const char *const hash_words[] = { "sha256", "sha384", "sha512", NULL };
/* The kernel's names. */
const char *const host_hash_names[] = { "hmac(sha256)", "hmac(sha384)", "hmac(sha512)",
					NULL };
static const char *const group_words[] = { "none",	"ffdhe2048", "ffdhe3072",
					   "ffdhe4096", "ffdhe6144", "ffdhe8192",
					   NULL };
const char *const host_group_names[] = { "null",      "ffdhe2048", "ffdhe3072",
					 "ffdhe4096", "ffdhe6144", "ffdhe8192",
					 NULL };
_Static_assert(ARRAY_SIZE(hash_words) == ARRAY_SIZE(host_hash_names), "one name a word");
_Static_assert(ARRAY_SIZE(group_words) == ARRAY_SIZE(host_group_names),
	       "one name a word");

static const struct field host_fields[] = {
	[HOST_NQN] = FIELD(host, nqn, FIELD_STRING, .flags = FIELD_KEY | FIELD_REQUIRED,
			   .pattern = NVMET_NQN_PATTERN, .expects = NVMET_NQN_EXPECTS,
			   .max = NVMET_NQN_MAX,
			   .doc = "NQN of the initiator, as in its /etc/nvme/hostnqn"),
	[HOST_KEY_FILE] =
		FIELD(host, dhchap_key_file, FIELD_STRING,
		      .flags = FIELD_POLICY | FIELD_SECRET_FILE, .pattern = "^/.",
		      .expects = "an absolute path",
		      .doc = "File with the DH-HMAC-CHAP key (DHHC-1:...) of the host; "
			     "owned by root, mode 0600"),
	[HOST_CTRL_KEY_FILE] =
		FIELD(host, dhchap_ctrl_key_file, FIELD_STRING,
		      .flags = FIELD_POLICY | FIELD_SECRET_FILE, .pattern = "^/.",
		      .expects = "an absolute path",
		      .doc = "File with the key with which the controller authenticates "
			     "to the host; needs dhchap_key_file"),
	[HOST_HASH] = FIELD(host, dhchap_hash, FIELD_ENUM, .words = hash_words,
			    .doc = "Hash of the authentication; sha256 by default"),
	[HOST_DHGROUP] =
		FIELD(host, dhchap_dhgroup, FIELD_ENUM, .words = group_words,
		      .doc = "Diffie-Hellman group of the authentication; none by "
			     "default"),
	[HOST_KEY] = FIELD(host, dhchap_key, FIELD_STRING,
			   .flags = FIELD_DERIVED | FIELD_SECRET | FIELD_EXACT,
			   .doc = "The host's key"),
	[HOST_CTRL_KEY] = FIELD(host, dhchap_ctrl_key, FIELD_STRING,
				.flags = FIELD_DERIVED | FIELD_SECRET | FIELD_EXACT,
				.doc = "The controller's key"),
};

char *host_folder(const struct obj *obj)
{
	char *text;

	return str_format(&text, NVMET_HOSTS "/%s", obj_name(obj)) < 0 ? NULL : text;
}

bool host_loses_key(const struct obj *want, uint64_t changed)
{
	return changed & ~want->set & (1u << HOST_KEY | 1u << HOST_CTRL_KEY);
}

static void host_validate(const struct obj *want, const struct model *desired,
			  struct diag *diag)
{
	(void)desired;
	if (field_is_set(want, HOST_CTRL_KEY_FILE) && !field_is_set(want, HOST_KEY_FILE))
		diag_add(diag, obj_field_pos(want, HOST_CTRL_KEY_FILE),
			 "host '%s': dhchap_ctrl_key_file needs dhchap_key_file: a "
			 "controller authenticates only to a host that "
			 "authenticates too",
			 obj_name(want));
}

const struct obj_class host_class = {
	.name = "host",
	.section = "hosts",
	.doc = "NVMe hosts (initiators) that exports admit",
	.size = sizeof(struct host),
	.rank = RANK_HOST,
	.fields = host_fields,
	.field_count = ARRAY_SIZE(host_fields),
	.validate = host_validate,
};
