/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mask secrets of a known form, and recognize names of settings that hold secrets. */
#include "base/mask.h"

#include "base/macro.h"

#include <stddef.h>
#include <string.h>

/* The prefixes of secrets in the NVMe TCP Transport and Base Specifications. */
static const char *const prefixes[] = { "DHHC-1:", "NVMeTLSkey-1:" };

static const char *const names[] = {
	"key", "secret", "token",      "password", "passwd",
	"psk", "auth",	 "credential", "username", "bearer"
};

#define SECRET_CHARS                                                      \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+" \
	"/=:-_"

void mask_secrets(char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		char *at = text;

		while ((at = strstr(at, prefixes[i]))) {
			size_t len;

			at += strlen(prefixes[i]);
			len = strspn(at, SECRET_CHARS);
			memset(at, '*', len);
			at += len;
		}
	}
}

bool mask_is_secret_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcasestr(name, names[i]))
			return true;
	return false;
}
