# SPDX-License-Identifier: EUPL-1.2
.PHONY: signatures-check
signatures-check: $(BUILD)/stadswacht-signatures ## what stadswacht-signatures check says and ends with
	$(Q)tests/signatures/run $(BUILD)/stadswacht-signatures
