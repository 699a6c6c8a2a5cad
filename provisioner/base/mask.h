/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Secrets that can be told by their look, and that no message shall quote. */
#pragma once

#include <stdbool.h>

/*
 * mask_secrets() - Put asterisks over the keys of NVMe hosts in @text, wherever somebody
 * has written one: DH-HMAC-CHAP (DHHC-1:...) and TLS (NVMeTLSkey-1:...). Its length stays.
 */
void mask_secrets(char *text);

/* mask_is_secret_name() - Does a key of this name hold a secret, by the sound of it? */
bool mask_is_secret_name(const char *name);
