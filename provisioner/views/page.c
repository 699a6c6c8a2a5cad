/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Embed the files of the page into the program. */
#include "views/page.h"

#include "base/macro.h"

/* The assembler copies a file into the program; gcc and clang both take it. */
#define FILE_BYTES(id, path)                               \
	extern const char page_##id[], page_##id##_end[];  \
	__asm__(".pushsection .rodata\n"                   \
		".global page_" #id ", page_" #id "_end\n" \
		"page_" #id ":\n.incbin \"" path "\"\n"    \
		"page_" #id "_end:\n.byte 0\n"             \
		".popsection\n")

FILE_BYTES(html, "provisioner/views/page/index.html");
FILE_BYTES(js, "provisioner/views/page/app.js");
FILE_BYTES(css, "provisioner/views/page/app.css");
FILE_BYTES(icon, "provisioner/views/page/icon.svg");

static const struct {
	const char *name, *begin, *end;
} files[] = {
	{ "index.html", page_html, page_html_end },
	{ "app.js", page_js, page_js_end },
	{ "app.css", page_css, page_css_end },
	{ "icon.svg", page_icon, page_icon_end },
};

const char *page_file(const char *name, size_t *ret_len)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (!streq(files[i].name, name))
			continue;
		*ret_len = (size_t)(files[i].end - files[i].begin);
		return files[i].begin;
	}
	*ret_len = 0;
	return "";
}
