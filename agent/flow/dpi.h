/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * nDPI, met only here: the name of a flow's protocol and its risks.  Fed at most
 * DPI_PACKETS_MAX packets a flow.  A name is a hint, never by itself an alert.
 */
#ifndef AGENT_FLOW_DPI_H
#define AGENT_FLOW_DPI_H

#include "agent/flow/flow.h"

struct dpi;

/* NULL with errno.  Must outlive the flows it was shown. */
struct dpi *dpi_new(void);
void dpi_free(struct dpi *d);
/*
 * Sets f->dpi_protocol, dpi_category and dpi_risks as they become known; then,
 * and when DPI_FLOWS_MAX flows are being looked at, it does nothing.
 */
void dpi_packet(struct dpi *d, const struct packet *p, struct flow *f);
/* Last chance at the end of a flow: the best guess. */
void dpi_flow_end(struct dpi *d, struct flow *f);
/* For flow_hooks.slot_free[FLOW_SLOT_DPI]. */
void dpi_slot_free(void *slot);
/* "Self-signed Certificate"; NULL for a number nDPI does not have. */
const char *dpi_risk_name(unsigned risk);
/* 1 (high) to 3 (low), as alert.severity. */
unsigned dpi_risk_severity(unsigned risk);
/* Risk numbers are below this. */
unsigned dpi_risks(void);

struct dpi_stats {
	uint64_t flows, packets, named, guessed;
	uint64_t refused; /* no room: flows that were not looked at */
};
const struct dpi_stats *dpi_stats(const struct dpi *d);

#endif
