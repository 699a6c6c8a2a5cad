/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read a JSON file of nvmetcli into observed hosts, ports and exports. */
#include "apply/nvmetcli.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "kind/export/export.h"
#include "kind/kinds.h"
#include "kind/nvmet/attributes.h"
#include "kind/port/port.h"

#include <inttypes.h>
#include <jansson.h>

static unsigned int index_of(const struct obj_class *class, const char *name)
{
	unsigned int index = 0;

	while (index < class->field_count && !streq(class->fields[index].name, name))
		index++;
	return index;
}

/* Return: the value as text, a number in the buffer @number; NULL for other types. */
static const char *text_of(const json_t *value, char number[static 24])
{
	if (json_is_integer(value)) {
		snprintf(number, 24, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return number;
	}
	return json_string_value(value);
}

/*
 * Set a field. A value that the field refuses is kept if it is a text, for the comment of
 * the import, and otherwise noted.
 */
static int keep_refused(struct obj *obj, unsigned int index, const char *text,
			const char *error)
{
	switch (obj->class->fields[index].type) {
	case FIELD_STRING:
		return field_set_string(obj, index, text);
	case FIELD_DEVICE:
		return field_set_device(obj, index, text, 0);
	default:
		return obj_note(&obj->unsaid, "%s '%s': %s",
				obj->class->fields[index].name, text, error);
	}
}

static int set(struct obj *obj, const char *field, const json_t *value)
{
	_cleanup_free_ char *error = NULL;
	char number[24];
	const char *text = text_of(value, number);
	size_t offset;
	unsigned int index = index_of(obj->class, field);
	int r;

	if (!text || *text == '\0')
		return 0;
	r = field_parse(obj, index, text, &error, &offset);
	return r == -EINVAL ? keep_refused(obj, index, text, error) : r;
}

static int add_name(struct obj *obj, const char *field, const json_t *value)
{
	char number[24];
	const char *text = text_of(value, number);

	return text ? field_add_item(obj, index_of(obj->class, field), text) : 0;
}

static bool is_on(const json_t *value)
{
	char number[24];
	const char *text = text_of(value, number);

	return json_is_true(value) || (text && streq(text, "1"));
}

/* nvmetcli writes no `enable` for an object that is on. */
static void set_enabled(struct obj *obj, const json_t *value)
{
	field_set_bool(obj, index_of(obj->class, "enabled"), !value || is_on(value));
}

/* Write an object without a valid name as a remark, with its JSON if no secret is in it. */
static int remark(struct model *model, const struct obj *obj, const json_t *json)
{
	_cleanup_free_ char *text =
		json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY)
		     : strdup("{...}");
	char *all = NULL;
	int r = text ? str_format(&all, "a %s without a valid %s%s%s: %s",
				  obj->class->name, obj->class->fields[0].name,
				  obj->unsaid ? ": " : "", obj->unsaid ? obj->unsaid : "",
				  text)
		     : -ENOMEM;

	return r < 0 ? r : model_add_remark(model, obj->class, all);
}

/*
 * Add @obj to @model, or a remark if its key is missing. Takes ownership of @obj.
 * @json: the object for the remark; NULL if it may hold a secret.
 */
static int keep(struct model *model, struct obj *obj, const json_t *json, int r)
{
	if (r == 0 && field_is_set(obj, 0))
		return model_add(model, obj);
	if (r == 0)
		r = remark(model, obj, json);
	obj_free(obj);
	return r;
}

/* Add @item to a list of @obj, or note it if its key is missing. Takes ownership of @item. */
static int keep_item(struct obj *obj, unsigned int index, struct obj *item, int r)
{
	if (r == 0 && !field_is_set(item, 0))
		r = obj_note(&obj->unsaid, "a %s without a valid %s%s%s",
			     item->class->name, item->class->fields[0].name,
			     item->unsaid ? ": " : "", item->unsaid ? item->unsaid : "");
	else if (r == 0 && item->extra)
		r = obj_note(&obj->extra, "%s '%s': %s", item->class->name,
			     obj_name(item), item->extra);
	if (r == 0 && field_is_set(item, 0))
		return field_add_object(obj, index, item);
	obj_free(item);
	return r;
}

