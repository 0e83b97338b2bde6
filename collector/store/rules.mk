# SPDX-License-Identifier: EUPL-1.2
# The steps of the store's schema, compiled in as strings, in order of their number.
SCHEMA_STEPS := $(sort $(wildcard collector/store/schema/*.sql))
SCHEMA_INC   := $(BUILD)/gen/store_schema.inc
CFLAGS_collector_store_schema := -I$(BUILD)/gen

$(SCHEMA_INC): $(SCHEMA_STEPS) collector/store/rules.mk
	@mkdir -p $(@D)
	$(Q)for f in $(SCHEMA_STEPS); do \
		sed -e 's/["\\]/\\&/g' -e 's/.*/"&\\n"/' $$f; echo ','; done > $@
$(BUILD)/obj/collector/store/schema.o: $(SCHEMA_INC)
