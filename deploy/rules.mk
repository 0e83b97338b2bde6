# Installing: every program in one folder, so that they find each other, with links
# from bin and sbin for those that people call.
LIBDIR     := $(PREFIX)/lib/stadswacht
SHAREDIR   := $(PREFIX)/share/stadswacht
SYSCONFDIR ?= /etc/stadswacht
UNITDIR    ?= $(PREFIX)/lib/systemd/system
IN_BIN     := stadswacht-sensor stadswacht-scanner stadswacht-signatures stadswacht-report \
              stadswacht-correlate stadswachtctl
IN_SBIN    := stadswacht-agent stadswacht-collector

# Manual pages: what a person wrote, with options and commands from the program's own table.
MAN := $(patsubst docs/man/%.in,$(BUILD)/man/%,$(foreach p,$(PROGRAMS),$(wildcard docs/man/$(p).8.in)))

.PHONY: install uninstall demo man
all: man
man: $(MAN) ## manual pages, under build/man
$(BUILD)/man/%.8: docs/man/%.8.in $(BUILD)/%
	@mkdir -p $(@D)
	$(Q)$(BUILD)/$* --completion mdoc >$@.options
	$(Q)sed -e '/^@OPTIONS@$$/{' -e 'r $@.options' -e 'd' -e '}' $< >$@ && rm $@.options

install: all ## install under DESTDIR and PREFIX; never overwrites configuration
	$(Q)install -d $(DESTDIR)$(LIBDIR) $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/sbin \
		$(DESTDIR)$(SYSCONFDIR) $(DESTDIR)$(UNITDIR) $(DESTDIR)$(SHAREDIR) \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions \
		$(DESTDIR)$(PREFIX)/share/man/man8
	$(Q)install -m 755 $(PROGRAMS:%=$(BUILD)/%) $(DESTDIR)$(LIBDIR)
	$(Q)for p in $(IN_BIN); do ln -sf ../lib/stadswacht/$$p $(DESTDIR)$(PREFIX)/bin/$$p; done
	$(Q)for p in $(IN_SBIN); do ln -sf ../lib/stadswacht/$$p $(DESTDIR)$(PREFIX)/sbin/$$p; done
	$(Q)for p in $(IN_BIN) $(IN_SBIN); do \
		$(BUILD)/$$p --completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$p; done
	$(Q)for f in deploy/conf/*.yaml; do \
		[ -e $(DESTDIR)$(SYSCONFDIR)/$${f##*/} ] || install -m 644 $$f $(DESTDIR)$(SYSCONFDIR); done
	$(Q)install -m 644 deploy/systemd/*.service $(DESTDIR)$(UNITDIR)
	$(Q)install -D -m 644 deploy/systemd/stadswacht.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/stadswacht.conf
	$(Q)install -m 644 $(MAN) $(DESTDIR)$(PREFIX)/share/man/man8
	$(Q)cp -r signatures $(DESTDIR)$(SHAREDIR)/
	$(Q)[ ! -d $(BUILD)/console ] || cp -r $(BUILD)/console $(DESTDIR)$(SHAREDIR)/

uninstall: ## take away what install put there, but not configuration or state
	$(Q)rm -rf $(DESTDIR)$(LIBDIR) $(DESTDIR)$(SHAREDIR)
	$(Q)for p in $(IN_BIN); do rm -f $(DESTDIR)$(PREFIX)/bin/$$p; done
	$(Q)for p in $(IN_SBIN); do rm -f $(DESTDIR)$(PREFIX)/sbin/$$p; done
	$(Q)for p in $(IN_BIN) $(IN_SBIN); do \
		rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$p; done
	$(Q)rm -f $(DESTDIR)$(UNITDIR)/stadswacht-*.service $(DESTDIR)$(PREFIX)/lib/sysusers.d/stadswacht.conf
	$(Q)rm -f $(DESTDIR)$(PREFIX)/share/man/man8/stadswacht*.8

demo: $(BUILD)/stadswacht-sensor ## alerts of the bundled capture, as JSON lines: no root, no network
	$(Q)$(BUILD)/stadswacht-sensor --pcap deploy/demo/attack.pcap --rules signatures/rules --eve-out -
