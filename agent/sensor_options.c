/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/sensor_options.h"

#include "agent/event/event.h"
#include "common/str.h"

#include <string.h>

/* As typed; the checked values are in struct sensor_options. */
static struct typed {
	const char *checksums, *streams, *eve_types;
	const char *fanout_group, *fanout_size, *snaplen, *buffer, *memory;
	struct cmdline_list os_policies;
} typed;

static struct sensor_options parsed;

static const struct cmdline_option options[] = {
    {"pcap", "FILE", "read a capture file (pcap, pcapng); - is standard input",
	.text = &parsed.pcap},
    {"interface", "NAME", "watch this interface", .text = &parsed.interface},
    {"rules", "FILE|DIR", "rules in Suricata's language; may be repeated",
	.list = &parsed.rules},
    {"bundle", "FILE", "signatures of stadswacht-signatures compile, instead",
	.text = &parsed.bundle},
    {"bundle-key", "FILE",
	"public keys of which one has to have signed it; may be repeated",
	.list = &parsed.bundle_keys},
    {"set", "NAME=VALUE", "a rule variable: HOME_NET=[10.0.0.0/8]; may be repeated",
	.list = &parsed.sets},
    {"classification", "FILE",
	"classification.config (else the one beside the rules, else built in)",
	.text = &parsed.classification},
    {"threshold", "FILE", "threshold.config (else the one beside the rules)",
	.text = &parsed.threshold},
    {"iprep-categories", "FILE", "categories of reputations, for iprep",
	.text = &parsed.iprep_categories},
    {"iprep", "FILE", "a list of reputations; may be repeated",
	.list = &parsed.iprep},
    {"eve-out", "FILE",
	"write records there, one JSON object a line; - is standard output",
	.text = &parsed.eve_out},
    {"eve-types", "LIST",
	"with --eve-out: only these types of records, of alert, flow, packet and "
	"stats, with commas between (default all)",
	.text = &typed.eve_types},
    {"fileinfo", NULL, "a record of each file in traffic too, with its SHA-256",
	.flag = &parsed.fileinfo},
    {"eve-payload", NULL, "with --pcap: add payload, payload_printable and packet",
	.flag = &parsed.payload},
    {"stats-out", "FILE", "write counters there at the end, as JSON",
	.text = &parsed.stats_out},
    {"no-ndpi", NULL, "no protocol names and risks from nDPI",
	.flag = &parsed.no_ndpi},
    {"checksums", "on|off|auto",
	"verify IP, TCP, UDP and ICMP checksums; auto is off, as the network card "
	"fills them in on this host (default auto)",
	.text = &typed.checksums},
    {"streams", "compat|strict",
	"edges of what rules see of a TCP stream: where Suricata has them, or "
	"overlapping, so that nothing is missed over one (default compat)",
	.text = &typed.streams},
    {"midstream", NULL, "take up TCP connections whose beginning was not seen",
	.flag = &parsed.midstream},
    {"async", NULL, "and those of which only one side is seen",
	.flag = &parsed.async},
    {"os-policy", "NAME=NET,...",
	"hosts by network, as linux=10.0.0.0/8,192.0.2.7: whose bytes count where "
	"fragments or TCP segments to them overlap; a name of Suricata's "
	"host-os-policy, alone for all hosts; may be repeated, the narrowest "
	"network "
	"counts (default windows=0.0.0.0/0, and bsd for hosts in no network)",
	.list = &typed.os_policies},
    {"zone", "NAME", "name of the network zone, put in each record",
	.text = &parsed.zone},
    {"fanout-group", "N", "live: sensors with this number share the interface",
	.text = &typed.fanout_group},
    {"fanout-size", "N", "live: how many share it", .text = &typed.fanout_size},
    {"snaplen", "BYTES", "live: at most so much of a frame",
	.text = &typed.snaplen},
    {"buffer", "BYTES", "live: the kernel's ring", .text = &typed.buffer},
    {"memory", "BYTES", "live: address space this process may use",
	.text = &typed.memory},
    {"root", "DIR", "live: an empty folder that becomes the root",
	.text = &parsed.root},
    {"image", NULL,
	"live: descriptor 5 has the rules, of stadswacht-signatures load",
	.flag = &parsed.image},
    {"files", NULL, "live: descriptor 6 takes files, for the scanner",
	.flag = &parsed.files},
    {"queue", NULL, "live: descriptor 3 is the parent's, 4 takes the records",
	.flag = &parsed.queue},
    {.name = NULL},
};

