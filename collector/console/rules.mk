# SPDX-License-Identifier: EUPL-1.2
# The console's bundle, with npm and esbuild.  Without npm everything else still builds.
CONSOLE     := collector/console
CONSOLE_SRC := $(wildcard $(CONSOLE)/src/*) $(CONSOLE)/index.html $(CONSOLE)/console.css $(CONSOLE)/favicon.svg
ESBUILD     := $(CONSOLE)/node_modules/esbuild/bin/esbuild

.PHONY: console
console: $(BUILD)/console/console.js ## the console's page (needs npm)

$(BUILD)/console/console.js: $(CONSOLE_SRC) $(CONSOLE)/node_modules/.done
	@mkdir -p $(@D)
	@echo "JS $@"
	$(Q)cp $(CONSOLE)/index.html $(CONSOLE)/console.css $(CONSOLE)/favicon.svg $(@D)
	$(Q)node $(ESBUILD) $(CONSOLE)/src/main.jsx --bundle --minify --target=es2020 \
		--jsx=automatic --jsx-import-source=preact --log-level=warning \
		--legal-comments=eof --outfile=$@

$(CONSOLE)/node_modules/.done: $(CONSOLE)/package-lock.json
	@command -v npm >/dev/null || { echo "make: the console needs npm: apt-get install npm" >&2; exit 1; }
	$(Q)cd $(CONSOLE) && npm ci --no-fund --no-audit --loglevel=error
	@touch $@

# "all" has the console where it can be built, and says so where not.
.PHONY: console-if-possible
all: console-if-possible
console-if-possible:
	$(Q)if command -v npm >/dev/null; then $(MAKE) --no-print-directory console || \
		echo "make: the console's page is not built; the programs are (make console tries again)"; \
	else echo "make: no npm, so the console's page is not built (apt-get install npm; make console)"; fi
