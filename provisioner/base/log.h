/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of the program on stderr. Results go to stdout and are no log messages. */
#pragma once

#include "base/journal.h"
#include "base/macro.h"

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/*
 * Values of MESSAGE_ID, which rapiddisk-apply(8) documents: an object could not be converged,
 * and an error of the configuration.
 */
#define LOG_ID_OBJECT "30820d6f3e124e7282345ecdbaf3472a"
#define LOG_ID_CONFIG "59e2797100bd4e8f8be20435a270a629"

/*
 * log_set_level() - Print messages up to @level; LOG_LEVEL_WARNING at the start. main() sets
 * the level of the process once.
 */
void log_set_level(enum log_level level);

/* log_write() - Write one line; a character that is no text is escaped (visible.h). */
void log_write(enum log_level level, const char *fmt, ...) _printf_(2, 3);

/*
 * log_open_journal() - Send messages to the journal if stderr is its stream @stream, the value
 * of $JOURNAL_STREAM; NULL: it is not. A message then has its priority. If the journal cannot
 * be reached, messages go to stderr with the prefix of sd-daemon(3).
 */
void log_open_journal(const char *stream);
/* log_has_journal() - True if messages go to the journal. */
bool log_has_journal(void);

/*
 * log_event() - As log_write(), with fields for the journal besides MESSAGE and PRIORITY.
 * @fields: terminated by .name NULL; a field with .value NULL is left out.
 */
void log_event(enum log_level level, const struct journal_field *fields, const char *fmt,
	       ...) _printf_(3, 4);

/*
 * log_diag() - Log the errors of a configuration: on stderr as diag_print(), in the journal one
 * message for each.
 */
struct diag;
void log_diag(const struct diag *diag);

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
