/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hosts, ports and exports against a fake nvmet. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "engine/reconcile.h"
#include "fake_kernel.h"
#include "fake_nvmet.h"
#include "kind/kinds.h"
#include "kind/nvmet/nvmet.h"
#include "kind/port/port.h"
#include "unit.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define GIB	  (UINT64_C(1) << 30)
#define HOST	  "nqn.2014-08.org.nvmexpress:uuid:11111111-2222-3333-4444-555555555555"
#define SUBSYSTEM "nqn.2026-11.org.example:scratch"

#define KEY_A "DHHC-1:00:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"
#define KEY_B "DHHC-1:01:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB=:"

static const struct reconcile_options converge = { .prune = true };

static struct fake_kernel fake;

static void setup(void)
{
	fake_init(&fake, 16 * GIB);
}

static void teardown(void)
{
	fake_done(&fake);
}

static void run(const char *yaml, const struct reconcile_options *options,
		struct report *report)
{
	_cleanup_(reconcile_outcome_done) struct reconcile_outcome outcome = { 0 };
	_cleanup_(model_done) struct model desired = { 0 };

	fake_model(&desired, yaml);
	report->stage = "system";
	ck_assert_int_eq(
		reconcile_run(&fake.sys, &desired, options, NULL, report, &outcome), 0);
}

static enum report_verdict apply(const char *yaml)
{
	_cleanup_(report_done) struct report report = { 0 };

	run(yaml, &converge, &report);
	return report.verdict;
}

static const struct report_entry *entry_of(const struct report *report, const char *kind)
{
	vec_foreach (entry, &report->entries) {
		if (streq(entry->class->name, kind))
			return entry;
	}
	ck_abort_msg("no entry for a %s", kind);
	return NULL;
}

#define DISKS                                                            \
	"ramdisks: [{name: rd0, size: 1GiB}, {name: rd1, size: 1GiB}]\n" \
	"ports:\n"                                                       \
	"  - {id: 1, transport: tcp, address: 127.0.0.1}\n"              \
	"  - {id: 2, transport: loop}\n"                                 \
	"hosts: [{nqn: \"" HOST "\"}]\n"

static const char *const first_state = DISKS "exports:\n"
					     "  - nqn: " SUBSYSTEM "\n"
					     "    namespaces: [{id: 1, device: rd0}]\n"
					     "    ports: [1]\n"
					     "    hosts: [\"" HOST "\"]\n"
					     "  - namespaces: [{id: 1, device: rd1}]\n"
					     "    ports: [2]\n"
					     "    allow_any_host: true\n";

static const char *value(const char *path)
{
	const char *text = fake_get(&fake, path);

	ck_assert_msg(text != NULL, "no '%s'", path);
	return text;
}

START_TEST(apply_makes_the_whole_tree_and_a_second_one_writes_nothing)
{
	const char *peer = NVMET_SUBSYSTEMS "/nqn.2021-06.org.rapiddisk:box-rd1";
	char path[256];
	unsigned int writes;

	ck_assert_int_eq(apply(first_state), VERDICT_CHANGED);
	ck_assert_str_eq(value(NVMET_PORTS "/1/addr_trtype"), "tcp");
	ck_assert_str_eq(value(NVMET_PORTS "/1/addr_traddr"), "127.0.0.1");
	ck_assert_str_eq(value(NVMET_PORTS "/1/addr_adrfam"), "ipv4");
	ck_assert_str_eq(value(NVMET_PORTS "/1/addr_trsvcid"), "4420");
	ck_assert_str_eq(value(NVMET_PORTS "/2/addr_adrfam"), "loop");
	ck_assert_str_eq(
		value(NVMET_SUBSYSTEMS "/" SUBSYSTEM "/namespaces/1/device_path"),
		"/dev/rd0");
	ck_assert_str_eq(value(NVMET_SUBSYSTEMS "/" SUBSYSTEM "/namespaces/1/enable"),
			 "1");
	ck_assert_str_eq(value(NVMET_SUBSYSTEMS "/" SUBSYSTEM "/attr_model"),
			 "RapidDisk");
	ck_assert_str_eq(value(NVMET_SUBSYSTEMS "/" SUBSYSTEM "/attr_allow_any_host"),
			 "0");
	snprintf(path, sizeof(path), "%s/attr_allow_any_host", peer);
	ck_assert_str_eq(value(path), "1");
	writes = fake.writes;
	ck_assert_int_eq(apply(first_state), VERDICT_CONVERGED);
	ck_assert_uint_eq(fake.writes, writes);
}
END_TEST

/* Initiators give up where a port is open, and what they ask for is not on it. */
START_TEST(exports_open_and_close_together)
{
	static const char both[] = DISKS "exports:\n"
					 "  - namespaces: [{id: 1, device: rd0}]\n"
					 "    ports: [1]\n"
					 "    allow_any_host: true\n"
					 "  - namespaces: [{id: 1, device: rd1}]\n"
					 "    ports: [1]\n"
					 "    allow_any_host: true\n";

	ck_assert_int_eq(apply(both), VERDICT_CHANGED);
	ck_assert_uint_gt(fake.last_on, 0);
	ck_assert_uint_gt(fake.first_link, fake.last_on);
	ck_assert_int_eq(apply(DISKS "exports: []\n"), VERDICT_CHANGED);
	ck_assert_uint_gt(fake.last_unlink, 0);
	ck_assert_uint_gt(fake.first_off, fake.last_unlink);
}
END_TEST

/* In pairs, 60,000 ports took more than half a minute. */
START_TEST(port_of_the_same_place_is_found_by_the_index_alone)
{
	static const struct {
		const char *address;
		unsigned int errors;
	} rows[] = { { "10.1.0.2", 1 }, { "0.0.0.0", 2 } };
	_cleanup_(model_done) struct model model = { 0 };
	_cleanup_(diag_done) struct diag diag = { 0 };
	struct model hidden;

	fake_model(&model, "ports:\n"
			   "- {id: 1, transport: tcp, address: 10.1.0.1}\n"
			   "- {id: 2, transport: tcp, address: 10.1.0.2}\n"
			   "- {id: 3, transport: tcp, address: 10.1.0.3}\n");
	ck_assert_uint_eq(model.objs.count, 3);
	ck_assert_int_eq(
		field_set_string(model.objs.items[_i], PORT_ADDRESS, rows[_i].address),
		0);
	ck_assert_int_eq(model_sort_values(&model), 0);
	/* Without the list of objects, nothing can be compared in pairs. */
	hidden = model;
	memset(&hidden.objs, 0, sizeof(hidden.objs));
	hidden.index = NULL;
	hidden.indexed = 0;
	for (size_t i = 0; i < model.objs.count; i++)
		port_class.validate(model.objs.items[i], &hidden, &diag);
	ck_assert_uint_eq(diag.entries.count, rows[_i].errors);
}
END_TEST

