/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of the page, as they are in provisioner/views/page/. */
#pragma once

#include <stddef.h>

/* page_file() - "index.html", "app.js", "app.css", "icon.svg". Return: the bytes, static. */
const char *page_file(const char *name, size_t *ret_len);
