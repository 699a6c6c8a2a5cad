/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/journal.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

START_TEST(journal_encodes_a_field_as_a_line)
{
	const struct journal_field fields[] = {
		{ "MESSAGE", "a=b" },
		{ "ERRNO", NULL },
		{ "PRIORITY", "3" },
		{ 0 },
	};
	struct buf buf = { 0 };

	ck_assert_int_eq(journal_encode(fields, &buf), 0);
	ck_assert_str_eq(buf.data, "MESSAGE=a=b\nPRIORITY=3\n");
	buf_done(&buf);
}
END_TEST

START_TEST(journal_encodes_a_value_of_several_lines_with_its_length)
{
	static const char want[] = "MESSAGE\n\3\0\0\0\0\0\0\0a\nb\nA=1\n";
	const struct journal_field fields[] = {
		{ "MESSAGE", "a\nb" },
		{ "A", "1" },
		{ 0 },
	};
	struct buf buf = { 0 };

	ck_assert_int_eq(journal_encode(fields, &buf), 0);
	ck_assert_uint_eq(buf.len, sizeof(want) - 1);
	ck_assert_mem_eq(buf.data, want, buf.len);
	buf_done(&buf);
}
END_TEST

START_TEST(journal_stream_is_known_by_device_and_inode)
{
	_cleanup_close_ int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	_cleanup_free_ char *stream = NULL, *longer = NULL, *other = NULL;
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(str_format(&stream, "%llu:%llu", (unsigned long long)st.st_dev,
				    (unsigned long long)st.st_ino),
			 0);
	ck_assert_int_eq(str_format(&longer, "%s0x", stream), 0);
	ck_assert_int_eq(str_format(&other, "%llu:%llu", (unsigned long long)st.st_dev,
				    (unsigned long long)st.st_ino + 1),
			 0);
	ck_assert(journal_is_stream(fd, stream));
	ck_assert(!journal_is_stream(fd, longer));
	ck_assert(!journal_is_stream(fd, other));
	ck_assert(!journal_is_stream(fd, ""));
	ck_assert(!journal_is_stream(fd, NULL));
	ck_assert(!journal_is_stream(-1, stream));
}
END_TEST

Suite *suite_journal(void)
{
	return unit_suite("journal", journal_encodes_a_field_as_a_line,
			  journal_encodes_a_value_of_several_lines_with_its_length,
			  journal_stream_is_known_by_device_and_inode, NULL);
}