START_TEST(identifiers_are_the_same_after_a_reboot_and_others_on_another_machine)
{
	const char *path = NVMET_SUBSYSTEMS "/" SUBSYSTEM "/namespaces/1/device_uuid";
	_cleanup_free_ char *uuid = NULL, *serial = NULL;

	apply(first_state);
	uuid = strdup(value(path));
	serial = strdup(value(NVMET_SUBSYSTEMS "/" SUBSYSTEM "/attr_serial"));
	ck_assert_uint_eq(strlen(serial), 20);
	ck_assert_int_eq(uuid[14], '8');
	ck_assert_msg(strchr("89ab", uuid[19]) != NULL, "variant of '%s'", uuid);
	fake_done(&fake);
	fake_init(&fake, 16 * GIB);
	apply(first_state);
	ck_assert_str_eq(value(path), uuid);
	ck_assert_str_eq(value(NVMET_SUBSYSTEMS "/" SUBSYSTEM "/attr_serial"), serial);
	fake_done(&fake);
	fake_init(&fake, 16 * GIB);
	fake_set(&fake, "etc/machine-id", "fedcba9876543210fedcba9876543210");
	apply(first_state);
	ck_assert_str_ne(value(path), uuid);
}
END_TEST

START_TEST(objects_of_others_stay_byte_for_byte)
{
	_cleanup_free_ char *before = NULL, *after = NULL;
	static const char *const nothing =
		"ramdisks: []\nports: []\nhosts: []\nexports: []\n";

	fake_nvmet_load(&fake);
	fake_nvmet_change(&fake, KFS_MKDIR, NVMET_SUBSYSTEMS "/nqn.2020-01.net.other:a",
			  NULL);
	fake_nvmet_change(&fake, KFS_MKDIR, NVMET_PORTS "/9", NULL);
	fake_nvmet_change(&fake, KFS_MKDIR, NVMET_HOSTS "/nqn.2020-01.net.other:h", NULL);
	before = fake_nvmet_list(&fake);
	ck_assert_int_eq(apply(first_state), VERDICT_CHANGED);
	ck_assert_int_eq(apply(nothing), VERDICT_CHANGED);
	after = fake_nvmet_list(&fake);
	ck_assert_str_eq(after, before);
}
END_TEST

START_TEST(new_name_of_the_machine_renames_no_export)
{
	static const char *const file =
		"ports: [{id: 2, transport: loop}]\n"
		"exports: [{nqn: 'nqn.2026-11.org.example:%H', namespaces: "
		"[{id: 1, device: rd0}], ports: [2], allow_any_host: true}]\n"
		"ramdisks: [{name: rd0, size: 1GiB}]\n";
	static const char *const nothing = "ramdisks: []\nports: []\nexports: []\n";
	static const char claim[] = "run/rapiddisk/owned/hostname:first";

	fake_set(&fake, "proc/sys/kernel/hostname", "first");
	ck_assert_int_eq(apply(file), VERDICT_CHANGED);
	ck_assert(kfs_exists(&fake.sys.kfs, claim));
	fake_set(&fake, "proc/sys/kernel/hostname", "second");
	ck_assert_int_eq(apply(file), VERDICT_CONVERGED);
	ck_assert(kfs_exists(&fake.sys.kfs,
			     NVMET_SUBSYSTEMS "/nqn.2026-11.org.example:first"));
	ck_assert_int_eq(apply(nothing), VERDICT_CHANGED);
	ck_assert(!kfs_exists(&fake.sys.kfs, claim));
	ck_assert_int_eq(apply(file), VERDICT_CHANGED);
	ck_assert(kfs_exists(&fake.sys.kfs,
			     NVMET_SUBSYSTEMS "/nqn.2026-11.org.example:second"));
}
END_TEST

START_TEST(growth_is_told_to_initiators)
{
	static const char *const larger =
		"ramdisks: [{name: rd0, size: 2GiB}, {name: rd1, size: 1GiB}]\n"
		"ports: [{id: 2, transport: loop}]\n"
		"exports: [{nqn: " SUBSYSTEM
		", namespaces: [{id: 1, device: rd0}], ports: "
		"[2], allow_any_host: true}]\n";
	static const char *const smaller =
		"ramdisks: [{name: rd0, size: 1GiB}, {name: rd1, size: 1GiB}]\n"
		"ports: [{id: 2, transport: loop}]\n"
		"exports: [{nqn: " SUBSYSTEM
		", namespaces: [{id: 1, device: rd0}], ports: "
		"[2], allow_any_host: true}]\n";

	ck_assert_int_eq(apply(smaller), VERDICT_CHANGED);
	ck_assert_uint_eq(fake.revalidations, 0);
	ck_assert_int_eq(apply(larger), VERDICT_CHANGED);
	ck_assert_uint_eq(fake.revalidations, 1);
	ck_assert_int_eq(apply(larger), VERDICT_CONVERGED);
}
END_TEST

#define ONE_DISK \
	"ramdisks: [{name: rd0, size: 1GiB}]\nports: [{id: 2, transport: loop}]\n"

static void connect_initiator(void)
{
	fake_set(&fake, "sys/kernel/debug/nvmet/" SUBSYSTEM "/ctrl1/hostnqn", HOST);
	fake_set(&fake, "sys/kernel/debug/nvmet/" SUBSYSTEM "/ctrl1/port", "2");
}

START_TEST(connected_exports_stay_and_count_their_connections)
{
	_cleanup_(report_done) struct report report = { 0 }, disk = { 0 };
	const char *yaml = ONE_DISK "exports: [{nqn: " SUBSYSTEM
				    ", namespaces: [{id: 1, device: rd0}], ports: [2], "
				    "allow_any_host: true}]\n";

	apply(yaml);
	connect_initiator();
	run(ONE_DISK "exports: []\n", &converge, &report);
	ck_assert_int_eq(report.verdict, VERDICT_PARTIAL);
	ck_assert_str_eq(entry_of(&report, "export")->reason, "connected to '" HOST "'");
	/* Nor does what it stands on. */
	run("ramdisks: []\nports: []\nexports: []\n", &converge, &disk);
	ck_assert_str_eq(entry_of(&disk, "ramdisk")->reason,
			 "exported as '" SUBSYSTEM "'");
	ck_assert_str_eq(entry_of(&disk, "port")->reason, "used by 1 export");
	ck_assert_int_eq(apply(yaml), VERDICT_CONVERGED);
}
END_TEST

