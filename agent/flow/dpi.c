/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Flows through nDPI.  A flow holds one of a pool of its states only while it is
 * looked at: from the first packet until protocol and risks are known.
 */
#include "agent/flow/dpi.h"

#include "agent/limits.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <ndpi/ndpi_api.h>

struct dpi_slot {
	struct dpi *dpi;
	struct dpi_slot *spare;
	unsigned packets;
	struct ndpi_flow_struct flow;
};

struct dpi {
	struct ndpi_detection_module_struct *module;
	struct dpi_slot *pool, *spare;
	size_t untouched;
	struct dpi_stats stats;
};

struct dpi *
dpi_new(void)
{
	struct dpi *d = calloc(1, sizeof(*d));
	NDPI_PROTOCOL_BITMASK all;

	if (d == NULL)
		return NULL;
	/* The header and the library must be of one version. */
	if (ndpi_detection_get_sizeof_ndpi_flow_struct() != sizeof(d->pool->flow)) {
		errno = ENOTSUP;
		goto fail;
	}
	d->pool = calloc(DPI_FLOWS_MAX, sizeof(*d->pool));
	d->module = ndpi_init_detection_module(ndpi_no_prefs);
	if (d->pool == NULL || d->module == NULL) {
		errno = ENOMEM;
		goto fail;
	}
	NDPI_BITMASK_SET_ALL(all);
	ndpi_set_protocol_detection_bitmask2(d->module, &all);
	ndpi_finalize_initialization(d->module);
	return d;

fail:
	dpi_free(d);
	return NULL;
}

void
dpi_free(struct dpi *d)
{
	if (d == NULL)
		return;
	if (d->module != NULL)
		ndpi_exit_detection_module(d->module);
	free(d->pool);
	free(d);
}

const struct dpi_stats *
dpi_stats(const struct dpi *d)
{
	return &d->stats;
}

static struct dpi_slot *
take_slot(struct dpi *d)
{
	struct dpi_slot *s = d->spare;

	if (s != NULL)
		d->spare = s->spare;
	else if (d->untouched < DPI_FLOWS_MAX)
		s = &d->pool[d->untouched++];
	else
		return NULL;
	memset(s, 0, sizeof(*s));
	s->dpi = d;
	return s;
}

void
dpi_slot_free(void *slot)
{
	struct dpi_slot *s = slot;
	struct dpi *d = s->dpi;

	ndpi_free_flow_data(&s->flow);
	s->spare = d->spare;
	d->spare = s;
}

/* What a protocol rides on names it less well than itself. */
static uint16_t
best_of(ndpi_protocol found)
{
	return found.app_protocol != NDPI_PROTOCOL_UNKNOWN ? found.app_protocol
							   : found.master_protocol;
}

static void
tell(struct dpi *d, struct flow *f, const struct dpi_slot *s, ndpi_protocol found)
{
	uint16_t best = best_of(found);

	f->dpi_risks |= s->flow.risk;
	if (best == NDPI_PROTOCOL_UNKNOWN)
		return;
	if (f->dpi_protocol == NULL)
		d->stats.named++;
	f->dpi_protocol = ndpi_get_proto_name(d->module, best);
	f->dpi_category = ndpi_category_get_name(
	    d->module, ndpi_get_proto_category(d->module, found));
}

static void
finish(struct flow *f)
{
	f->flags |= FLOW_DPI_DONE;
	dpi_slot_free(f->slot[FLOW_SLOT_DPI]);
	f->slot[FLOW_SLOT_DPI] = NULL;
}

static void
give_up(struct dpi *d, struct flow *f)
{
	struct dpi_slot *s = f->slot[FLOW_SLOT_DPI];
	uint8_t guessed = 0;
	ndpi_protocol found =
	    ndpi_detection_giveup(d->module, &s->flow, 1, &guessed);

	d->stats.guessed += guessed != 0;
	tell(d, f, s, found);
	finish(f);
}

static struct dpi_slot *
slot_of(struct dpi *d, struct flow *f)
{
	if (f->slot[FLOW_SLOT_DPI] != NULL)
		return f->slot[FLOW_SLOT_DPI];
	if ((f->slot[FLOW_SLOT_DPI] = take_slot(d)) == NULL) {
		/* From its middle on, nDPI would only guess. */
		f->flags |= FLOW_DPI_DONE;
		d->stats.refused++;
		return NULL;
	}
	d->stats.flows++;
	return f->slot[FLOW_SLOT_DPI];
}

void
dpi_packet(struct dpi *d, const struct packet *p, struct flow *f)
{
	struct dpi_slot *s;
	ndpi_protocol found;
	size_t len = p->l3.len < UINT16_MAX ? p->l3.len : UINT16_MAX;

	if ((f->flags & FLOW_DPI_DONE) != 0 || p->l3.len == 0 ||
	    (s = slot_of(d, f)) == NULL)
		return;
	/* Acknowledgements tell nothing; a handshake's packets do. */
	if (p->proto == IPPROTO_TCP && p->payload.len == 0 &&
	    (p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)) == 0)
		return;
	d->stats.packets++;
	s->packets++;
	found = ndpi_detection_process_packet(d->module, &s->flow, p->l3.p,
	    (uint16_t)len, (uint64_t)p->time_us / 1000);
	tell(d, f, s, found);
	if (s->packets >= DPI_PACKETS_MAX)
		give_up(d, f);
	else if (best_of(found) != NDPI_PROTOCOL_UNKNOWN &&
	    ndpi_extra_dissection_possible(d->module, &s->flow) == 0)
		finish(f);
}

void
dpi_flow_end(struct dpi *d, struct flow *f)
{
	if (f->slot[FLOW_SLOT_DPI] != NULL)
		give_up(d, f);
}

const char *
dpi_risk_name(unsigned risk)
{
	return risk > 0 && risk < NDPI_MAX_RISK
	    ? ndpi_risk2str((ndpi_risk_enum)risk)
	    : NULL;
}

unsigned
dpi_risk_severity(unsigned risk)
{
	const ndpi_risk_info *info;

	if (dpi_risk_name(risk) == NULL)
		return 3;
	info = ndpi_risk2severity((ndpi_risk_enum)risk);
	switch (info->severity) {
	case NDPI_RISK_LOW:
		return 3;
	case NDPI_RISK_MEDIUM:
		return 2;
	default:
		return 1;
	}
}

unsigned
dpi_risks(void)
{
	return NDPI_MAX_RISK;
}
