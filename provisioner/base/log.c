/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Write messages to stderr and, once it is open, to the kernel log. */
#include "base/log.h"

#include "base/cleanup.h"
#include "base/str.h"

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
static _printf_(2, 0) void write_kernel(enum log_level level, const char *fmt,
					va_list args)
{
	static const int priorities[] = {
		[LOG_LEVEL_ERROR] = 3,
		[LOG_LEVEL_WARNING] = 4,
		[LOG_LEVEL_INFO] = 5,
		[LOG_LEVEL_DEBUG] = 7,
	};
	_cleanup_free_ char *text = NULL, *record = NULL;

	if (str_vformat(&text, fmt, args) < 0 ||
	    str_format(&record, "<%d>%s: %s\n", priorities[level],
		       program_invocation_short_name, text) < 0)
		return;
	/* A failure to log cannot be logged. */
	if (write(kernel_fd, record, strlen(record)) < 0)
		return;
}

void log_kernel(enum log_level level, const char *fmt, ...)
{
	int saved = errno;
	va_list args;

	if (kernel_fd < 0)
		return;
	va_start(args, fmt);
	write_kernel(level, fmt, args);
	va_end(args);
	errno = saved;
}

void log_write(enum log_level level, const char *fmt, ...)
{
	static const char *const words[] = {
		[LOG_LEVEL_ERROR] = "error: ",
		[LOG_LEVEL_WARNING] = "warning: ",
		[LOG_LEVEL_INFO] = "",
		[LOG_LEVEL_DEBUG] = "debug: ",
	};
	int saved = errno;
	va_list args;

	if (level > log_level)
		return;
	/* The lock keeps the parts of a message together. */
	flockfile(stderr);
	fprintf(stderr, "%s: %s", program_invocation_short_name, words[level]);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	funlockfile(stderr);
	if (kernel_fd >= 0) {
		va_start(args, fmt);
		write_kernel(level, fmt, args);
		va_end(args);
	}
	errno = saved;
}
