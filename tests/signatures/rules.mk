# SPDX-License-Identifier: EUPL-1.2
.PHONY: signatures-check
signatures-check: $(BUILD)/stadswacht-signatures $(BUILD)/stadswacht-sensor $(BUILD)/stadswacht-scanner ## what stadswacht-signatures says, makes and ends with
	$(Q)tests/signatures/run $(BUILD)/stadswacht-signatures $(BUILD)/stadswacht-sensor $(BUILD)/stadswacht-scanner