/* Note the values of a group of attributes that have no key. */
static int note_extra(struct obj *obj, const char *prefix, const json_t *group)
{
	size_t len = strlen(prefix);
	int r = 0;

	for (const struct nvmet_extra *extra = nvmet_extras; r == 0 && extra->name;
	     extra++) {
		char number[24];
		const char *text;

		if (!streq(extra->class, obj->class->name) ||
		    strncmp(extra->name, prefix, len) != 0)
			continue;
		text = text_of(json_object_get(group, extra->name + len), number);
		if (text)
			r = nvmet_note_extra(obj, extra, text);
	}
	return r;
}

/* --- hosts --- */

/* The value is never printed, only that it exists. */
static int set_secret(struct obj *obj, const char *field, const json_t *value)
{
	const char *key = json_string_value(value);

	return key && *key ? field_set_string(obj, index_of(obj->class, field), key) : 0;
}

/* Set a word: "hmac(sha256)" as "sha256", and "null" as "none". */
static int set_word(struct obj *obj, const char *field, const json_t *value)
{
	const char *text = json_string_value(value);
	json_t *word = NULL;
	int r;

	if (!text)
		return 0;
	if (strncmp(text, "hmac(", strlen("hmac(")) == 0 && text[strlen(text) - 1] == ')')
		word = json_stringn(text + strlen("hmac("),
				    strlen(text) - strlen("hmac()"));
	else
		word = json_string(streq(text, "null") ? "none" : text);
	r = word ? set(obj, field, word) : -ENOMEM;
	json_decref(word);
	return r;
}

static int read_host(struct model *model, const json_t *json)
{
	const json_t *dhchap = json_object_get(json, "dhchap");
	struct obj *obj = obj_new(&host_class);
	int r;

	if (!obj)
		return -ENOMEM;
	r = set(obj, "nqn", json_object_get(json, "nqn"));
	if (r == 0)
		r = set_secret(obj, "dhchap_key", json_object_get(dhchap, "key"));
	if (r == 0)
		r = set_secret(obj, "dhchap_ctrl_key",
			       json_object_get(dhchap, "ctrl_key"));
	if (r == 0)
		r = set_word(obj, "dhchap_hash", json_object_get(dhchap, "hash"));
	if (r == 0)
		r = set_word(obj, "dhchap_dhgroup", json_object_get(dhchap, "dhgroup"));
	return keep(model, obj, NULL, r);
}

/* --- ports --- */

static int set_address(struct obj *obj, const json_t *address)
{
	const char *transport = json_string_value(json_object_get(address, "trtype"));
	const char *place = json_string_value(json_object_get(address, "traddr"));
	const char *family = json_string_value(json_object_get(address, "adrfam"));
	bool is_loop = transport && streq(transport, "loop");
	int r = set(obj, "transport", json_object_get(address, "trtype"));

	if (r == 0)
		r = set(obj, "address", json_object_get(address, "traddr"));
	/* The kernel keeps such a port, which cannot open. */
	if (r == 0 && place && *place && family &&
	    !streq(family, port_family(is_loop ? TRANSPORT_LOOP : TRANSPORT_TCP, place)))
		r = obj_note(&obj->unsaid, "addr_traddr '%s' of addr_adrfam '%s'", place,
			     family);
	if (r == 0 && transport && !is_loop)
		r = set(obj, "service", json_object_get(address, "trsvcid"));
	return r;
}

