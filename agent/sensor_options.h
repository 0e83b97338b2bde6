/* SPDX-License-Identifier: EUPL-1.2 */
/* The sensor's command line, checked (architecture, section 5). */
#ifndef AGENT_SENSOR_OPTIONS_H
#define AGENT_SENSOR_OPTIONS_H

#include "agent/os_policy.h"
#include "common/cmdline.h"

#include <stdint.h>

struct sensor_options {
	const char *pcap, *interface;	 /* one of the two */
	const char *eve_out, *stats_out; /* NULL: none */
	const char *classification, *threshold, *zone, *root;
	const char *iprep_categories; /* NULL: no reputations */
	const char *bundle;	      /* NULL: --rules */
	struct cmdline_list rules, sets, bundle_keys, iprep;
	bool no_ndpi, payload, queue, image, files, fileinfo;
	bool verify_checksums;
	bool strict, midstream, async; /* of TCP streams */
	struct os_networks hosts;
	unsigned eve_types; /* 0: all */
	uint16_t fanout_group, fanout_size;
	uint32_t snaplen, buffer_bytes;
	uint64_t memory_max;
};

/* Exits with EXIT_USAGE when they make no sense together. */
void sensor_options_read(struct sensor_options *o, int argc, char **argv);

#endif
