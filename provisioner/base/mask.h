/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Secrets that have a known form. No message may quote them. */
#pragma once

#include <stdbool.h>

/*
 * mask_secrets() - Replace each key of an NVMe host in @text by asterisks, without changing
 * the length: DH-HMAC-CHAP (DHHC-1:...) and TLS (NVMeTLSkey-1:...).
 */
void mask_secrets(char *text);

/* mask_is_secret_name() - True if a key of this name probably holds a secret. */
bool mask_is_secret_name(const char *name);