static int read_referral(struct obj *port, const json_t *json)
{
	unsigned int index = index_of(port->class, "referrals");
	struct obj *item = obj_new(port->class->fields[index].items);
	int r;

	if (!item)
		return -ENOMEM;
	set_enabled(item, json_object_get(json, "enable"));
	r = set(item, "name", json_object_get(json, "name"));
	if (r == 0)
		r = set_address(item, json_object_get(json, "addr"));
	return keep_item(port, index, item, r);
}

static int set_tls(struct obj *obj, const json_t *address)
{
	const char *type = json_string_value(json_object_get(address, "tsas"));
	const char *required = json_string_value(json_object_get(address, "treq"));
	_cleanup_free_ char *error = NULL;
	size_t offset;

	if (!type || !streq(type, "tls1.3"))
		return 0;
	return field_parse(obj, index_of(obj->class, "tls"),
			   required && streq(required, "not required") ? "allowed"
								       : "required",
			   &error, &offset);
}

/* Note the ANA groups: the file knows of one, which is optimized. */
static int note_groups(struct obj *obj, const json_t *groups)
{
	const json_t *group;
	size_t i;
	int r = 0;

	json_array_foreach (groups, i, group) {
		char number[24];
		const char *id = text_of(json_object_get(group, "grpid"), number);
		const char *state = json_string_value(
			json_object_get(json_object_get(group, "ana"), "state"));

		if (r == 0 && id && state)
			r = nvmet_note_group(obj, id, state);
	}
	return r;
}

static int read_port(struct model *model, const json_t *json)
{
	const json_t *address = json_object_get(json, "addr"), *referral;
	struct obj *obj = obj_new(&port_class);
	size_t i;
	int r;

	if (!obj)
		return -ENOMEM;
	r = set(obj, "id", json_object_get(json, "portid"));
	if (r == 0)
		r = set_address(obj, address);
	if (r == 0)
		r = set_tls(obj, address);
	if (r == 0)
		r = note_extra(obj, "param_", json_object_get(json, "param"));
	if (r == 0)
		r = note_groups(obj, json_object_get(json, "ana_groups"));
	json_array_foreach (json_object_get(json, "referrals"), i, referral) {
		if (r == 0)
			r = read_referral(obj, referral);
	}
	return keep(model, obj, json, r);
}

/* --- exports --- */

static int read_namespace(struct obj *export, const json_t *json)
{
	unsigned int index = index_of(export->class, "namespaces");
	struct obj *item = obj_new(export->class->fields[index].items);
	const json_t *device = json_object_get(json, "device");
	int r;

	if (!item)
		return -ENOMEM;
	set_enabled(item, json_object_get(json, "enable"));
	if ((r = set(item, "id", json_object_get(json, "nsid"))) == 0 &&
	    (r = set(item, "device", json_object_get(device, "path"))) == 0 &&
	    (r = set(item, "uuid", json_object_get(device, "uuid"))) == 0)
		r = set(item, "nguid", json_object_get(device, "nguid"));
	if (r == 0)
		r = note_extra(item, "", json);
	if (r == 0)
		r = note_extra(item, "resv_", json_object_get(json, "resv"));
	return keep_item(export, index, item, r);
}

/* nvmetcli writes the one passthru controller of a subsystem as a list. */
static bool has_passthru(const json_t *json)
{
	const json_t *passthru;
	size_t i;

	json_array_foreach (json_object_get(json, "passthru"), i, passthru) {
		if (is_on(json_object_get(passthru, "enable")))
			return true;
	}
	return false;
}

static int set_hosts(struct obj *obj, const json_t *json)
{
	const json_t *attributes = json_object_get(json, "attr"), *host;
	unsigned int hosts = index_of(obj->class, "hosts");
	size_t i;
	int r = 0;

	if (is_on(json_object_get(attributes, "allow_any_host"))) {
		field_set_bool(obj, index_of(obj->class, "allow_any_host"), true);
		return 0;
	}
	field_set_empty(obj, hosts);
	json_array_foreach (json_object_get(json, "allowed_hosts"), i, host) {
		if (r == 0)
			r = add_name(obj, "hosts", host);
	}
	return r;
}