START_TEST(connections_are_cut_only_where_the_file_or_the_user_says_so)
{
	static const struct reconcile_options disconnect = { .prune = true,
							     .disconnect = true };
	_cleanup_(report_done) struct report refused = { 0 }, done = { 0 }, gone = { 0 };

	apply(ONE_DISK "exports: [{nqn: " SUBSYSTEM
		       ", namespaces: [{id: 1, device: rd0}], "
		       "ports: [2], allow_any_host: true}]\n");
	connect_initiator();
	run(ONE_DISK "exports: [{nqn: " SUBSYSTEM ", namespaces: [{id: 1, device: rd0}], "
		     "ports: [2], allow_any_host: true, serial: other}]\n",
	    &converge, &refused);
	ck_assert_str_eq(
		entry_of(&refused, "export")->reason,
		"would lose 1 connection; 'on_change: replace' permits the loss");
	run(ONE_DISK "exports: [{nqn: " SUBSYSTEM ", namespaces: [{id: 1, device: rd0}], "
		     "ports: [2], allow_any_host: true, serial: other, on_change: "
		     "replace}]\n",
	    &converge, &done);
	ck_assert_int_eq(done.verdict, VERDICT_CHANGED);
	ck_assert_str_eq(value(NVMET_SUBSYSTEMS "/" SUBSYSTEM "/attr_serial"), "other");
	run("ramdisks: []\nports: []\nexports: []\n", &disconnect, &gone);
	ck_assert_int_eq(gone.verdict, VERDICT_CHANGED);
	ck_assert_ptr_null(fake_get(&fake, "sys/block/rd0/size"));
}
END_TEST

START_TEST(live_changes_keep_what_they_need_not_touch)
{
	ck_assert_int_eq(apply(DISKS "exports:\n"
				     "  - nqn: " SUBSYSTEM "\n"
				     "    namespaces: [{id: 1, device: rd0}]\n"
				     "    ports: [1]\n"
				     "    allow_any_host: true\n"),
			 VERDICT_CHANGED);
	connect_initiator();
	/* More of everything, and a list for anybody: nobody is cut off. */
	ck_assert_int_eq(apply(DISKS
			       "exports:\n"
			       "  - nqn: " SUBSYSTEM "\n"
			       "    namespaces: [{id: 1, device: rd0}, {id: 2, device: "
			       "rd1}]\n"
			       "    ports: [2, 1]\n"
			       "    hosts: [\"" HOST "\"]\n"),
			 VERDICT_CHANGED);
	ck_assert_str_eq(value(NVMET_SUBSYSTEMS "/" SUBSYSTEM "/attr_allow_any_host"),
			 "0");
	ck_assert(kfs_exists(&fake.sys.kfs,
			     NVMET_SUBSYSTEMS "/" SUBSYSTEM "/allowed_hosts/" HOST));
	ck_assert_str_eq(value(NVMET_SUBSYSTEMS "/" SUBSYSTEM "/namespaces/2/enable"),
			 "1");
}
END_TEST

START_TEST(namespace_that_the_kernel_does_not_enable_is_an_error)
{
	_cleanup_(report_done) struct report report = { 0 };

	ck_assert_int_eq(apply(DISKS "exports: [{nqn: " SUBSYSTEM
				     ", namespaces: [{id: 1, device: rd0}], ports: [1], "
				     "allow_any_host: true}]\n"),
			 VERDICT_CHANGED);
	fake.passthru = true;
	run(DISKS "exports: [{nqn: " SUBSYSTEM
		  ", namespaces: [{id: 1, device: rd0}, {id: 2, device: rd1}], ports: "
		  "[1], allow_any_host: true}]\n",
	    &converge, &report);
	ck_assert_int_eq(entry_of(&report, "export")->error, -EBUSY);
	ck_assert_ptr_nonnull(strstr(entry_of(&report, "export")->message,
				     "cannot enable namespace '2'"));
	ck_assert(!kfs_exists(&fake.sys.kfs,
			      NVMET_SUBSYSTEMS "/" SUBSYSTEM "/namespaces/2"));
	ck_assert(kfs_exists(&fake.sys.kfs, NVMET_PORTS "/1/subsystems/" SUBSYSTEM));
}
END_TEST

START_TEST(taken_port_is_the_exports_error_and_leaves_no_half)
{
	_cleanup_(report_done) struct report report = { 0 };

	fake.bind_error = -EADDRINUSE;
	run(first_state, &converge, &report);
	ck_assert_int_eq(report.verdict, VERDICT_PARTIAL);
	ck_assert_int_eq(entry_of(&report, "export")->error, -EADDRINUSE);
	ck_assert_ptr_nonnull(
		strstr(entry_of(&report, "export")->message, "to port '1'"));
	ck_assert(!kfs_exists(&fake.sys.kfs, NVMET_SUBSYSTEMS "/" SUBSYSTEM));
	ck_assert(!kfs_exists(&fake.sys.kfs, "run/rapiddisk/owned/export:" SUBSYSTEM));
	ck_assert_int_eq(entry_of(&report, "port")->result, RESULT_DONE);
	fake.bind_error = 0;
	ck_assert_int_eq(apply(first_state), VERDICT_CHANGED);
}
END_TEST

START_TEST(tls_that_the_kernel_lacks_makes_no_port_and_no_export)
{
	static const char *const yaml =
		"ramdisks: [{name: rd0, size: 1GiB}]\n"
		"ports: [{id: 1, transport: tcp, address: 127.0.0.1, tls: required}]\n"
		"exports: [{nqn: " SUBSYSTEM
		", namespaces: [{id: 1, device: rd0}], ports: "
		"[1], allow_any_host: true}]\n";
	_cleanup_(report_done) struct report old = { 0 }, report = { 0 };

	fake.nvmet = &fake_nvmet_6_1;
	run(yaml, &converge, &old);
	ck_assert_ptr_nonnull(strstr(entry_of(&old, "port")->message, "has no TLS"));
	ck_assert_str_eq(entry_of(&old, "export")->reason, "needs port '1'");
	ck_assert(!kfs_exists(&fake.sys.kfs, NVMET_PORTS "/1"));
	fake.nvmet = &fake_nvmet_6_12;
	fake.no_keyring = true;
	run(yaml, &converge, &report);
	ck_assert_ptr_nonnull(strstr(entry_of(&report, "port")->message, "has no TLS"));
	fake.no_keyring = false;
	ck_assert_int_eq(apply(yaml), VERDICT_CHANGED);
	ck_assert_str_eq(value(NVMET_PORTS "/1/addr_tsas"), "tls1.3");
	ck_assert_str_eq(value(NVMET_PORTS "/1/addr_treq"), "required");
	ck_assert_int_eq(apply(yaml), VERDICT_CONVERGED);
}
END_TEST

#define PLAIN_PORT "ports: [{id: 1, transport: tcp, address: 127.0.0.1}]\n"
#define TLS_PORT   "ports: [{id: 1, transport: tcp, address: 127.0.0.1, tls: required}]\n"
#define RD0	   "ramdisks: [{name: rd0, size: 1GiB}]\n"
#define OPEN_TO_ALL                                                           \
	"exports: [{nqn: " SUBSYSTEM ", namespaces: [{id: 1, device: rd0}], " \
	"ports: [1], allow_any_host: true}]\n"
#define FOR_HOST                                                              \
	"exports: [{nqn: " SUBSYSTEM ", namespaces: [{id: 1, device: rd0}], " \
	"ports: [1], hosts: [\"" HOST "\"]}]\n"

