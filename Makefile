# SPDX-License-Identifier: GPL-2.0-or-later
#
# make            build the programs in build/
# make modules    build the kernel modules in build/modules/$(KREL)/  [KREL=release] [KDIR=headers]
# make install    install all that was built  [DESTDIR=] [PREFIX=/usr] [KREL=]
# make check      install the packages that the tests need, as root, and run every test
# make deb        build the Debian packages in build/deb/
# make rpm        build the RPM packages in build/rpm/
# make dkms       hand the modules to DKMS, which builds them for each new kernel  [KREL=]
# make fuzz-short fuzz each parser of foreign text for SECONDS (20)
# make demo       boot a guest, and try disks, a cache, an export and the status there; as root
# More targets: uninstall clang unit golden model examples installed network page fleet language-server
# asan fuzz fuzz-short lint format schema package vm-test modules-check bench fresh clean
# V=1 shows the commands.

# DKMS reads the version from a copy of modules/.
VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"$$/\1/p' modules/dkms.conf)

CC ?= gcc
CFLAGS ?= -O2 -g
PREFIX ?= /usr
KREL ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KREL)/build
BUILD ?= build

# A blank separates two paths for make and for the shell, and `uninstall` deletes files.
$(foreach name,DESTDIR PREFIX BUILD KREL,$(if $(word 2,$($(name))),$(error $(name) must be a path without \
	blanks: '$($(name))')))
$(if $(filter-out /%,$(PREFIX)),$(error PREFIX must be an absolute path: '$(PREFIX)'))

# DESTDIR=/ is this machine.
override DESTDIR := $(patsubst %/,%,$(DESTDIR))

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)')

packages := yaml-0.1 jansson libmd devmapper libudev
# The programs use the headers, and open the library at run time.
loaded_packages := libkmod
statusd_packages := jansson libmicrohttpd
push_packages := yaml-0.1 jansson libmd libcurl zlib
pkg_cflags = $(shell pkg-config --cflags $(packages) $(loaded_packages) $(statusd_packages) $(push_packages))
pkg_libs = $(shell pkg-config --libs $(packages))

warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
	-Wpointer-arith -Wcast-qual -Wundef -Wvla -Werror=implicit-function-declaration \
	$(if $(WERROR),-Werror)
cppflags := -D_GNU_SOURCE -DRAPIDDISK_VERSION='"$(VERSION)"' -Iprovisioner
# Symbols are bound at the start, so that their table is read-only afterwards.
ldflags := -Wl,-z,relro,-z,now
# A compiler has some of these flags for some machines only.
probe = $(shell $(CC) -Werror $(1) -x c -c -o /dev/null /dev/null 2>/dev/null && echo $(1))
hardening := -fstack-protector-strong -D_FORTIFY_SOURCE=2 \
	$(foreach flag,-fstack-clash-protection -fcf-protection -mbranch-protection=standard,$(call \
	probe,$(flag)))
cflags = -std=gnu17 $(warnings) $(hardening) $(pkg_cflags)

