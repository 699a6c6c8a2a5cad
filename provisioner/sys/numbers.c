/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Format and parse device numbers, MAJOR:MINOR. */
#include "sys/numbers.h"

#include "base/macro.h"

#include <stdio.h>
#include <sys/sysmacros.h>

void device_numbers_done(struct device_numbers *numbers)
{
	vec_done(&numbers->numbers);
}

char *numbers_format(uint64_t number, char text[static NUMBERS_TEXT_MAX])
{
	snprintf(text, NUMBERS_TEXT_MAX, "%u:%u", major(number), minor(number));
	return text;
}

int numbers_parse(const char *text, uint64_t *ret)
{
	char back[NUMBERS_TEXT_MAX];
	unsigned int major, minor;
	uint64_t number;

	if (sscanf(text, "%u:%u", &major, &minor) != 2)
		return -EBADMSG;
	number = makedev(major, minor);
	/* sscanf() accepts signs and blanks, and takes 4294967304 for 8. */
	if (!streq(numbers_format(number, back), text))
		return -EBADMSG;
	*ret = number;
	return 0;
}
