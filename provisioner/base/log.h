/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of the program on stderr. Results go to stdout and are no log messages. */
#pragma once

#include "base/macro.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/*
 * log_set_level() - Print messages up to @level; LOG_LEVEL_WARNING at the start. main() sets
 * the level of the process once.
 */
void log_set_level(enum log_level level);

void log_write(enum log_level level, const char *fmt, ...) _printf_(2, 3);

/*
 * log_open_kernel() - Write messages to the kernel log too, where they outlive an initramfs.
 * Does nothing without /dev/kmsg.
 */
void log_open_kernel(void);
/* log_kernel() - Write a line to the kernel log alone, if it is open. */
void log_kernel(enum log_level level, const char *fmt, ...) _printf_(2, 3);

#define log_error(...)	 log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)	 log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)	 log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
