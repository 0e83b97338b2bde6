# SPDX-License-Identifier: EUPL-1.2
# What the sensor costs beside Suricata 7 (root; needs ../shared; not part of tests/run).
.PHONY: bench-peers

bench-peers: $(BUILD)/stadswacht-sensor ## cost side by side with Suricata 7 (root; PART=cpu|memory|start|idle|curve|live, REPEAT=5, SIZE=400 MB)
	$(Q)tests/differential/setup >/dev/null
	$(Q)BUILD=$(BUILD) SHARED=$(SHARED) tests/bench/peers $(PART)
