# SPDX-License-Identifier: EUPL-1.2
# Build, test and install stadswacht.  "make help" lists the targets; V=1 shows commands.

CC      ?= cc
BUILD   ?= build
SAN     ?=
T       ?=
PREFIX  ?= /usr
DESTDIR ?=
CPPFLAGS_ALL := -D_GNU_SOURCE -I. $(CPPFLAGS)
WARN    := -Wall -Wextra -Werror -Wshadow -Wconversion -Wsign-conversion -Wmissing-prototypes \
           -Wstrict-prototypes -Wvla -Wformat=2 -Wundef -Wpointer-arith -Wwrite-strings
HARDEN  := -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2 -fstack-clash-protection
# gcc sees conversions that are not there once a sanitizer has rewritten the expression: the plain build checks those.
# Hidden, so that a function of ours never takes the place of a library's own (libyaml has a yaml_free too).
CFLAGS_ALL := -std=c11 -O2 -g -fvisibility=hidden $(WARN) $(if $(SAN),$(SAN) -fno-omit-frame-pointer -Wno-conversion,$(HARDEN)) $(CFLAGS)
LDFLAGS_ALL := -pie -Wl,--as-needed -Wl,-z,relro,-z,now $(SAN) $(LDFLAGS)
Q := $(if $(V),,@)

# Third-party headers are read as system headers: our warnings are for our code.
LIBS_pcap     := -lpcap
LIBS_ndpi     := -lndpi
LIBS_hs       := -lhs
LIBS_pcre     := -lpcre2-8
LIBS_zlib     := -lz
LIBS_nghttp2  := -lnghttp2
LIBS_magic    := -lmagic
LIBS_gcrypt   := -lgcrypt
LIBS_yara     := -lyara
LIBS_archive  := -larchive
LIBS_zmq      := -lzmq
LIBS_zstd     := -lzstd
LIBS_sodium   := -lsodium
LIBS_json     := -ljansson
LIBS_yaml     := -lyaml
LIBS_http     := -lmicrohttpd
LIBS_sqlite   := -lsqlite3
LIBS_seccomp  := -lseccomp
LIBS_cap      := -lcap
LIBS_curl     := -lcurl

COMMON    := $(wildcard common/*.c)
# Files at the top of agent/ and collector/ that hold a main() are the programs;
# the others there (config, sandbox) are shared by them, like the stages' folders.
PROGRAMS_agent     := parent sensor scanner forwarder signatures
PROGRAMS_collector := parent ingest correlate web report ctl
AGENT     := $(filter-out $(PROGRAMS_agent:%=agent/%.c),$(wildcard agent/*.c agent/*/*.c))
COLLECTOR := $(filter-out $(PROGRAMS_collector:%=collector/%.c),$(wildcard collector/*.c collector/*/*.c))

# program: source and the libraries it may link
PROG_stadswacht-agent      := agent/parent.c
LIBS_stadswacht-agent      := $(LIBS_yaml) $(LIBS_seccomp) $(LIBS_cap)
PROG_stadswacht-sensor     := agent/sensor.c
LIBS_stadswacht-sensor     := $(LIBS_pcap) $(LIBS_ndpi) $(LIBS_hs) $(LIBS_pcre) $(LIBS_zlib) $(LIBS_nghttp2) $(LIBS_magic) $(LIBS_gcrypt) $(LIBS_sodium) $(LIBS_seccomp) $(LIBS_cap) -lm
PROG_stadswacht-scanner    := agent/scanner.c
LIBS_stadswacht-scanner    := $(LIBS_yara) $(LIBS_archive) $(LIBS_sodium) $(LIBS_seccomp) $(LIBS_cap)
PROG_stadswacht-forwarder  := agent/forwarder.c
LIBS_stadswacht-forwarder  := $(LIBS_zmq) $(LIBS_zstd) $(LIBS_sodium) $(LIBS_seccomp) $(LIBS_cap)
PROG_stadswacht-signatures := agent/signatures.c
LIBS_stadswacht-signatures := $(LIBS_hs) $(LIBS_pcre) $(LIBS_zlib) $(LIBS_nghttp2) $(LIBS_magic) $(LIBS_gcrypt) $(LIBS_yara) $(LIBS_sodium) $(LIBS_seccomp) $(LIBS_cap) -lm
PROG_stadswacht-collector  := collector/parent.c
LIBS_stadswacht-collector  := $(LIBS_yaml) $(LIBS_seccomp) $(LIBS_cap) $(LIBS_zmq) $(LIBS_sqlite)
PROG_stadswacht-ingest     := collector/ingest.c
LIBS_stadswacht-ingest     := $(LIBS_yaml) $(LIBS_zmq) $(LIBS_zstd) $(LIBS_sodium) $(LIBS_sqlite) $(LIBS_json)
PROG_stadswacht-correlate  := collector/correlate.c
LIBS_stadswacht-correlate  := $(LIBS_yaml) $(LIBS_sqlite) $(LIBS_json) $(LIBS_pcre)
PROG_stadswacht-web        := collector/web.c
LIBS_stadswacht-web        := $(LIBS_yaml) $(LIBS_http) $(LIBS_sqlite) $(LIBS_json) $(LIBS_sodium)
PROG_stadswacht-report     := collector/report.c
LIBS_stadswacht-report     := $(LIBS_yaml) $(LIBS_sqlite) $(LIBS_json)
PROG_stadswachtctl         := collector/ctl.c
LIBS_stadswachtctl         := $(LIBS_curl) $(LIBS_json) $(LIBS_sodium)

