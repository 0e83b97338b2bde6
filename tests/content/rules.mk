# SPDX-License-Identifier: EUPL-1.2
.PHONY: content
content: all ## our own signatures: what each fires on, and what it must not
	$(Q)BUILD=$(BUILD) tests/content/run