START_TEST(nothing_is_opened_on_a_port_of_others_that_differs)
{
	_cleanup_(report_done) struct report report = { 0 };

	fake_nvmet_load(&fake);
	fake_nvmet_change(&fake, KFS_MKDIR, NVMET_PORTS "/1", NULL);
	fake_nvmet_write(&fake, NVMET_PORTS "/1/addr_trtype", "tcp");
	fake_nvmet_write(&fake, NVMET_PORTS "/1/addr_adrfam", "ipv4");
	fake_nvmet_write(&fake, NVMET_PORTS "/1/addr_traddr", "0.0.0.0");
	fake_nvmet_write(&fake, NVMET_PORTS "/1/addr_trsvcid", "4420");
	run(RD0 TLS_PORT OPEN_TO_ALL, &converge, &report);
	ck_assert_int_eq(entry_of(&report, "port")->result, RESULT_BLOCKED);
	ck_assert_str_eq(entry_of(&report, "export")->reason, "needs port '1'");
	ck_assert(!kfs_exists(&fake.sys.kfs, NVMET_SUBSYSTEMS "/" SUBSYSTEM));
}
END_TEST

START_TEST(nothing_is_opened_on_a_port_that_cannot_become_as_the_file_says)
{
	_cleanup_(report_done) struct report report = { 0 };

	ck_assert_int_eq(apply(RD0 PLAIN_PORT), VERDICT_CHANGED);
	fake.no_keyring = true;
	run(RD0 TLS_PORT OPEN_TO_ALL, &converge, &report);
	ck_assert_int_eq(entry_of(&report, "port")->result, RESULT_FAILED);
	ck_assert_str_eq(entry_of(&report, "export")->reason, "needs port '1'");
	ck_assert(!kfs_exists(&fake.sys.kfs, NVMET_SUBSYSTEMS "/" SUBSYSTEM));
}
END_TEST

/* An export that already has a link from such a port can be changed. */
START_TEST(export_on_a_port_that_failed_is_changed)
{
	_cleanup_(report_done) struct report report = { 0 };

	ck_assert_int_eq(apply(RD0 PLAIN_PORT OPEN_TO_ALL), VERDICT_CHANGED);
	fake.no_keyring = true;
	run(RD0 TLS_PORT "hosts: [{nqn: \"" HOST "\"}]\n" FOR_HOST, &converge, &report);
	ck_assert_int_eq(entry_of(&report, "port")->result, RESULT_FAILED);
	ck_assert_int_eq(entry_of(&report, "export")->result, RESULT_DONE);
	ck_assert_str_eq(value(NVMET_SUBSYSTEMS "/" SUBSYSTEM "/attr_allow_any_host"),
			 "0");
	ck_assert(kfs_exists(&fake.sys.kfs, NVMET_PORTS "/1/subsystems/" SUBSYSTEM));
}
END_TEST

/* A disk vdb, and a cache of that name over it. */
static void make_cache(void)
{
	fake_set(&fake, "dev/vdb", "");
	fake_set(&fake, "sys/block/vdb/dev", "254:16");
	fake_set(&fake, "sys/block/vdb/size", "2097152");
	fake_set(&fake, "sys/block/vdb/holders/dm-0", "");
	fake_link(&fake, "sys/dev/block/254:16", "../../block/vdb");
	fake_set(&fake, "dev/dm-0", "");
	fake_link(&fake, "dev/mapper/vdb", "../dm-0");
	fake_set(&fake, "sys/block/dm-0/dev", "253:0");
	fake_set(&fake, "sys/block/dm-0/size", "2097152");
	fake_link(&fake, "sys/dev/block/253:0", "../../block/dm-0");
	fake_set(&fake, "sys/block/dm-0/slaves/vdb", "");
	fake_set(&fake, "sys/block/dm-0/dm/name", "vdb");
	fake_set(&fake, "sys/block/dm-0/dm/uuid", "RAPIDDISK-cache-vdb");
	fake_set(&fake, "sys/block/dm-0/dm/suspended", "0");
	fake_set(&fake, "sys/block/dm-0/dm/open_count", "0");
	fake_set(&fake, "sys/block/dm-0/dm/table",
		 "0 2097152 rapiddisk-cache 254:16 - 131072 0");
	fake_set(&fake, "sys/module/dm_mod/refcnt", "1");
	fake_set(&fake, "sys/module/rapiddisk_cache/refcnt", "1");
}

#define CACHE "caches: [{name: vdb, source: /dev/vdb, size: 64MiB}]\n"

START_TEST(cache_that_is_named_like_a_disk_is_what_is_exported)
{
	const char *yaml = CACHE PLAIN_PORT "exports: [{nqn: " SUBSYSTEM
					    ", namespaces: [{id: 1, device: vdb}], "
					    "ports: [1], allow_any_host: true}]\n";

	make_cache();
	ck_assert_int_eq(apply(yaml), VERDICT_CHANGED);
	ck_assert_str_eq(
		value(NVMET_SUBSYSTEMS "/" SUBSYSTEM "/namespaces/1/device_path"),
		"/dev/mapper/vdb");
	ck_assert_int_eq(apply(yaml), VERDICT_CONVERGED);
}
END_TEST

START_TEST(what_the_file_drops_the_port_loses)
{
	ck_assert_int_eq(apply("ports: [{id: 1, transport: tcp, address: 127.0.0.1, "
			       "referrals: [{name: two, address: 192.0.2.2}]}]\n"),
			 VERDICT_CHANGED);
	ck_assert(kfs_exists(&fake.sys.kfs, NVMET_PORTS "/1/referrals/two"));
	ck_assert_int_eq(apply(PLAIN_PORT), VERDICT_CHANGED);
	ck_assert(!kfs_exists(&fake.sys.kfs, NVMET_PORTS "/1/referrals/two"));
	ck_assert_int_eq(apply(PLAIN_PORT), VERDICT_CONVERGED);
}
END_TEST

/* --- whose it is --- */

/* Remove a port without links, as `nvmetcli clear` does. */
static void clear_port(void)
{
	ck_assert_int_eq(fake_nvmet_change(&fake, KFS_RMDIR, NVMET_PORTS "/1", NULL), 0);
}

static void make_port_of_others(void)
{
	ck_assert_int_eq(fake_nvmet_change(&fake, KFS_MKDIR, NVMET_PORTS "/1", NULL), 0);
	fake_nvmet_write(&fake, NVMET_PORTS "/1/addr_trtype", "loop");
}

START_TEST(claim_to_what_is_gone_is_dropped_by_the_next_run)
{
	static const char *const other = RD0 "ports: [{id: 2, transport: loop}]\n";

	ck_assert_int_eq(apply(RD0 PLAIN_PORT), VERDICT_CHANGED);
	clear_port();
	apply(other);
	ck_assert(!kfs_exists(&fake.sys.kfs, "run/rapiddisk/owned/port:1"));
	make_port_of_others();
	ck_assert_int_eq(apply(other), VERDICT_CONVERGED);
	ck_assert(kfs_exists(&fake.sys.kfs, NVMET_PORTS "/1"));
}
END_TEST

