# SPDX-License-Identifier: EUPL-1.2
# Deaths between queue and store: make crash N=1000 (N deaths; SEED=n repeats a run).
N    ?= 42
SEED ?=

# Only these differ from the programs as installed: they hold the named fault points.
CRASH_forwarder := agent/forwarder.c agent/forward/sender.c agent/spool/segments.c
CRASH_ingest    := collector/ingest.c collector/receive/intake.c collector/receive/messages.c
crash_obj = $(patsubst %.c,$(BUILD)/crash/obj/%.o,$(1))

$(BUILD)/crash/obj/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) -DSTADSWACHT_FAULTS $(CFLAGS_ALL) -MMD -MP -c -o $@ $<
$(BUILD)/crash/stadswacht-forwarder: $(call crash_obj,$(CRASH_forwarder)) $(LIB_agent) $(LIB_common)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_stadswacht-forwarder)
$(BUILD)/crash/stadswacht-ingest: $(call crash_obj,$(CRASH_ingest)) $(LIB_collector) $(LIB_common)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_stadswacht-ingest)
$(BUILD)/crash/crash: $(call crash_obj,tests/crash/crash.c) $(LIB_collector) $(LIB_common)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_stadswacht-ingest)

.PHONY: crash
crash: $(BUILD)/crash/crash $(BUILD)/crash/stadswacht-forwarder $(BUILD)/crash/stadswacht-ingest ## kill -9 between queue and store, N times; nothing lost, nothing doubled
	$(Q)$(BUILD)/crash/crash $(BUILD)/crash $(N) $(SEED)
-include $(shell find $(BUILD)/crash -name '*.d' 2>/dev/null)
