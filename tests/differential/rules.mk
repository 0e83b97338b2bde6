# SPDX-License-Identifier: EUPL-1.2
# Side by side with Suricata 7 (root; needs ../shared; not part of tests/run).
.PHONY: differential generated
DIFFERENTIAL_RULES ?= $(BUILD)/differential/et.rules
DIFFERENTIAL_CAPTURES ?= $(BUILD)/differential/ndpi $(SHARED)/corpus/verify
SAMPLE ?= 1
DIFFERENTIAL_NET ?= --any-net

$(BUILD)/differential/et.rules: $(SHARED)/corpus/rules/et-open.rules.xz
	@mkdir -p $(@D)
	$(Q)xz -dc $< >$@

$(BUILD)/differential/ndpi: $(SHARED)/corpus/captures/ndpi.tar.xz
	@mkdir -p $@
	$(Q)tar -xJf $< -C $@ && touch $@

differential: $(BUILD)/differential/replay $(BUILD)/differential/et.rules $(BUILD)/differential/ndpi ## alerts side by side with Suricata 7, all of ET Open (root; SAMPLE=N: every Nth capture; DIFFERENTIAL_RULES=FILE; DIFFERENTIAL_NET= for the shipped HOME_NET)
	$(Q)tests/differential/setup >/dev/null
	$(Q)BUILD=$(BUILD) tests/differential/run --rules $(DIFFERENTIAL_RULES) $(DIFFERENTIAL_NET) --sample $(SAMPLE) $(DIFFERENTIAL_CAPTURES)

$(BUILD)/differential/replay: $(BUILD)/obj/tests/differential/replay.o $(LIB_agent) $(LIB_common)
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_stadswacht-sensor)

generated: $(BUILD)/differential/replay $(BUILD)/differential/et.rules ## for each rule of ET Open a conversation that fires and near misses that do not (GENERATED=--peer: with Suricata, root)
	$(Q)BUILD=$(BUILD) tests/differential/generate $(GENERATED) $(DIFFERENTIAL_RULES)
