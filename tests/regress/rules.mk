# SPDX-License-Identifier: EUPL-1.2
# The sensor offline: our cases, the acceptance corpus, every capture there is.
SHARED   ?= ../shared
ASAN_SENSOR := $(BUILD)/asan/stadswacht-sensor

.PHONY: regress live verify captures captures-all $(ASAN_SENSOR)

regress: $(BUILD)/stadswacht-sensor ## the sensor's records on our own captures
	$(Q)tests/regress/run $<

live: $(BUILD)/stadswacht-sensor ## as root: the sensor on a veth pair in a name space of its own
	$(Q)unshare -n tests/regress/live $<

verify: $(BUILD)/stadswacht-sensor ## acceptance corpus: all must pass but tests/verify/known-failures.txt
	$(Q)tests/verify/run $< $(SHARED)

$(ASAN_SENSOR):
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/asan SAN="-fsanitize=address,undefined -fno-sanitize-recover=undefined" $@

captures: $(ASAN_SENSOR) ## a sample of all captures, whole and cut short, under sanitizers
	$(Q)tests/regress/captures $< --sample 8 --cuts 3 --keep $(BUILD) tests/regress $(wildcard $(SHARED)/corpus/verify $(SHARED)/corpus/captures/*.tar.xz)

captures-all: $(ASAN_SENSOR) ## every capture, whole and cut short at more places (twenty minutes)
	$(Q)tests/regress/captures $< --cuts 10 --keep $(BUILD) tests/regress $(wildcard $(SHARED)/corpus/verify $(SHARED)/corpus/captures/*.tar.xz)