static const struct cmdline line = {
    .program = "stadswacht-sensor",
    .summary = "inspect traffic against signatures, live or from a capture file",
    .options = options,
    .footer = "Exit status: 0 done, 1 the work failed, 2 wrong usage.",
};

static uint64_t
number(const char *name, const char *text, uint64_t max)
{
	uint64_t v = 0;

	if (text != NULL && str_u64(text, max, &v) == -1)
		cmdline_usage(&line, "--%s %s: give a number from 0 to %llu", name,
		    text, (unsigned long long)max);
	return v;
}

static bool
checksums(const char *text)
{
	if (text == NULL || strcmp(text, "off") == 0 || strcmp(text, "auto") == 0)
		return false;
	if (strcmp(text, "on") != 0)
		cmdline_usage(&line, "--checksums %s: give on, off or auto", text);
	return true;
}

static bool
streams(const char *text)
{
	if (text == NULL || strcmp(text, "compat") == 0)
		return false;
	if (strcmp(text, "strict") != 0)
		cmdline_usage(&line, "--streams %s: give compat or strict", text);
	return true;
}

static void
os_policies(struct os_networks *h, const struct cmdline_list *l)
{
	static const struct cmdline_list usual = {.v = {OS_NETWORKS_USUAL}, .n = 1};
	char error[300];

	if (l->n == 0)
		l = &usual;
	for (size_t i = 0; i < l->n; i++)
		if (os_networks_add(h, l->v[i], error, sizeof(error)) == -1)
			cmdline_usage(&line, "--os-policy %s: %s", l->v[i], error);
}

static unsigned
eve_types(const char *text)
{
	unsigned types = 0;

	if (text != NULL && event_types_parse(text, &types) == -1)
		cmdline_usage(&line,
		    "--eve-types %s: give some of alert,flow,packet,stats", text);
	return types;
}

static void
check_bundle(void)
{
	if (parsed.bundle != NULL &&
	    (parsed.rules.n > 0 || parsed.classification != NULL ||
		parsed.threshold != NULL || parsed.iprep_categories != NULL ||
		parsed.iprep.n > 0))
		cmdline_usage(&line,
		    "--bundle has rules, classification, threshold and "
		    "reputations; give none beside it");
	if (parsed.image &&
	    (!parsed.queue || parsed.bundle != NULL || parsed.rules.n > 0))
		cmdline_usage(&line,
		    "--image goes with --queue, without --rules or --bundle");
	if (parsed.bundle == NULL && parsed.bundle_keys.n > 0)
		cmdline_usage(&line, "--bundle-key goes with --bundle");
	/* Whoever writes the file would decide what is looked for. */
	if (parsed.bundle != NULL && parsed.pcap == NULL &&
	    parsed.bundle_keys.n == 0)
		cmdline_usage(
		    &line, "--bundle with --interface needs --bundle-key");
}

void
sensor_options_read(struct sensor_options *o, int argc, char **argv)
{
	cmdline_parse(&line, argc, argv);
	parsed.verify_checksums = checksums(typed.checksums);
	parsed.strict = streams(typed.streams);
	os_policies(&parsed.hosts, &typed.os_policies);
	parsed.eve_types = eve_types(typed.eve_types);
	parsed.fanout_group =
	    (uint16_t)number("fanout-group", typed.fanout_group, UINT16_MAX);
	parsed.fanout_size =
	    (uint16_t)number("fanout-size", typed.fanout_size, UINT16_MAX);
	parsed.snaplen = (uint32_t)number("snaplen", typed.snaplen, 262144);
	parsed.buffer_bytes = (uint32_t)number("buffer", typed.buffer, INT32_MAX);
	parsed.memory_max = number("memory", typed.memory, UINT64_MAX);
	if ((parsed.pcap == NULL) == (parsed.interface == NULL))
		cmdline_usage(&line, "give --pcap FILE or --interface NAME");
	if (parsed.eve_out == NULL && !parsed.queue)
		cmdline_usage(
		    &line, "where do the records go? give --eve-out FILE");
	if (parsed.queue && (parsed.pcap != NULL || parsed.eve_out != NULL))
		cmdline_usage(
		    &line, "--queue goes with --interface, without --eve-out");
	if (parsed.eve_types != 0 && parsed.queue)
		cmdline_usage(&line, "--eve-types goes with --eve-out");
	check_bundle();
	/* Payload stays on the host (architecture, principle 6). */
	if (parsed.payload && parsed.pcap == NULL)
		cmdline_usage(&line, "--eve-payload goes with --pcap only");
	*o = parsed;
}
