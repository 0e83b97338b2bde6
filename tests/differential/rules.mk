# SPDX-License-Identifier: EUPL-1.2
# Side by side with Suricata 7 (root; needs ../shared; not part of tests/run).
.PHONY: differential
DIFFERENTIAL_RULES ?= $(BUILD)/differential/et.rules
DIFFERENTIAL_CAPTURES ?= $(BUILD)/differential/ndpi $(SHARED)/corpus/verify
SAMPLE ?= 1

$(BUILD)/differential/et.rules: $(SHARED)/corpus/rules/et-open.rules.xz
	@mkdir -p $(@D)
	$(Q)xz -dc $< >$@

$(BUILD)/differential/ndpi: $(SHARED)/corpus/captures/ndpi.tar.xz
	@mkdir -p $@
	$(Q)tar -xJf $< -C $@ && touch $@

differential: $(BUILD)/stadswacht-sensor $(BUILD)/differential/et.rules $(BUILD)/differential/ndpi ## alerts side by side with Suricata 7, all of ET Open (root; SAMPLE=N: every Nth capture)
	$(Q)tests/differential/setup >/dev/null
	$(Q)BUILD=$(BUILD) tests/differential/run --rules $(DIFFERENTIAL_RULES) --any-net --sample $(SAMPLE) $(DIFFERENTIAL_CAPTURES)
