/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wrap a report in a CloudEvent, name a target without its secrets, and trim its token. */
#include "push/payload.h"

#include "base/str.h"
#include "report/jsontext.h"

#include <sha2.h>
#include <string.h>

#define EVENT_TYPE   "rapiddisk.report.v1"
#define SHOWN_DIGITS 8

int payload_event(const char *report, size_t len, const char *id, const char *host,
		  char **ret)
{
	json_t *data = json_loadb(report, len, 0, NULL);
	const json_t *time = NULL;
	json_t *event;

	if (!json_is_object(data)) {
		json_decref(data);
		return -EBADMSG;
	}
	time = json_object_get(data, "finished_at");
	event = json_pack("{s:s, s:s, s:o, s:s, s:s, s:o}", "specversion", "1.0", "id",
			  id, "source", json_sprintf("/rapiddisk/%s", host), "type",
			  EVENT_TYPE, "datacontenttype", "application/json", "data",
			  data);
	if (event && json_is_string(time) &&
	    json_object_set_new(event, "time", json_text(json_string_value(time))) < 0) {
		json_decref(event);
		return -ENOMEM;
	}
	return json_take_text(event, false, ret);
}

int payload_target_name(const char *url, char **ret)
{
	char digest[SHA256_DIGEST_STRING_LENGTH];
	const char *host = strstr(url, "://");
	size_t len;

	host = host ? host + 3 : url;
	len = (size_t)(host - url) + strcspn(host, "/?#");
	SHA256Data((const uint8_t *)url, strlen(url), digest);
	return str_format(ret, "%.*s#%.*s", (int)len, url, SHOWN_DIGITS, digest);
}

int payload_token(const char *text, char **ret)
{
	size_t start = strspn(text, " \t\r\n"), len = strlen(text + start);

	while (len > 0 && strchr(" \t\r\n", text[start + len - 1]))
		len--;
	for (size_t i = 0; i < len; i++)
		if (text[start + i] <= ' ' || text[start + i] > '~')
			return -EINVAL;
	if (len == 0)
		return -EINVAL;
	*ret = strndup(text + start, len);
	return *ret ? 0 : -ENOMEM;
}
