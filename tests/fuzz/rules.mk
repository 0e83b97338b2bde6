# SPDX-License-Identifier: EUPL-1.2
# Fuzz targets: tests/fuzz/fuzz_NAME.c with seeds in tests/fuzz/corpus/NAME.  Built
# with clang (deploy/install-packages fuzz) into a tree of its own; what libFuzzer
# learns stays in build/fuzz.
.PHONY: fuzz
FUZZ_S   = $(or $(S),60)
FUZZ_ALL := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined

fuzz: ## fuzz P=NAME (default: all) for S=60 seconds each
	$(Q)p=0; f=0; for n in $(or $(P),$(FUZZ_ALL)); do \
		if $(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC=clang \
			SAN="$(FUZZ_SAN) -fsanitize=fuzzer-no-link" $(BUILD)/fuzz/fuzz_$$n && \
		   tests/fuzz/run $(BUILD)/fuzz $$n $(FUZZ_S); \
		then p=$$((p + 1)); else f=$$((f + 1)); fi; \
	done; echo "$$p passed, $$f failed"; [ $$f -eq 0 ]

$(BUILD)/fuzz_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(LIB_agent) $(LIB_collector) $(LIB_common)
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -fsanitize=fuzzer -o $@ $^ $(ALL_LIBS)
