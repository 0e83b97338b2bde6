# SPDX-License-Identifier: EUPL-1.2
# The console in a browser (Debian's chromium), with accessibility checks.
BROWSER := tests/browser

.PHONY: browser
browser: $(BUILD)/stadswacht-web $(BUILD)/tools/append console $(BROWSER)/node_modules/.done ## the console in a browser, with axe (needs npm, chromium)
	$(Q)BUILD=$(BUILD) node $(BROWSER)/console.test.js

$(BROWSER)/node_modules/.done: $(BROWSER)/package-lock.json
	$(Q)cd $(BROWSER) && npm ci --no-fund --no-audit --loglevel=error
	@touch $@
