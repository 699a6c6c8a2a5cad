/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of the owners and modes of the files of the configuration. */
#pragma once

#include "base/diag.h"

/*
 * config_trust_check() - Check the open file or directory @fd at @path, and the directories of
 * the path, as sudo(8) and sshd(8) do.
 * @file: the index of the file in @diag, for errors.
 * Return: 0; -EINVAL after the error was added to @diag; -ENOMEM.
 */
int config_trust_check(int fd, const char *path, unsigned int file, struct diag *diag);
