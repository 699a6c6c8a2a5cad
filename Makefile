# SPDX-License-Identifier: GPL-2.0-or-later
#
# make            the programs, in build/
# make modules    the kernel modules, in build/modules/$(KREL)/  [KREL=release] [KDIR=headers]
# make install    all that was built  [DESTDIR=] [PREFIX=/usr] [KREL=]
# make check      every test; installs what it needs, as root
# make demo       boots a guest and shows the main job; installs what it needs, as root
# More targets: uninstall unit asan fuzz lint format vm-test modules-check bench clean
# V=1 shows the commands.

VERSION := 10.0.0

CC ?= gcc
CFLAGS ?= -O2 -g
PREFIX ?= /usr
KREL ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KREL)/build
BUILD ?= build

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)')

packages := yaml-0.1 devmapper libkmod libudev jansson libmd
pkg_cflags = $(shell pkg-config --cflags $(packages))
pkg_libs = $(shell pkg-config --libs $(packages))

warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
	-Wpointer-arith -Wcast-qual -Wundef -Wvla -Werror=implicit-function-declaration \
	$(if $(WERROR),-Werror)
cppflags := -D_GNU_SOURCE -DRAPIDDISK_VERSION='"$(VERSION)"' -Iprovisioner
cflags = -std=gnu17 $(warnings) -fstack-protector-strong -D_FORTIFY_SOURCE=2 $(pkg_cflags)

# Every .c file below provisioner/ but the programs' own is in each program's reach.
sources := $(wildcard $(addprefix provisioner/,$(addsuffix /*.c,base model port kind engine report)))
apply_sources := $(wildcard provisioner/apply/*.c)
unit_sources := $(wildcard tests/unit/*.c)

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
objects := $(call obj,$(sources))

programs := $(BUILD)/rapiddisk-apply

.PHONY: all
all: $(programs)

$(BUILD)/rapiddisk-apply: $(objects) $(call obj,$(apply_sources))
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(pkg_libs) -lpthread

$(BUILD)/obj/%.o: %.c Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(cppflags) $(CPPFLAGS) $(cflags) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(patsubst %.o,%.d,$(objects) $(call obj,$(apply_sources) $(unit_sources)))

# --- kernel modules ---------------------------------------------------------------------

# Kbuild writes beside the sources, so each kernel gets its own copy of them.
.PHONY: modules
modules:
	@mkdir -p $(BUILD)/modules/$(KREL)
	$(Q)cp -Ru modules/. $(BUILD)/modules/$(KREL)/
	$(Q)$(MAKE) -C $(KDIR) M=$(abspath $(BUILD)/modules/$(KREL)) \
		RAPIDDISK_VERSION=$(VERSION) $(KFLAGS) modules

# --- tests ------------------------------------------------------------------------------

$(BUILD)/unit-tests: $(objects) $(call obj,$(unit_sources))
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(pkg_libs) $(shell pkg-config --libs check) \
		-lpthread

# No root, no network, a few seconds: the unit tests and the golden cases.
.PHONY: unit
unit: $(BUILD)/unit-tests $(BUILD)/rapiddisk-apply
	$(Q)$(BUILD)/unit-tests

.PHONY: asan
asan:
	$(Q)$(MAKE) BUILD=$(BUILD)/asan CFLAGS='-O1 -g -fno-omit-frame-pointer \
		-fsanitize=address,undefined -fno-sanitize-recover=undefined' unit

.PHONY: clean
clean:
	rm -rf $(BUILD)
