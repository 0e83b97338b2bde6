# Both README commands in a fresh Debian 12 and 13 (root; slow: not part of tests/run).
.PHONY: fresh
fresh: ## both README commands in a fresh Debian 12 and 13 (root, slow)
	$(Q)p=0; f=0; for s in bookworm trixie; do \
		for c in "deploy/quickstart --exit" tests/run; do \
			if tests/fresh/run $$s $$c; then p=$$((p + 1)); else f=$$((f + 1)); fi; \
		done; \
	done; echo "$$p passed, $$f failed"; [ $$f -eq 0 ]