# Each program may use every .c file below provisioner/ except those of the other programs.
sources := $(wildcard $(addprefix provisioner/,$(addsuffix /*.c,base model sys kind kind/* engine report views)))
apply_sources := $(wildcard provisioner/apply/*.c)
statusd_sources := $(wildcard provisioner/statusd/*.c)
push_sources := $(wildcard provisioner/push/*.c)
tree_sources := $(wildcard tests/golden/tree_*.c)
# The properties that the fuzzer and the unit tests check, and the sources that they need.
module_sources := modules/rapiddisk/ctl.c modules/rapiddisk-cache/args.c
property_sources := $(wildcard tests/fuzz/*_property.c) $(addprefix tests/fuzz/,kernel.c live.c scratch.c) \
	$(module_sources) $(tree_sources) tests/unit/fake_class.c \
	$(addprefix provisioner/push/,files.c http.c payload.c spool.c state.c) \
	$(addprefix provisioner/apply/,late.c nvmetcli.c option_rows.c options_parse.c)
property_libs = $(shell pkg-config --libs libcurl zlib)
unit_sources := $(sort $(wildcard tests/unit/*.c) $(property_sources) \
	$(addprefix provisioner/apply/,options_print.c private_file.c redact.c))

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
objects := $(call obj,$(sources))

programs := $(addprefix $(BUILD)/,rapiddisk-apply rapiddisk-statusd rapiddisk-push)

.PHONY: all
all: $(programs)

$(BUILD)/rapiddisk-apply: $(objects) $(call obj,$(apply_sources))
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(ldflags) $(LDFLAGS) -o $@ $^ $(pkg_libs) -lpthread

# The network programs link an archive, so that they need no library of code that they do not use.
$(BUILD)/provisioner.a: $(objects)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcsP $@ $^

$(BUILD)/rapiddisk-statusd: $(call obj,$(statusd_sources)) $(BUILD)/provisioner.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(ldflags) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(statusd_packages))

$(BUILD)/rapiddisk-push: $(call obj,$(push_sources)) $(BUILD)/provisioner.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(ldflags) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(push_packages))

# The assembler reads these.
$(BUILD)/obj/provisioner/views/page.o: $(wildcard provisioner/views/page/*)

$(BUILD)/obj/%.o: %.c Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(cppflags) $(CPPFLAGS) $(cflags) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/tests/%.o: cppflags += -Itests

# The parsers of the modules for user space: tests/fuzz/kernel.h has what they use of the kernel.
kernel_objects := $(call obj,$(module_sources) tests/fuzz/mgmt_property.c tests/fuzz/table_property.c)
$(kernel_objects): cppflags += -I$(BUILD)/kernel -Imodules -Itests -include tests/fuzz/kernel.h
$(kernel_objects): warnings += -Wno-unused-parameter -Wno-sign-compare
$(kernel_objects): $(BUILD)/kernel/stamp

# Empty files, which the sources of the modules include.
$(BUILD)/kernel/stamp: $(wildcard modules/*/*.[ch])
	$(Q)mkdir -p $(@D)/linux
	$(Q)sed -n 's|^#include <linux/\([^/]*\)>.*|$(@D)/linux/\1|p' $^ | sort -u | xargs touch $@

-include $(patsubst %.o,%.d,$(objects) $(call obj,$(apply_sources) $(statusd_sources) \
	$(push_sources) $(unit_sources) tests/golden/tree.c))

# --- kernel modules ---------------------------------------------------------------------

# Kbuild writes beside the sources, so each kernel has its own copy.
.PHONY: modules
modules:
	@[ -e '$(KDIR)' ] || { echo "no kernel headers in $(KDIR): install the headers of $(KREL), or" \
		"name another release by KREL=, or a directory by KDIR=" >&2; exit 1; }
	@mkdir -p $(BUILD)/modules/$(KREL)
	$(Q)cp -Ru modules/. $(BUILD)/modules/$(KREL)/
	$(Q)$(MAKE) -C $(KDIR) M=$(abspath $(BUILD)/modules/$(KREL)) \
		$(KFLAGS) modules

# --- installing ---------------------------------------------------------------------------

sbindir := $(DESTDIR)$(PREFIX)/sbin
unitdir := $(DESTDIR)$(PREFIX)/lib/systemd/system
generatordir := $(DESTDIR)$(PREFIX)/lib/systemd/system-generators
udevdir := $(DESTDIR)$(PREFIX)/lib/udev/rules.d
datadir := $(DESTDIR)$(PREFIX)/share/rapiddisk
docdir := $(DESTDIR)$(PREFIX)/share/doc/rapiddisk
mandir := $(DESTDIR)$(PREFIX)/share/man
moddir := $(DESTDIR)/lib/modules/$(KREL)/updates
sysusersdir := $(DESTDIR)$(PREFIX)/lib/sysusers.d
# initramfs-tools and dracut look for hooks here alone, whatever PREFIX is.
HOOKSDIR ?= /usr/share/initramfs-tools
DRACUTDIR ?= /usr/lib/dracut/modules.d
hooksdir := $(DESTDIR)$(HOOKSDIR)
dracutdir := $(DESTDIR)$(DRACUTDIR)
# The directories of the shells, below DESTDIR. Debian has another one for zsh.
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
dkmsdir := $(DESTDIR)/usr/src/rapiddisk-$(VERSION)
# For drop-ins of the administrator, and of packages. Their paths do not depend on PREFIX.
dropindirs := $(DESTDIR)/etc/rapiddisk.d $(DESTDIR)/usr/lib/rapiddisk.d

units := $(wildcard systemd/*.service systemd/*.socket systemd/*.timer systemd/*.path)
rules := $(wildcard systemd/*.rules)
# Paths below the directory that they are installed to.
hooks := $(patsubst initramfs-tools/%,%,$(wildcard initramfs-tools/hooks/* initramfs-tools/scripts/*/*))
dracut_files := $(patsubst dracut/%,%,$(wildcard dracut/*/*))
examples := $(wildcard examples/*.yaml)
man8 := $(wildcard docs/*.8)
man5 := $(wildcard docs/*.5)
man4 := $(wildcard docs/*.4)
built_modules = $(shell find $(BUILD)/modules/$(KREL) -name '*.ko' 2>/dev/null)
built_releases = $(notdir $(patsubst %/,%,$(wildcard $(BUILD)/modules/*/)))
# Modules of DKMS would stay unused beside those of `make install`, or break the package of rapiddisk 9.
dkms_modules = $(if $(DESTDIR),,$(shell dkms status rapiddisk 2>/dev/null))
documents := README.md CHANGELOG.md SECURITY.md COPYING
pages := $(wildcard docs/*.md docs/*.svg)
# Pages are dated, and a build can be reproduced.
man_date = $(shell LC_ALL=C date -u $(if $(SOURCE_DATE_EPOCH),-d @$(SOURCE_DATE_EPOCH)) +%Y-%m-%d)

# rapiddisk-statusd.service may execute what is in /usr. Its program may be elsewhere.
unit_edits = -e 's|/usr/sbin/|$(PREFIX)/sbin/|g' \
	$(if $(filter /usr /usr/%,$(PREFIX)),,-e 's|^ExecPaths=|&$(PREFIX)/sbin |')

# refuse_packages: fail if a package has installed this project. dpkg and rpm would overwrite or
# remove the files of `make install`, and the other way round.
refuse_packages = $(if $(DESTDIR),:,scripts/package-owner /usr/sbin/rapiddisk-apply $(1))

# Install what was built. Compile nothing, and run nothing that needs a booted system.
.PHONY: install
install:
	@$(call refuse_packages)
	@if [ -n '$(built_modules)' ] && [ -n '$(dkms_modules)' ]; then \
		echo "DKMS has modules of this name ($(dkms_modules)): remove them by 'dkms remove', or" \
			"with the package rapiddisk-dkms; or install none by KREL=none" >&2; exit 1; \
	fi
	install -d $(sbindir) $(unitdir) $(udevdir) $(datadir) $(docdir)/examples $(docdir)/docs \
		$(mandir)/man4 $(mandir)/man5 $(mandir)/man8 $(dropindirs)
	install -m 755 $(programs) $(sbindir)/
	install -m 644 schema/rapiddisk.schema.json $(datadir)/
	install -m 644 $(examples) $(docdir)/examples/
	$(if $(rules),install -m 644 $(rules) $(udevdir)/)
	install -m 644 $(documents) $(docdir)/
	install -m 644 $(pages) $(docdir)/docs/
	for page in $(man4) $(man5) $(man8); do \
		sed 's|^\(\.TH [^ ]* [458]\) ""|\1 "$(man_date)"|' "$$page" >$(BUILD)/page && \
		install -m 644 $(BUILD)/page $(mandir)/man"$${page##*.}"/"$${page##*/}" || exit; \
	done
	for unit in $(units); do \
		sed $(unit_edits) "$$unit" >$(BUILD)/unit && \
		install -m 644 $(BUILD)/unit $(unitdir)/"$${unit##*/}" || exit; \
	done
	install -d $(generatordir) $(sysusersdir)
	sed 's|^prefix=/usr$$|prefix=$(PREFIX)|' systemd/rapiddisk-generator >$(BUILD)/hook
	install -m 755 $(BUILD)/hook $(generatordir)/rapiddisk-generator
	install -m 644 systemd/rapiddisk.sysusers $(sysusersdir)/rapiddisk.conf
	install -m 755 initramfs/rapiddisk-root $(datadir)/
	for file in $(hooks); do \
		sed 's|^prefix=/usr$$|prefix=$(PREFIX)|' "initramfs-tools/$$file" \
			>$(BUILD)/hook && \
		install -D -m 755 $(BUILD)/hook $(hooksdir)/"$$file" || exit; \
	done
	for file in $(dracut_files); do \
		sed 's|^rapiddisk_prefix=/usr$$|rapiddisk_prefix=$(PREFIX)|' "dracut/$$file" \
			>$(BUILD)/hook && \
		install -D -m 755 $(BUILD)/hook $(dracutdir)/"$$file" || exit; \
	done
	install -D -m 644 completion/rapiddisk-apply.bash $(DESTDIR)$(BASHDIR)/rapiddisk-apply
	install -D -m 644 completion/rapiddisk-apply.zsh $(DESTDIR)$(ZSHDIR)/_rapiddisk-apply
	install -D -m 644 completion/rapiddisk-apply.fish $(DESTDIR)$(FISHDIR)/rapiddisk-apply.fish
	$(if $(built_modules),install -d $(moddir))
	$(if $(built_modules),install -m 644 $(built_modules) $(moddir)/)
	$(if $(built_modules),strip --strip-debug $(addprefix $(moddir)/,$(notdir $(built_modules))))
	$(if $(built_modules),depmod -b '$(DESTDIR)/' $(KREL))
	$(if $(DESTDIR),,-systemd-sysusers $(sysusersdir)/rapiddisk.conf)
	@if [ -z '$(built_modules)' ]; then \
		echo "no modules installed: none were built for KREL=$(KREL); built: $(or $(built_releases),none)"; \
	fi

