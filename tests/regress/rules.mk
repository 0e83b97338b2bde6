# SPDX-License-Identifier: EUPL-1.2
# The sensor offline: our cases, the acceptance corpus, every capture there is.
SHARED   ?= ../shared
ASAN_SENSOR := $(BUILD)/asan/stadswacht-sensor
VERIFY   := $(SHARED)/tools/verify --agent '$(BUILD)/stadswacht-sensor --no-ndpi --checksums=off --eve-payload'

.PHONY: regress live verify captures captures-all $(ASAN_SENSOR)

regress: $(BUILD)/stadswacht-sensor ## the sensor's records on our own captures
	$(Q)tests/regress/run $<

live: $(BUILD)/stadswacht-sensor ## as root: the sensor on a veth pair in a name space of its own
	$(Q)unshare -n tests/regress/live $<

verify: $(BUILD)/stadswacht-sensor ## acceptance corpus: the rate of all, then the packet-level tests
	$(Q)$(VERIFY) --quiet $(SHARED)/corpus/verify | grep '^checks' || true
	$(Q)$(VERIFY) --quiet --tests $(SHARED)/corpus/verify/packet-level.txt $(SHARED)/corpus/verify

$(ASAN_SENSOR):
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/asan SAN="-fsanitize=address,undefined -fno-sanitize-recover=undefined" $@

captures: $(ASAN_SENSOR) ## a sample of all captures, whole and cut short, under sanitizers
	$(Q)tests/regress/captures $< --sample 8 --cuts 3 --keep $(BUILD) tests/regress $(wildcard $(SHARED)/corpus/verify $(SHARED)/corpus/captures/*.tar.xz)

captures-all: $(ASAN_SENSOR) ## every capture, whole and cut short at more places (half an hour)
	$(Q)tests/regress/captures $< --cuts 10 --keep $(BUILD) tests/regress $(wildcard $(SHARED)/corpus/verify $(SHARED)/corpus/captures/*.tar.xz)