/* In nvmetcli, a port lists its exports; in the configuration, an export lists its ports. */
static int set_ports(struct obj *obj, const json_t *root)
{
	const json_t *port, *name;
	size_t i, j;
	int r = 0;

	field_set_empty(obj, index_of(obj->class, "ports"));
	json_array_foreach (json_object_get(root, "ports"), i, port) {
		json_array_foreach (json_object_get(port, "subsystems"), j, name) {
			const char *nqn = json_string_value(name);

			if (r == 0 && nqn && streq(nqn, obj_name(obj)))
				r = add_name(obj, "ports",
					     json_object_get(port, "portid"));
		}
	}
	return r;
}

static int read_export(struct model *model, const json_t *root, const json_t *json)
{
	const json_t *attributes = json_object_get(json, "attr"), *namespace;
	struct obj *obj = obj_new(&export_class);
	size_t i;
	int r;

	if (!obj)
		return -ENOMEM;
	r = set(obj, "nqn", json_object_get(json, "nqn"));
	if (r == 0)
		r = set(obj, "serial", json_object_get(attributes, "serial"));
	if (r == 0)
		r = set(obj, "model", json_object_get(attributes, "model"));
	if (r == 0)
		r = note_extra(obj, "attr_", json_object_get(json, "attr"));
	if (r == 0 && has_passthru(json))
		r = obj_note(&obj->unsaid, NVMET_PASSTHRU);
	/* Without a name the object becomes a remark, and has no lists. */
	if (r < 0 || !field_is_set(obj, 0))
		return keep(model, obj, json, r);
	r = export_note_name(obj);
	if (r == 0)
		r = set_hosts(obj, json);
	if (r == 0)
		r = set_ports(obj, root);
	field_set_empty(obj, index_of(obj->class, "namespaces"));
	json_array_foreach (json_object_get(json, "namespaces"), i, namespace) {
		if (r == 0)
			r = read_namespace(obj, namespace);
	}
	return keep(model, obj, json, r);
}

/* --- the whole --- */

static int read_root(struct model *model, const json_t *root)
{
	const json_t *item;
	size_t i;
	int r = 0;

	json_array_foreach (json_object_get(root, "hosts"), i, item) {
		if (r == 0)
			r = read_host(model, item);
	}
	json_array_foreach (json_object_get(root, "ports"), i, item) {
		if (r == 0)
			r = read_port(model, item);
	}
	json_array_foreach (json_object_get(root, "subsystems"), i, item) {
		if (r == 0)
			r = read_export(model, root, item);
	}
	return r == 0 ? model_sort(model) : r;
}

/* Read @root, which may be NULL, and drop the reference. */
static int read_document(const char *name, json_t *root, const json_error_t *error,
			 struct model *ret)
{
	struct model model = { 0 };
	int r;

	if (!root) {
		if (error->line > 0)
			log_error("%s:%d:%d: %s", name, error->line, error->column,
				  error->text);
		else
			log_error("%s", error->text); /* which names the file */
		return -EINVAL;
	}
	if (!json_object_get(root, "subsystems") && !json_object_get(root, "ports")) {
		log_error(
			"'%s' is not a file of nvmetcli; it has neither \"subsystems\" nor "
			"\"ports\"",
			name);
		json_decref(root);
		return -EINVAL;
	}
	r = read_root(&model, root);
	json_decref(root);
	if (r < 0) {
		log_error("cannot read '%s': %s", name, strerror(-r));
		model_done(&model);
		return r;
	}
	*ret = model;
	return 0;
}

int nvmetcli_parse(const char *name, const char *text, size_t len, struct model *ret)
{
	json_error_t error;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);

	return read_document(name, root, &error, ret);
}

int nvmetcli_load(const char *path, struct model *ret)
{
	json_error_t error;
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	return read_document(path, root, &error, ret);
}