NAMES := stadswacht-agent stadswacht-sensor stadswacht-scanner stadswacht-forwarder \
         stadswacht-signatures stadswacht-collector stadswacht-ingest stadswacht-correlate \
         stadswacht-web stadswacht-report stadswachtctl
# A program whose source is not there yet is left out.
PROGRAMS := $(foreach n,$(NAMES),$(if $(wildcard $(PROG_$(n))),$(n)))
ALL_LIBS := $(sort $(foreach n,$(NAMES),$(LIBS_$(n))))

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
LIB_common    := $(BUILD)/lib/libcommon.a
LIB_agent     := $(BUILD)/lib/libagent.a
LIB_collector := $(BUILD)/lib/libcollector.a

UNIT := $(wildcard tests/unit/test_*.c)
UNIT_BINS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(if $(T),$(filter tests/unit/test_$(T)%.c,$(UNIT)),$(UNIT)))

.PHONY: all check asan lint format layers clean help $(PROGRAMS)
.DEFAULT_GOAL := all

all: $(PROGRAMS:%=$(BUILD)/%) ## build every program

$(PROGRAMS): %: $(BUILD)/%

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(CFLAGS_$(subst /,_,$*)) -MMD -MP -c -o $@ $<

$(LIB_common): $(call obj,$(COMMON))
$(LIB_agent): $(call obj,$(AGENT))
$(LIB_collector): $(call obj,$(COLLECTOR))
$(BUILD)/lib/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)ar rcs $@ $^

define program
$(BUILD)/$(1): $(call obj,$(PROG_$(1))) $(if $(filter agent/%,$(PROG_$(1))),$(LIB_agent),$(LIB_collector)) $(LIB_common)
	@echo "LD $$@"
	$$(Q)$$(CC) $$(LDFLAGS_ALL) -o $$@ $$^ $$(LIBS_$(1))
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(LIB_agent) $(LIB_collector) $(LIB_common)
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(ALL_LIBS) -lcmocka

check: all $(UNIT_BINS) layers ## unit tests and the layer check (T=name: only that one)
	$(Q)tests/unit/run $(UNIT_BINS)

layers: ## who may include whom (tests/layers.txt)
	$(Q)tests/layers.sh

asan: ## everything under AddressSanitizer and UndefinedBehaviorSanitizer
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/asan SAN="-fsanitize=address,undefined -fno-sanitize-recover=undefined" check

lint: layers ## formatting, cppcheck and the layer check
	$(Q)tests/lint.sh

format: ## lay out every C file as .clang-format says
	$(Q)clang-format -i $$(git ls-files '*.c' '*.h')

# Rules of one kind of test or tool each, so that this file stays readable.
include $(wildcard tests/*/rules.mk collector/*/rules.mk deploy/rules.mk)

clean: ## remove what was built
	$(Q)rm -rf $(BUILD)

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 20

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
