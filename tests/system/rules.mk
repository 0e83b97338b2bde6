# SPDX-License-Identifier: EUPL-1.2
.PHONY: system
system: all ## the agent's processes as they run: privileges, restarts, other rules, stopping
	$(Q)BUILD=$(BUILD) tests/system/agent

.PHONY: reload
reload: all ## other rules under traffic: no packet and no flow is lost (root)
	$(Q)BUILD=$(BUILD) tests/system/reload