START_TEST(object_that_somebody_made_anew_is_not_ours)
{
	char old[128], kept[128];

	ck_assert_int_eq(apply(RD0 PLAIN_PORT), VERDICT_CHANGED);
	/* While it exists, no other directory gets its inode number. */
	snprintf(old, sizeof(old), "%s/" NVMET_PORTS "/1", fake.root);
	snprintf(kept, sizeof(kept), "%s/kept", fake.root);
	ck_assert_int_eq(rename(old, kept), 0);
	make_port_of_others();
	ck_assert_int_eq(apply(RD0 "ports: []\n"), VERDICT_CONVERGED);
	ck_assert(kfs_exists(&fake.sys.kfs, NVMET_PORTS "/1"));
	ck_assert(!kfs_exists(&fake.sys.kfs, "run/rapiddisk/owned/port:1"));
}
END_TEST

START_TEST(empty_claim_counts_for_what_is_half_made_and_for_nothing_else)
{
	fake_nvmet_load(&fake);
	make_port_of_others();
	fake_nvmet_change(&fake, KFS_MKDIR, NVMET_PORTS "/2", NULL);
	fake_set(&fake, "run/rapiddisk/owned/port:1", "");
	fake_set(&fake, "run/rapiddisk/owned/port:2", "");
	ck_assert_int_eq(apply(RD0 "ports: []\n"), VERDICT_CHANGED);
	ck_assert(kfs_exists(&fake.sys.kfs, NVMET_PORTS "/1"));
	ck_assert(!kfs_exists(&fake.sys.kfs, NVMET_PORTS "/2"));
}
END_TEST

/* The defaults of the kernel, and another spelling of the same address. */
START_TEST(import_of_defaults_is_what_is_live)
{
	const char *yaml =
		RD0 "ports: [{id: 1, transport: loop}, "
		    "{id: 2, transport: tcp, address: \"2001:db8::1\"}]\n"
		    "exports: [{nqn: " SUBSYSTEM ", namespaces: [{id: 1, device: rd0, "
		    "uuid: 5f0c3c1e-0000-4000-8000-000000000001, "
		    "nguid: 00000000-0000-0000-0000-000000000000}], "
		    "ports: [1], allow_any_host: true, serial: S, model: Linux}]\n";
	static const struct reconcile_options adopt = { .prune = true, .adopt = true };
	_cleanup_(report_done) struct report report = { 0 };

	fake_set(&fake, "sys/class/net/lo/addresses", "2001:db8::1");
	apply(RD0);
	fake_nvmet_load(&fake);
	make_port_of_others();
	fake_nvmet_write(&fake, NVMET_PORTS "/1/addr_adrfam", "loop");
	fake_nvmet_change(&fake, KFS_MKDIR, NVMET_PORTS "/2", NULL);
	fake_nvmet_write(&fake, NVMET_PORTS "/2/addr_trtype", "tcp");
	fake_nvmet_write(&fake, NVMET_PORTS "/2/addr_adrfam", "ipv6");
	fake_nvmet_write(&fake, NVMET_PORTS "/2/addr_traddr", "2001:0DB8::1");
	fake_nvmet_write(&fake, NVMET_PORTS "/2/addr_trsvcid", "4420");
	fake_nvmet_change(&fake, KFS_MKDIR, NVMET_SUBSYSTEMS "/" SUBSYSTEM, NULL);
	fake_nvmet_write(&fake, NVMET_SUBSYSTEMS "/" SUBSYSTEM "/attr_serial", "S");
	fake_nvmet_write(&fake, NVMET_SUBSYSTEMS "/" SUBSYSTEM "/attr_allow_any_host",
			 "1");
	fake_nvmet_change(&fake, KFS_MKDIR,
			  NVMET_SUBSYSTEMS "/" SUBSYSTEM "/namespaces/1", NULL);
	fake_nvmet_write(&fake,
			 NVMET_SUBSYSTEMS "/" SUBSYSTEM "/namespaces/1/device_path",
			 "/dev/rd0");
	fake_nvmet_write(&fake, NVMET_SUBSYSTEMS "/" SUBSYSTEM "/namespaces/1/enable",
			 "1");
	fake_nvmet_change(&fake, KFS_SYMLINK, NVMET_PORTS "/1/subsystems/" SUBSYSTEM,
			  NVMET_SUBSYSTEMS "/" SUBSYSTEM);
	run(yaml, &adopt, &report);
	ck_assert_int_eq(report.verdict, VERDICT_CHANGED);
	ck_assert_int_eq(apply(yaml), VERDICT_CONVERGED);
	ck_assert_str_eq(value(NVMET_PORTS "/1/addr_traddr"), "");
}
END_TEST

/* --- ports that change places --- */

#define DISK_TWO "ramdisks: [{name: rd0, size: 1GiB}, {name: rd1, size: 1GiB}]\n"
/* Two exports, a and b, on these ports. */
#define ON_PORTS(a, b)                                                                        \
	"exports:\n"                                                                          \
	"  - {nqn: nqn.2026-11.org.example:a, namespaces: [{id: 1, device: rd0}], ports: [" a \
	"], allow_any_host: true}\n"                                                          \
	"  - {nqn: nqn.2026-11.org.example:b, namespaces: [{id: 1, device: rd1}], ports: [" b \
	"], allow_any_host: true}\n"

static bool is_on_port(const char *name, const char *port)
{
	return kfs_exists(&fake.sys.kfs,
			  NVMET_PORTS "/%s/subsystems/nqn.2026-11.org.example:%s", port,
			  name);
}

START_TEST(exports_move_to_a_new_port_at_the_same_address)
{
	ck_assert_int_eq(apply(DISK_TWO PLAIN_PORT ON_PORTS("1", "1")), VERDICT_CHANGED);
	ck_assert_int_eq(apply(DISK_TWO "ports: [{id: 2, transport: tcp, address: "
					"127.0.0.1}]\n" ON_PORTS("2", "2")),
			 VERDICT_CHANGED);
	ck_assert(is_on_port("a", "2") && is_on_port("b", "2"));
	ck_assert(!kfs_exists(&fake.sys.kfs, NVMET_PORTS "/1"));
}
END_TEST

static void check_stays(const char *serial)
{
	_cleanup_(report_done) struct report report = { 0 };
	_cleanup_free_ char *yaml = NULL;

	ck_assert_int_ge(
		asprintf(
			&yaml,
			DISK_TWO
			"ports: [{id: 1, transport: tcp, address: 127.0.0.1}, {id: 2, "
			"transport: tcp, address: 127.0.0.1, service: 4421}]\n"
			"exports: [{nqn: nqn.2026-11.org.example:a, namespaces: [{id: 1, "
			"device: rd0}], ports: [2], allow_any_host: true%s}]\n",
			serial),
		0);
	ck_assert_int_eq(apply(DISK_TWO PLAIN_PORT ON_PORTS("1", "1")), VERDICT_CHANGED);
	fake.bind_error = -EADDRINUSE;
	fake.bind_port = "2";
	run(yaml, &converge, &report);
	ck_assert_int_eq(report.verdict, VERDICT_PARTIAL);
	ck_assert(is_on_port("a", "1"));
	ck_assert(!is_on_port("a", "2"));
	fake.bind_error = 0;
	ck_assert_int_eq(apply(yaml), VERDICT_CHANGED);
	ck_assert(!is_on_port("a", "1"));
	ck_assert(is_on_port("a", "2"));
}

