/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read a JSON file of nvmetcli into observed hosts, ports and exports. */
#include "apply/nvmetcli.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "kind/kinds.h"

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

/* Set a field. A value that the field refuses is left out with a warning. */
static int set(struct obj *obj, const char *field, const json_t *value)
{
	_cleanup_free_ char *error = NULL;
	char number[24];
	const char *text = text_of(value, number);
	size_t offset;
	int r;

	if (!text || *text == '\0')
		return 0;
	r = field_parse(obj, index_of(obj->class, field), text, &error, &offset);
	if (r == -EINVAL)
		log_warning("%s: %s '%s': %s; the value is left out", obj->class->name,
			    field, text, error);
	return r == -EINVAL ? 0 : r;
}

/*
 * Add a name of another object to a list, unless that object was left out: a dangling name
 * would make the configuration invalid. Context: @model is sorted.
 */
static int add_name(struct obj *obj, const char *field, const json_t *value,
		    const struct model *model, const struct obj_class *class)
{
	char number[24];
	const char *text = text_of(value, number);

	if (!text)
		return 0;
	if (!model_find(model, class, text)) {
		log_warning("%s '%s': %s '%s' is not in the file; the name is left out",
			    obj->class->name, obj_name(obj), class->name, text);
		return 0;
	}
	return field_add_item(obj, index_of(obj->class, field), text);
}

static bool is_on(const json_t *value)
{
	char number[24];
	const char *text = text_of(value, number);

	return json_is_true(value) || (text && streq(text, "1"));
}

/* True if the value is present and off. */
static bool is_off(const json_t *value)
{
	return value && !is_on(value);
}

static bool has(const struct obj *obj, const char *field)
{
	return field_is_set(obj, index_of(obj->class, field));
}

/* Add @obj to @model, or free it if @r is an error or its key is missing. */
static int keep(struct model *model, struct obj *obj, int r)
{
	if (r == 0 && field_is_set(obj, 0))
		return model_add(model, obj);
	if (r == 0)
		log_warning("%s: no name; the object is left out", obj->class->name);
	obj_free(obj);
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
	return keep(model, obj, r);
}

/* --- ports --- */

static int set_address(struct obj *obj, const json_t *address)
{
	const char *transport = json_string_value(json_object_get(address, "trtype"));
	int r = set(obj, "transport", json_object_get(address, "trtype"));

	if (r == 0)
		r = set(obj, "address", json_object_get(address, "traddr"));
	if (r == 0 && transport && !streq(transport, "loop"))
		r = set(obj, "service", json_object_get(address, "trsvcid"));
	return r;
}

static int read_referral(struct obj *port, const json_t *json)
{
	unsigned int index = index_of(port->class, "referrals");
	struct obj *item;
	int r;

	if (is_off(json_object_get(json, "enable"))) {
		log_warning("port: a referral is off and is left out");
		return 0;
	}
	item = obj_new(port->class->fields[index].items);
	if (!item)
		return -ENOMEM;
	r = set(item, "name", json_object_get(json, "name"));
	if (r == 0)
		r = set_address(item, json_object_get(json, "addr"));
	if (r == 0 && field_is_set(item, 0))
		return field_add_object(port, index, item);
	obj_free(item);
	return r;
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
	if (r == 0 && field_is_set(obj, 0) && !has(obj, "transport")) {
		log_warning("port '%s': no transport; the port is left out",
			    obj_name(obj));
		obj_free(obj);
		return 0;
	}
	json_array_foreach (json_object_get(json, "referrals"), i, referral) {
		if (r == 0)
			r = read_referral(obj, referral);
	}
	return keep(model, obj, r);
}

/* --- exports --- */

/* False if the namespace is off, which no key says, or has no device, which is invalid. */
static bool is_namespace(const struct obj *export, const struct obj *item,
			 const json_t *json)
{
	const char *path = json_string_value(
		json_object_get(json_object_get(json, "device"), "path"));
	const char *problem = NULL;

	if (is_off(json_object_get(json, "enable")))
		problem = "is off";
	else if (!path || path[0] != '/')
		problem = "has no device";
	if (problem)
		log_warning("export '%s': namespace '%s' %s and is left out",
			    obj_name(export), obj_name(item), problem);
	return !problem;
}

static int read_namespace(struct obj *export, const json_t *json)
{
	unsigned int index = index_of(export->class, "namespaces");
	struct obj *item = obj_new(export->class->fields[index].items);
	const json_t *device = json_object_get(json, "device");
	int r;

	if (!item)
		return -ENOMEM;
	if ((r = set(item, "id", json_object_get(json, "nsid"))) == 0 &&
	    (r = set(item, "device", json_object_get(device, "path"))) == 0 &&
	    (r = set(item, "uuid", json_object_get(device, "uuid"))) == 0)
		r = set(item, "nguid", json_object_get(device, "nguid"));
	if (r == 0 && field_is_set(item, 0) && is_namespace(export, item, json))
		return field_add_object(export, index, item);
	obj_free(item);
	return r;
}

static int set_hosts(struct obj *obj, const json_t *json, const struct model *model)
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
			r = add_name(obj, "hosts", host, model, &host_class);
	}
	return r;
}

/* In nvmetcli, a port lists its exports; in the configuration, an export lists its ports. */
static int set_ports(struct obj *obj, const json_t *root, const struct model *model)
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
					     json_object_get(port, "portid"), model,
					     &port_class);
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
	if (is_on(json_object_get(json_object_get(json, "passthru"), "enable")))
		log_warning("export: the passthru controller is left out");
	if (r == 0 && field_is_set(obj, 0))
		r = set_hosts(obj, json, model);
	if (r == 0 && field_is_set(obj, 0))
		r = set_ports(obj, root, model);
	field_set_empty(obj, index_of(obj->class, "namespaces"));
	json_array_foreach (json_object_get(json, "namespaces"), i, namespace) {
		if (r == 0)
			r = read_namespace(obj, namespace);
	}
	return keep(model, obj, r);
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
	/* The exports refer to hosts and ports. */
	if (r == 0)
		r = model_sort(model);
	json_array_foreach (json_object_get(root, "subsystems"), i, item) {
		if (r == 0)
			r = read_export(model, root, item);
	}
	return r == 0 ? model_sort(model) : r;
}

int nvmetcli_load(const char *path, struct model *ret)
{
	struct model model = { 0 };
	json_error_t error;
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	int r;

	if (!root) {
		if (error.line > 0)
			log_error("%s:%d:%d: %s", path, error.line, error.column,
				  error.text);
		else
			log_error("%s", error.text); /* which names the file */
		return -EINVAL;
	}
	if (!json_object_get(root, "subsystems") && !json_object_get(root, "ports")) {
		log_error(
			"'%s' is not a file of nvmetcli; it has neither \"subsystems\" nor "
			"\"ports\"",
			path);
		json_decref(root);
		return -EINVAL;
	}
	r = read_root(&model, root);
	json_decref(root);
	if (r < 0) {
		log_error("cannot read '%s': %s", path, strerror(-r));
		model_done(&model);
		return r;
	}
	*ret = model;
	return 0;
}
