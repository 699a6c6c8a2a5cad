/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Write messages to stderr and, once it is open, to the kernel log. */
#include "base/log.h"

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/str.h"
#include "base/visible.h"

#include <fcntl.h>
#include <stdarg.h>

static enum log_level log_level = LOG_LEVEL_WARNING;

void log_set_level(enum log_level level)
{
	log_level = level;
}

static int kernel_fd = -1;

void log_open_kernel(void)
{
	if (kernel_fd < 0)
		kernel_fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NOCTTY);
}

/* One write(2) is one record. The number is the level of syslog(3). */
static void write_kernel(enum log_level level, const char *text)
{
	static const int priorities[] = {
		[LOG_LEVEL_ERROR] = 3,
		[LOG_LEVEL_WARNING] = 4,
		[LOG_LEVEL_INFO] = 5,
		[LOG_LEVEL_DEBUG] = 7,
	};
	_cleanup_free_ char *record = NULL;

	if (str_format(&record, "<%d>%s: %s\n", priorities[level],
		       program_invocation_short_name, text) < 0)
		return;
	/* A failure to log cannot be logged. */
	if (write(kernel_fd, record, strlen(record)) < 0)
		return;
}

/* Return: the message in its visible form, the caller's to free; NULL without memory. */
static _printf_(1, 0) char *format(const char *fmt, va_list args)
{
	_cleanup_free_ char *text = NULL;

	return str_vformat(&text, fmt, args) < 0 ? NULL : visible_format(text);
}

void log_kernel(enum log_level level, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	int saved = errno;
	va_list args;

	if (kernel_fd < 0)
		return;
	va_start(args, fmt);
	text = format(fmt, args);
	va_end(args);
	write_kernel(level, text ? text : fmt);
	errno = saved;
}

/* --- stderr and the journal --- */

static bool has_journal;

void log_open_journal(const char *stream)
{
	has_journal = journal_is_stream(STDERR_FILENO, stream);
}

bool log_has_journal(void)
{
	return has_journal;
}

static void write_stderr(enum log_level level, const char *text)
{
	static const char *const words[] = {
		[LOG_LEVEL_ERROR] = "error: ",
		[LOG_LEVEL_WARNING] = "warning: ",
		[LOG_LEVEL_INFO] = "",
		[LOG_LEVEL_DEBUG] = "debug: ",
	};

	fprintf(stderr, "%s: %s%s\n", program_invocation_short_name, words[level], text);
}

/* The journal reads the priority of each line from a prefix (sd-daemon(3)). */
static void write_prefixed(int priority, const char *text)
{
	for (;;) {
		int len = (int)strcspn(text, "\n");

		fprintf(stderr, "<%d>%.*s\n", priority, len, text);
		if (text[len] == '\0' || text[len + 1] == '\0')
			return;
		text += len + 1;
	}
}

#define FIELDS_MAX 12

static void write_journal(enum log_level level, const struct journal_field *more,
			  const char *text)
{
	static const int priorities[] = {
		[LOG_LEVEL_ERROR] = 3,
		[LOG_LEVEL_WARNING] = 4,
		[LOG_LEVEL_INFO] = 6,
		[LOG_LEVEL_DEBUG] = 7,
	};
	const char priority[] = { (char)('0' + priorities[level]), '\0' };
	struct journal_field fields[FIELDS_MAX] = {
		{ "MESSAGE", text },
		{ "PRIORITY", priority },
		{ "SYSLOG_IDENTIFIER", program_invocation_short_name },
	};
	size_t count = 3;

	for (; more && more->name && count < FIELDS_MAX - 1; more++)
		fields[count++] = *more;
	if (journal_send(fields) < 0)
		write_prefixed(priorities[level], text);
}

/* @text: fit for a terminal. */
static void write_text(enum log_level level, const struct journal_field *fields,
		       const char *text)
{
	if (has_journal)
		write_journal(level, fields, text);
	else
		write_stderr(level, text);
	if (kernel_fd >= 0)
		write_kernel(level, text);
}

static _printf_(3, 0) void write_event(enum log_level level,
				       const struct journal_field *fields,
				       const char *fmt, va_list args)
{
	_cleanup_free_ char *text = NULL;
	int saved = errno;

	if (level > log_level)
		return;
	text = format(fmt, args);
	/* Without memory, the format is better than silence. */
	write_text(level, fields, text ? text : fmt);
	errno = saved;
}

void log_write(enum log_level level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	write_event(level, NULL, fmt, args);
	va_end(args);
}

void log_event(enum log_level level, const struct journal_field *fields, const char *fmt,
	       ...)
{
	va_list args;

	va_start(args, fmt);
	write_event(level, fields, fmt, args);
	va_end(args);
}

/* --- errors of a configuration --- */

static void log_text(void *data, const char *text)
{
	const struct journal_field fields[] = {
		{ "MESSAGE_ID", LOG_ID_CONFIG },
		{ 0 },
	};
	_cleanup_free_ char *copy = strdup(text);
	size_t len = strlen(text);

	(void)data;
	while (copy && len > 0 && copy[len - 1] == '\n')
		copy[--len] = '\0';
	/* The text has the newlines of diag_visit(), and is fit for a terminal. */
	write_text(LOG_LEVEL_ERROR, fields, copy ? copy : text);
}

void log_diag(const struct diag *diag)
{
	if (has_journal)
		diag_visit(diag, log_text, NULL);
	else
		diag_print(diag, stderr);
}
