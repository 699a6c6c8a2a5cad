/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parse the text of a fault, count the changes, and fail or die at the chosen one. */
#include "base/fault.h"

#include "base/macro.h"
#include "base/units.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>

/* MAX_ERRNO of the kernel. */
#define ERRNO_MAX 4095

static int parse_positive(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t value;

	if (units_parse_uint(text, &value) < 0 || value == 0 || value > max)
		return -EINVAL;
	*ret = value;
	return 0;
}

int fault_parse(const char *text, struct fault *ret)
{
	/* Longer than any valid text. */
	char copy[64];
	struct fault fault = { 0 };
	uint64_t at, error = EIO;
	char *number, *errno_text;

	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, strlen(text) + 1);
	number = strchr(copy, ':');
	if (!number)
		return -EINVAL;
	*number++ = '\0';
	errno_text = strchr(number, ':');
	if (errno_text)
		*errno_text++ = '\0';

	if (streq(copy, "kill") && !errno_text)
		fault.mode = FAULT_KILL;
	else if (streq(copy, "fail"))
		fault.mode = FAULT_FAIL;
	else
		return -EINVAL;
	if (parse_positive(number, UINT32_MAX, &at) < 0)
		return -EINVAL;
	if (errno_text && parse_positive(errno_text, ERRNO_MAX, &error) < 0)
		return -EINVAL;
	fault.at = (unsigned int)at;
	fault.error = fault.mode == FAULT_FAIL ? -(int)error : 0;
	*ret = fault;
	return 0;
}

int fault_point(struct fault *fault)
{
	fault->seen++;
	if (fault->mode == FAULT_NONE || fault->seen != fault->at)
		return 0;
	if (fault->mode == FAULT_FAIL)
		return fault->error;
	/*
	 * Not exit(): no code of this process may run after the kill.
	 */
	for (;;)
		raise(SIGKILL);
}
