# SPDX-License-Identifier: EUPL-1.2
.PHONY: system
system: all ## the agent's processes as they run: privileges, restarts, stopping
	$(Q)BUILD=$(BUILD) tests/system/agent