installed_modules = $(wildcard $(addprefix $(DESTDIR)/lib/modules/*/updates/,rapiddisk.ko rapiddisk-cache.ko))

# Keep the configuration, its drop-ins and the key files. Remove the modules of every kernel.
.PHONY: uninstall
uninstall:
	@$(call refuse_packages)
	$(if $(DESTDIR),,scripts/leave-system disable)
	rm -f $(addprefix $(sbindir)/,$(notdir $(programs))) \
		$(addprefix $(unitdir)/,$(notdir $(units))) \
		$(addprefix $(udevdir)/,$(notdir $(rules))) \
		$(addprefix $(hooksdir)/,$(hooks)) \
		$(addprefix $(mandir)/man4/,$(notdir $(man4))) \
		$(addprefix $(mandir)/man5/,$(notdir $(man5))) \
		$(addprefix $(mandir)/man8/,$(notdir $(man8))) \
		$(generatordir)/rapiddisk-generator $(sysusersdir)/rapiddisk.conf \
		$(DESTDIR)$(BASHDIR)/rapiddisk-apply $(DESTDIR)$(ZSHDIR)/_rapiddisk-apply \
		$(DESTDIR)$(FISHDIR)/rapiddisk-apply.fish \
		$(addprefix $(docdir)/,$(documents))
	rm -rf $(datadir) $(docdir)/examples $(docdir)/docs \
		$(addprefix $(dracutdir)/,$(notdir $(wildcard dracut/*)))
	for directory in $(docdir) $(mandir)/man4 $(mandir)/man5 $(mandir)/man8 $(dracutdir) $(unitdir) \
		$(generatordir) $(sysusersdir) $(udevdir) $(addprefix $(hooksdir)/,$(sort $(dir $(hooks)))) \
		$(DESTDIR)$(BASHDIR) $(DESTDIR)$(ZSHDIR) $(DESTDIR)$(FISHDIR); do \
		directory=$${directory%/}; \
		while [ "$${directory%/*}" != '$(DESTDIR)$(PREFIX)' ] && \
			[ "$${directory%/*}" != '$(DESTDIR)/usr' ] && \
			scripts/package-owner "$$directory" 2>/dev/null && \
			rmdir "$$directory" 2>/dev/null; do \
			directory=$${directory%/*}; \
		done; \
	done
	for directory in $(dropindirs); do \
		! scripts/package-owner "$$directory" 2>/dev/null || \
			rmdir --ignore-fail-on-non-empty "$$directory" 2>/dev/null || :; \
	done
	for file in $(installed_modules); do \
		rm -f "$$file" && release=$${file#'$(DESTDIR)/lib/modules/'} && release=$${release%%/*} && \
		rmdir --ignore-fail-on-non-empty "$${file%/*}" && \
		depmod -b '$(DESTDIR)/' "$$release" || exit; \
	done
	$(if $(DESTDIR),rm -rf $(dkmsdir),scripts/leave-system forget)

# Give the modules to DKMS, and install them for KREL. With DESTDIR, only lay out the sources.
.PHONY: dkms
dkms:
	@$(call refuse_packages,$(dkmsdir)/dkms.conf)
	@if [ -z '$(DESTDIR)' ] && [ -n '$(installed_modules)' ]; then \
		echo "make install has installed modules, which modprobe would prefer to those of DKMS:" \
			"remove them first: $(installed_modules)" >&2; exit 1; \
	fi
	$(if $(DESTDIR),,dkms --version >/dev/null)
	$(if $(DESTDIR),,! dkms status -m rapiddisk -v $(VERSION) | grep -q . || \
		dkms remove -m rapiddisk -v $(VERSION) --all)
	install -d $(dkmsdir)
	cp -R --no-preserve=ownership modules/. $(dkmsdir)/
	rm $(dkmsdir)/.clang-format
	$(if $(DESTDIR),,dkms add -m rapiddisk -v $(VERSION))
	$(if $(DESTDIR),,dkms install -m rapiddisk -v $(VERSION) -k $(KREL))

# --- packages -----------------------------------------------------------------------------

.PHONY: deb
deb:
	$(Q)scripts/install-deps build check package
	$(Q)scripts/make-deb $(BUILD)/deb

.PHONY: rpm
rpm:
	$(Q)scripts/install-deps build check package
	$(Q)scripts/make-rpm $(BUILD)/rpm

# Build, check, install, upgrade and purge the packages in Debian trees; needs root.
.PHONY: package
package:
	$(Q)tests/package $(SUITES)

# --- tests ------------------------------------------------------------------------------

$(BUILD)/unit-tests: $(objects) $(call obj,$(unit_sources))
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(ldflags) $(LDFLAGS) -o $@ $^ $(pkg_libs) $(property_libs) \
		$(shell pkg-config --libs check) -lpthread

# Needs neither root nor a network.
.PHONY: unit
unit: $(BUILD)/unit-tests $(BUILD)/rapiddisk-apply
	$(Q)$(BUILD)/unit-tests

# Build the programs and the unit tests with the other compiler.
.PHONY: clang
clang:
	$(Q)$(MAKE) CC=clang BUILD=$(BUILD)/clang all $(BUILD)/clang/unit-tests $(BUILD)/clang/cache-model

# Run unit and golden under the address and undefined-behaviour sanitizers.
.PHONY: asan
asan:
	$(Q)$(MAKE) BUILD=$(BUILD)/asan CFLAGS='-O1 -g -fno-omit-frame-pointer \
		-fsanitize=address,undefined -fno-sanitize-recover=undefined' unit golden

# The targets of the fuzzer: each NAME has tests/fuzz/NAME_property.c and the seeds in
# tests/fuzz/corpus-NAME. FUZZ_LINK, FUZZ_FLAGS and FUZZ_ENGINE are those of another fuzzer:
# tests/fuzz/oss-fuzz.
fuzz_targets := $(patsubst tests/fuzz/%_property.c,%,$(wildcard tests/fuzz/*_property.c))
FUZZ_LINK ?= clang
FUZZ_FLAGS ?= -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined -fsanitize=fuzzer-no-link
FUZZ_ENGINE ?= -fsanitize=fuzzer
fuzz_libs = $(pkg_libs) $(property_libs) -lpthread

# Sanitizers do not see the calls that _FORTIFY_SOURCE replaces.
fuzz_make = $(MAKE) CC='$(FUZZ_LINK)' BUILD=$(BUILD)/fuzz hardening= \
	CFLAGS='$(FUZZ_FLAGS)'

$(BUILD)/harness-%.o: tests/fuzz/harness.c tests/fuzz/property.h tests/fuzz/properties.h Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(cppflags) -Itests -DCHECK=$*_property_check $(cflags) $(CFLAGS) -c -o $@ $<

$(BUILD)/properties.a: $(objects) $(call obj,$(property_sources))
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/fuzz-%: $(BUILD)/harness-%.o $(BUILD)/properties.a
	$(call say,LD,$@)
	$(Q)$(FUZZ_LINK) $(CFLAGS) $(FUZZ_ENGINE) $(LDFLAGS) -o $@ $^ $(fuzz_libs)

# Keep the objects, which make takes for intermediate files.
.PRECIOUS: $(BUILD)/harness-%.o

.PHONY: fuzz-programs
fuzz-programs: $(addprefix $(BUILD)/fuzz-,$(fuzz_targets))

# Fuzz TARGET for SECONDS. Findings are in $(BUILD)/fuzz; a finding that is copied to the seeds of
# the target becomes a test.
TARGET ?= config
.PHONY: fuzz
fuzz: SECONDS ?= 60
fuzz:
	$(Q)scripts/install-deps build check
	$(Q)$(fuzz_make) $(BUILD)/fuzz/fuzz-$(TARGET)
	$(Q)mkdir -p $(BUILD)/fuzz/corpus-$(TARGET)
	$(Q)$(BUILD)/fuzz/fuzz-$(TARGET) -max_total_time=$(SECONDS) -timeout=10 \
		-rss_limit_mb=1024 $(wildcard $(addprefix -dict=,tests/fuzz/$(TARGET).dict)) \
		-artifact_prefix=$(BUILD)/fuzz/ -print_final_stats=1 \
		$(BUILD)/fuzz/corpus-$(TARGET) tests/fuzz/corpus-$(TARGET)

# Fuzz every target for SECONDS.
.PHONY: fuzz-short
fuzz-short: SECONDS ?= 20
fuzz-short:
	$(Q)scripts/install-deps build check
	$(Q)$(fuzz_make) fuzz-programs
	$(Q)tests/fuzz/short $(BUILD)/fuzz $(SECONDS) $(fuzz_targets)

# Pack, unpack and edit golden cases.
$(BUILD)/tree: $(call obj,tests/golden/tree.c $(tree_sources) provisioner/sys/tree.c \
		$(wildcard provisioner/base/*.c))
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(ldflags) $(LDFLAGS) -o $@ $^

# Run each file of tests/golden/cases: a configuration, a machine, and the expected output.
.PHONY: golden
golden: $(BUILD)/rapiddisk-apply $(BUILD)/tree
	$(Q)BUILD=$(BUILD) tests/golden/run

# Explore all states of a model of the cache, and show that it needs each of its guards. SLOTS: number
# of slots of the cache, 2 to 6.
SLOTS ?= 2
model_sources := $(wildcard tests/model/*.c)

$(BUILD)/cache-model: $(call obj,$(model_sources))
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(ldflags) $(LDFLAGS) -o $@ $^

.PHONY: model
model: $(BUILD)/cache-model
	$(Q)$< --slots=$(SLOTS)

# Check the configurations of examples/ and of the README, and their plans.
.PHONY: examples
examples: $(BUILD)/rapiddisk-apply $(BUILD)/tree
	$(Q)BUILD=$(BUILD) tests/examples/run

# Check what install and uninstall do, below a DESTDIR.
.PHONY: installed
installed: $(programs)
	$(Q)BUILD=$(BUILD) tests/install

# Run the network programs over loopback against misbehaving clients and collectors.
.PHONY: network
network: $(programs)
	$(Q)BUILD=$(BUILD) tests/network/run

# Check the page in a headless browser: figures, plot, console.
.PHONY: page
page: $(programs)
	$(Q)BUILD=$(BUILD) tests/network/page

# Check examples/fleet with promtool and Ansible; needs root.
.PHONY: fleet
fleet: $(programs)
	$(Q)BUILD=$(BUILD) tests/network/fleet

# Edit a configuration in a session with yaml-language-server; needs npx or LANGUAGE_SERVER.
.PHONY: language-server
language-server: $(BUILD)/rapiddisk-apply
	$(Q)BUILD=$(BUILD) tests/language-server

# Write the schema and the man pages from the field tables and the options.
.PHONY: schema
schema: $(BUILD)/rapiddisk-apply
	$(Q)$< --print-schema >schema/rapiddisk.schema.json
	$(Q)scripts/man-keys schema/rapiddisk.schema.json docs/rapiddisk.yaml.5.in \
		>docs/rapiddisk.yaml.5
	$(Q)$< --print-options | scripts/man-options docs/rapiddisk-apply.8.in \
		>docs/rapiddisk-apply.8
	$(Q)$< --print-metrics | scripts/man-metrics docs/rapiddisk-statusd.8.in >docs/rapiddisk-statusd.8
	$(Q)for shell in bash zsh fish; do \
		$< --print-options | scripts/completion $$shell >completion/rapiddisk-apply.$$shell || exit; \
	done

c_files := $(wildcard provisioner/*/*.[ch] provisioner/*/*/*.[ch] tests/*/*.[ch] modules/*.h modules/*/*.[ch])

.PHONY: format
format:
	$(Q)clang-format -i $(c_files)

.PHONY: lint
lint: $(programs) $(BUILD)/tree
	$(Q)BUILD=$(BUILD) scripts/lint $(c_files)

# Build the modules with W=1 and sparse for the headers of each supported kernel, and check
# their style.
.PHONY: modules-check
modules-check:
	$(Q)tests/vm/modules-build bookworm trixie sid
	$(Q)tests/vm/modules-style

# Run the tests that boot Debian guests.
.PHONY: vm-test
vm-test:
	$(Q)tests/vm/run $(TESTS)

.PHONY: deps
deps:
	$(Q)scripts/install-deps build check guest browser fleet

.PHONY: check
check: deps
	$(Q)scripts/with-proc $(MAKE) suites

# suite TARGET...: make the targets, and print the time.
suite = +$(Q)started=$$(date +%s); $(MAKE) $(1) && \
	echo "\# make $(1): $$(($$(date +%s) - started)) s"

# The suites run one after the other, whatever -j says. Each ends with its own count.
.PHONY: suites
suites:
	$(call suite,WERROR=1 all)
	$(call suite,WERROR=1 unit)
	$(call suite,WERROR=1 clang)
	$(call suite,golden)
	$(call suite,WERROR=1 model)
	$(call suite,examples)
	$(call suite,installed)
	$(call suite,network)
	$(call suite,page)
	$(call suite,fleet)
	$(call suite,asan)
	$(call suite,lint)
	$(call suite,modules-check)
	$(call suite,vm-test)

.PHONY: demo
demo:
	$(Q)scripts/install-deps guest
	$(Q)scripts/with-proc tests/vm/guest --disk=128M tests/vm/demo.sh

# Run the README's commands in fresh Debian 12 and 13 trees. FRESH: options of tests/fresh.
.PHONY: fresh
fresh:
	$(Q)tests/fresh $(FRESH)

# Measure costs in instructions (an I/O, a run of rapiddisk-apply) and the hit ratio of caches, beside
# brd and other caches.
.PHONY: bench
bench: $(BUILD)/rapiddisk-apply
	$(Q)scripts/install-deps check guest
	$(Q)tests/bench/provisioner
	$(Q)tests/bench/run

.PHONY: clean
clean:
	rm -rf $(BUILD)
