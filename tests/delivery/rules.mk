# SPDX-License-Identifier: EUPL-1.2
.PHONY: delivery
delivery: $(BUILD)/stadswacht-forwarder $(BUILD)/stadswacht-ingest $(BUILD)/stadswacht-collector ## from queue to store as it runs: outage, strangers, revocation, old backup, full spool
	$(Q)tests/delivery/run $(BUILD)
