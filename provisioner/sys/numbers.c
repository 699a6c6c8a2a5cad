/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Format and parse device numbers, MAJOR:MINOR. */
#include "sys/numbers.h"

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
	unsigned int major, minor;
	int end = 0;

	if (sscanf(text, "%u:%u%n", &major, &minor, &end) != 2 || text[end] != '\0')
		return -EBADMSG;
	*ret = makedev(major, minor);
	return 0;
}
