# SPDX-License-Identifier: EUPL-1.2
.PHONY: api
api: $(BUILD)/stadswacht-web $(BUILD)/stadswachtctl $(BUILD)/tools/append ## the API and stadswachtctl against a real store
	$(Q)tests/api/run $(BUILD)