START_TEST(export_stays_on_its_port_if_the_new_one_cannot_open)
{
	check_stays("");
}
END_TEST

START_TEST(so_does_one_that_is_made_anew)
{
	check_stays(", serial: other");
}
END_TEST

#define TWO_PORTS(one, two)                                                 \
	"ports: [{id: 1, transport: tcp, address: 127.0.0.1, service: " one \
	"}, {id: 2, transport: tcp, address: 127.0.0.1, service: " two "}]\n"

START_TEST(ports_that_swap_their_places_are_not_taken_down_for_it)
{
	_cleanup_(report_done) struct report report = { 0 };
	unsigned int writes;

	apply(DISK_TWO TWO_PORTS("4420", "4421") ON_PORTS("1", "2"));
	writes = fake.writes;
	run(DISK_TWO TWO_PORTS("4421", "4420") ON_PORTS("1", "2"), &converge, &report);
	ck_assert_int_eq(report.verdict, VERDICT_PARTIAL);
	ck_assert_ptr_nonnull(
		strstr(entry_of(&report, "port")->reason, "still belong to port '2'"));
	ck_assert_uint_eq(fake.writes, writes);
}
END_TEST

START_TEST(port_moves_to_where_another_one_has_left)
{
	apply(DISK_TWO TWO_PORTS("4420", "4421") ON_PORTS("1", "2"));
	/* The first one has to wait for the second one, which stands behind it. */
	ck_assert_int_eq(apply(DISK_TWO TWO_PORTS("4421", "4422") ON_PORTS("1", "2")),
			 VERDICT_PARTIAL);
	ck_assert_int_eq(apply(DISK_TWO TWO_PORTS("4421", "4422") ON_PORTS("1", "2")),
			 VERDICT_CHANGED);
	/* And here the second one for the first one. */
	ck_assert_int_eq(apply(DISK_TWO TWO_PORTS("4420", "4421") ON_PORTS("1", "2")),
			 VERDICT_CHANGED);
	ck_assert(is_on_port("a", "1") && is_on_port("b", "2"));
}
END_TEST

START_TEST(growth_that_failed_is_not_told)
{
	static const char *const larger =
		"ramdisks: [{name: rd0, size: 2GiB}]\n" PLAIN_PORT OPEN_TO_ALL;
	_cleanup_(report_done) struct report report = { 0 };

	ck_assert_int_eq(apply(RD0 PLAIN_PORT OPEN_TO_ALL), VERDICT_CHANGED);
	fake.refuse_error = -ENOSPC;
	run(larger, &converge, &report);
	ck_assert_int_eq(entry_of(&report, "export")->result, RESULT_SKIPPED);
	ck_assert_str_eq(entry_of(&report, "export")->reason, "needs ramdisk 'rd0'");
	ck_assert_uint_eq(fake.revalidations, 0);
	fake.refuse_error = 0;
	ck_assert_int_eq(apply(larger), VERDICT_CHANGED);
	ck_assert_uint_eq(fake.revalidations, 1);
}
END_TEST

/* --- keys --- */

#define KEYED "hosts: [{nqn: \"" HOST "\", dhchap_key_file: /etc/key}]\n"

static void write_key(const char *text, mode_t mode)
{
	char path[128];

	fake_set(&fake, "etc/key", text);
	snprintf(path, sizeof(path), "%s/etc/key", fake.root);
	ck_assert_int_eq(chmod(path, mode), 0);
}

START_TEST(keys_are_read_from_files_and_never_told)
{
	_cleanup_(report_done) struct report report = { 0 };

	write_key(KEY_A, 0600);
	ck_assert_int_eq(apply(KEYED), VERDICT_CHANGED);
	ck_assert_str_eq(value(NVMET_HOSTS "/" HOST "/dhchap_key"), KEY_A);
	ck_assert_int_eq(apply(KEYED), VERDICT_CONVERGED);
	write_key(KEY_B, 0600);
	run(KEYED, &converge, &report);
	ck_assert_str_eq(value(NVMET_HOSTS "/" HOST "/dhchap_key"), KEY_B);
	ck_assert_str_eq(entry_of(&report, "host")->changes[0], "dhchap_key");
	ck_assert_str_eq(entry_of(&report, "host")->changes[1], "(not shown)");
	ck_assert_str_eq(entry_of(&report, "host")->changes[2], "(not shown)");
	/* A host without one, as the file now says, is not one with the old key. */
	ck_assert_int_eq(apply("hosts: [{nqn: \"" HOST "\"}]\n"), VERDICT_CHANGED);
	ck_assert_str_eq(value(NVMET_HOSTS "/" HOST "/dhchap_key"), "");
}
END_TEST

static mode_t mode_of(const char *path)
{
	char full[512];
	struct stat st;

	snprintf(full, sizeof(full), "%s/%s", fake.root, path);
	ck_assert_int_eq(stat(full, &st), 0);
	return st.st_mode & 07777;
}

/* The fake checks the mode before each key: of a new host, and of a host without a key. */
START_TEST(keys_are_for_root_alone_in_the_kernel_too)
{
	write_key(KEY_A, 0600);
	ck_assert_int_eq(apply("hosts: [{nqn: \"" HOST "\", dhchap_key_file: /etc/key, "
			       "dhchap_ctrl_key_file: /etc/key}]\n"),
			 VERDICT_CHANGED);
	ck_assert_int_eq(mode_of(NVMET_HOSTS "/" HOST "/dhchap_key"), 0600);
	ck_assert_int_eq(mode_of(NVMET_HOSTS "/" HOST "/dhchap_ctrl_key"), 0600);
	ck_assert_int_eq(apply("hosts: [{nqn: \"" HOST "\"}]\n"), VERDICT_CHANGED);
	ck_assert_int_eq(apply(KEYED), VERDICT_CHANGED);
	ck_assert_int_eq(mode_of(NVMET_HOSTS "/" HOST "/dhchap_key"), 0600);
}
END_TEST

START_TEST(hash_and_group_that_the_file_drops_are_the_kernels_again)
{
	write_key(KEY_A, 0600);
	ck_assert_int_eq(apply("hosts: [{nqn: \"" HOST "\", dhchap_key_file: /etc/key, "
			       "dhchap_hash: sha512, dhchap_dhgroup: ffdhe2048}]\n"),
			 VERDICT_CHANGED);
	ck_assert_int_eq(apply(KEYED), VERDICT_CHANGED);
	ck_assert_str_eq(value(NVMET_HOSTS "/" HOST "/dhchap_hash"), "hmac(sha256)");
	ck_assert_str_eq(value(NVMET_HOSTS "/" HOST "/dhchap_dhgroup"), "null");
	ck_assert_int_eq(apply(KEYED), VERDICT_CONVERGED);
}
END_TEST

