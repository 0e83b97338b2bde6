# SPDX-License-Identifier: EUPL-1.2
# Small programs that tests use.
$(BUILD)/tools/append: $(BUILD)/obj/tests/tools/append.o $(LIB_collector) $(LIB_common)
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_sqlite) $(LIBS_json)