static const struct {
	const char *text;
	mode_t mode;
	const char *why;
} bad_keys[] = {
	{ NULL, 0, "cannot open key file '/etc/key': No such file" },
	{ KEY_A, 0640, "is open to others (mode 0640)" },
	{ KEY_A, 0604, "is open to others (mode 0604)" },
	{ "secret", 0600, "holds no key of the form" },
	{ "DHHC-1:04:AAAA=:", 0600, "holds no key of the form" },
	{ "", 0600, "holds no key of the form" },
};

START_TEST(bad_key_file_is_the_hosts_error)
{
	_cleanup_(report_done) struct report report = { 0 };
	const struct report_entry *entry;

	if (bad_keys[_i].text)
		write_key(bad_keys[_i].text, bad_keys[_i].mode);
	run(KEYED "ramdisks: [{name: rd0, size: 1GiB}]\n", &converge, &report);
	entry = entry_of(&report, "host");
	ck_assert_int_eq(entry->result, RESULT_BLOCKED);
	ck_assert_msg(strstr(entry->reason, bad_keys[_i].why) != NULL, "%s",
		      entry->reason);
	ck_assert_msg(!bad_keys[_i].text || bad_keys[_i].text[0] == '\0' ||
			      !strstr(entry->reason, bad_keys[_i].text),
		      "the key is told: %s", entry->reason);
	ck_assert(!kfs_exists(&fake.sys.kfs, NVMET_HOSTS "/" HOST));
	ck_assert_str_eq(value("sys/block/rd0/size"), "2097152");
}
END_TEST

START_TEST(bad_key_file_of_a_live_host_is_its_error_and_opens_no_export)
{
	_cleanup_(report_done) struct report report = { 0 };
	const struct report_entry *entry;

	if (bad_keys[_i].text)
		write_key(bad_keys[_i].text, bad_keys[_i].mode);
	apply(RD0 PLAIN_PORT "hosts: [{nqn: \"" HOST "\"}]\n");
	run(RD0 PLAIN_PORT KEYED FOR_HOST, &converge, &report);
	entry = entry_of(&report, "host");
	ck_assert_int_eq(entry->result, RESULT_BLOCKED);
	ck_assert_msg(strstr(entry->reason, bad_keys[_i].why) != NULL, "%s",
		      entry->reason);
	ck_assert_str_eq(entry_of(&report, "export")->reason, "needs host '" HOST "'");
	ck_assert_str_eq(value(NVMET_HOSTS "/" HOST "/dhchap_key"), "");
}
END_TEST

START_TEST(missing_key_of_the_controller_is_the_live_hosts_error)
{
	_cleanup_(report_done) struct report report = { 0 };

	write_key(KEY_A, 0600);
	ck_assert_int_eq(apply(KEYED), VERDICT_CHANGED);
	run("hosts: [{nqn: \"" HOST "\", dhchap_key_file: /etc/key, "
	    "dhchap_ctrl_key_file: /etc/none}]\n",
	    &converge, &report);
	ck_assert_int_eq(report.verdict, VERDICT_PARTIAL);
	ck_assert_msg(strstr(entry_of(&report, "host")->reason, "/etc/none") != NULL,
		      "%s", entry_of(&report, "host")->reason);
}
END_TEST

/* --- what others put on ours --- */

#define THEIRS "nqn.2020-01.net.other:theirs"

static void make_export_of_others(void)
{
	fake_nvmet_change(&fake, KFS_MKDIR, NVMET_SUBSYSTEMS "/" THEIRS, NULL);
}

START_TEST(port_with_an_export_of_others_does_not_move)
{
	_cleanup_(report_done) struct report report = { 0 };

	ck_assert_int_eq(apply(RD0 PLAIN_PORT), VERDICT_CHANGED);
	make_export_of_others();
	fake_nvmet_change(&fake, KFS_SYMLINK, NVMET_PORTS "/1/subsystems/" THEIRS,
			  NVMET_SUBSYSTEMS "/" THEIRS);
	run(RD0 "ports: [{id: 1, transport: tcp, address: 127.0.0.1, service: 4421}]\n",
	    &converge, &report);
	ck_assert_int_eq(entry_of(&report, "port")->result, RESULT_BLOCKED);
	ck_assert_ptr_nonnull(strstr(entry_of(&report, "port")->reason, "'" THEIRS "'"));
	ck_assert_str_eq(value(NVMET_PORTS "/1/addr_trsvcid"), "4420");
	ck_assert(kfs_exists(&fake.sys.kfs, NVMET_PORTS "/1/subsystems/" THEIRS));
}
END_TEST

START_TEST(disconnect_leaves_a_port_with_an_export_of_others)
{
	static const struct reconcile_options disconnect = { .prune = true,
							     .disconnect = true };
	_cleanup_(report_done) struct report report = { 0 };

	ck_assert_int_eq(apply(RD0 PLAIN_PORT), VERDICT_CHANGED);
	make_export_of_others();
	fake_nvmet_change(&fake, KFS_SYMLINK, NVMET_PORTS "/1/subsystems/" THEIRS,
			  NVMET_SUBSYSTEMS "/" THEIRS);
	fake_set(&fake, "sys/kernel/debug/nvmet/" THEIRS "/ctrl1/hostnqn", HOST);
	fake_set(&fake, "sys/kernel/debug/nvmet/" THEIRS "/ctrl1/port", "1");
	run(RD0 "ports: []\n", &disconnect, &report);
	ck_assert_int_eq(entry_of(&report, "port")->result, RESULT_BLOCKED);
	ck_assert_str_eq(entry_of(&report, "port")->reason, "used by 1 export");
}
END_TEST

START_TEST(host_that_others_let_in_is_not_remade)
{
	_cleanup_(report_done) struct report report = { 0 };

	write_key(KEY_A, 0600);
	ck_assert_int_eq(apply(KEYED), VERDICT_CHANGED);
	make_export_of_others();
	fake_nvmet_change(&fake, KFS_SYMLINK,
			  NVMET_SUBSYSTEMS "/" THEIRS "/allowed_hosts/" HOST,
			  NVMET_HOSTS "/" HOST);
	run("hosts: [{nqn: \"" HOST "\"}]\n", &converge, &report);
	ck_assert_int_eq(entry_of(&report, "host")->result, RESULT_BLOCKED);
	ck_assert_ptr_nonnull(strstr(entry_of(&report, "host")->reason, "'" THEIRS "'"));
	ck_assert_str_eq(value(NVMET_HOSTS "/" HOST "/dhchap_key"), KEY_A);
}
END_TEST

/* --- crash safety --- */

/* Every operation: makes, changes, moves and removes one of each kind. */
static const char *const second_state =
	"ramdisks: [{name: rd0, size: 2GiB}, {name: rd2, size: 1GiB}]\n"
	"ports:\n"
	"  - id: 1\n"
	"    transport: tcp\n"
	"    address: 127.0.0.1\n"
	"    service: 4421\n"
	"    tls: allowed\n"
	"    referrals: [{name: two, address: 192.0.2.2}]\n"
	"  - {id: 3, transport: loop}\n"
	"hosts: [{nqn: \"" HOST
	"\", dhchap_hash: sha512}, {nqn: nqn.2026-11.org.example:h, "
	"dhchap_key_file: /etc/key}]\n"
	"exports:\n"
	"  - nqn: " SUBSYSTEM "\n"
	"    namespaces: [{id: 1, device: rd0}, {id: 2, device: rd2}]\n"
	"    ports: [1, 3]\n"
	"    hosts: [nqn.2026-11.org.example:h]\n"
	"  - nqn: nqn.2026-11.org.example:new\n"
	"    namespaces: [{id: 7, device: rd2}]\n"
	"    ports: [3]\n"
	"    allow_any_host: true\n";

static void make_first_state(void)
{
	setup();
	write_key(KEY_A, 0600);
	ck_assert_int_eq(apply(first_state), VERDICT_CHANGED);
	fake.sys.fault.seen = 0;
}

static char *reference_listing(unsigned int *ret_operations)
{
	char *text;

	make_first_state();
	ck_assert_int_eq(apply(second_state), VERDICT_CHANGED);
	*ret_operations = fake.sys.fault.seen;
	text = fake_nvmet_list(&fake);
	teardown();
	return text;
}

static void check_second_state(unsigned int n, const char *reference)
{
	_cleanup_free_ char *listing = NULL;
	size_t line = 0;

	fake.sys.fault = (struct fault){ 0 };
	apply(second_state);
	ck_assert_msg(apply(second_state) == VERDICT_CONVERGED,
		      "not converged after a fault at operation %u", n);
	listing = fake_nvmet_list(&fake);
	for (size_t i = 0;; i++) {
		ck_assert_msg(listing[i] == reference[i],
			      "after operation %u:\n%.300s\nnot:\n%.300s", n,
			      listing + line, reference + line);
		if (listing[i] == '\0')
			break;
		line = listing[i] == '\n' ? i + 1 : line;
	}
}

START_TEST(failure_at_any_operation_leaves_no_half_and_is_mended)
{
	unsigned int operations;
	_cleanup_free_ char *reference = reference_listing(&operations);

	ck_assert_uint_ge(operations, 40);
	for (unsigned int n = 1; n <= operations; n++) {
		make_first_state();
		fake.sys.fault =
			(struct fault){ .mode = FAULT_FAIL, .at = n, .error = -EIO };
		apply(second_state);
		check_second_state(n, reference);
		teardown();
	}
}
END_TEST

START_TEST(death_at_any_operation_is_mended)
{
	unsigned int operations;
	_cleanup_free_ char *reference = reference_listing(&operations);

	for (unsigned int n = 1; n <= operations; n++) {
		int status;
		pid_t pid;

		make_first_state();
		pid = fork();
		if (pid == 0) {
			fake.sys.fault = (struct fault){ .mode = FAULT_KILL, .at = n };
			apply(second_state);
			_exit(0);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
			      "operation %u did not kill the run", n);
		check_second_state(n, reference);
		teardown();
	}
}
END_TEST

Suite *suite_nvme(void)
{
	Suite *suite = suite_create("nvme");
	TCase *tcase = tcase_create("apply");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, apply_makes_the_whole_tree_and_a_second_one_writes_nothing);
	tcase_add_test(tcase, exports_open_and_close_together);
	tcase_add_test(
		tcase,
		identifiers_are_the_same_after_a_reboot_and_others_on_another_machine);
	tcase_add_loop_test(tcase, port_of_the_same_place_is_found_by_the_index_alone, 0,
			    2);
	tcase_add_test(tcase, objects_of_others_stay_byte_for_byte);
	tcase_add_test(tcase, new_name_of_the_machine_renames_no_export);
	tcase_add_test(tcase, growth_is_told_to_initiators);
	tcase_add_test(tcase, connected_exports_stay_and_count_their_connections);
	tcase_add_test(tcase,
		       connections_are_cut_only_where_the_file_or_the_user_says_so);
	tcase_add_test(tcase, live_changes_keep_what_they_need_not_touch);
	tcase_add_test(tcase, namespace_that_the_kernel_does_not_enable_is_an_error);
	tcase_add_test(tcase, taken_port_is_the_exports_error_and_leaves_no_half);
	tcase_add_test(tcase, tls_that_the_kernel_lacks_makes_no_port_and_no_export);
	tcase_add_test(tcase, nothing_is_opened_on_a_port_of_others_that_differs);
	tcase_add_test(tcase,
		       nothing_is_opened_on_a_port_that_cannot_become_as_the_file_says);
	tcase_add_test(tcase, export_on_a_port_that_failed_is_changed);
	tcase_add_test(tcase, cache_that_is_named_like_a_disk_is_what_is_exported);
	tcase_add_test(tcase, claim_to_what_is_gone_is_dropped_by_the_next_run);
	tcase_add_test(tcase, object_that_somebody_made_anew_is_not_ours);
	tcase_add_test(tcase,
		       empty_claim_counts_for_what_is_half_made_and_for_nothing_else);
	tcase_add_test(tcase, what_the_file_drops_the_port_loses);
	tcase_add_test(tcase, hash_and_group_that_the_file_drops_are_the_kernels_again);
	tcase_add_test(tcase, import_of_defaults_is_what_is_live);
	tcase_add_test(tcase, exports_move_to_a_new_port_at_the_same_address);
	tcase_add_test(tcase, export_stays_on_its_port_if_the_new_one_cannot_open);
	tcase_add_test(tcase, so_does_one_that_is_made_anew);
	tcase_add_test(tcase, ports_that_swap_their_places_are_not_taken_down_for_it);
	tcase_add_test(tcase, port_moves_to_where_another_one_has_left);
	tcase_add_test(tcase, growth_that_failed_is_not_told);
	tcase_add_test(tcase, port_with_an_export_of_others_does_not_move);
	tcase_add_test(tcase, disconnect_leaves_a_port_with_an_export_of_others);
	tcase_add_test(tcase, host_that_others_let_in_is_not_remade);
	tcase_add_test(tcase, keys_are_read_from_files_and_never_told);
	tcase_add_test(tcase, keys_are_for_root_alone_in_the_kernel_too);
	tcase_add_loop_test(tcase, bad_key_file_is_the_hosts_error, 0,
			    ARRAY_SIZE(bad_keys));
	tcase_add_loop_test(tcase,
			    bad_key_file_of_a_live_host_is_its_error_and_opens_no_export,
			    0, ARRAY_SIZE(bad_keys));
	tcase_add_test(tcase, missing_key_of_the_controller_is_the_live_hosts_error);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("crash");
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, failure_at_any_operation_leaves_no_half_and_is_mended);
	tcase_add_test(tcase, death_at_any_operation_is_mended);
	suite_add_tcase(suite, tcase);
	return suite;
}
