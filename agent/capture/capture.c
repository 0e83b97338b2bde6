/* SPDX-License-Identifier: EUPL-1.2 */
/* Opening and reading captures, through libpcap. */
#include "agent/capture/capture.h"

#include "agent/limits.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct capture {
	pcap_t *pcap;
	bool live;
	enum capture_verdict ended; /* CAPTURE_NONE while it goes on */
	uint64_t number;
	struct capture_stats kernel; /* sums of libpcap's 32-bit counters */
	unsigned last_drop, last_ifdrop;
	char name[128];
	char error[CAPTURE_ERROR_SIZE];
};

static struct capture *
capture_new(const char *name)
{
	struct capture *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->ended = CAPTURE_NONE;
	snprintf(c->name, sizeof(c->name), "%s", name);
	return c;
}

/* Ask the decoder now: a capture nobody can read must not end as "no alerts". */
static int
check_linktype(struct capture *c, bool (*knows)(int), char *error)
{
	int type = pcap_datalink(c->pcap);
	const char *name = pcap_datalink_val_to_name(type);

	if (knows == NULL || knows(type))
		return 0;
	snprintf(error, CAPTURE_ERROR_SIZE,
	    "%s: link type %d (%s) cannot be decoded; capture on an Ethernet "
	    "interface, or convert the file with editcap -T ether",
	    c->name, type, name == NULL ? "unnamed" : name);
	return -1;
}

/* What to do about a file that libpcap does not take. */
static const char *
remedy_for(const char *reason)
{
	static const struct {
		const char *part, *remedy;
	} table[] = {
	    {"No such file", "check the name"},
	    {"Permission denied", "make it readable for this user"},
	    {"Is a directory", "name a capture file"},
	    {"of the first interface",
		"keep one interface: tshark -r OLD -Y frame.interface_id==0 -w "
		"NEW"},
	    {"truncated", "capture it again: not even its head is whole"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strstr(reason, table[i].part) != NULL)
			return table[i].remedy;
	return "give a pcap or pcapng file";
}

/* libpcap repeats the file's name in front; ours is there already. */
static const char *
without_name(const char *reason, const char *path)
{
	size_t n = strlen(path);

	if (strncmp(reason, path, n) == 0 && strncmp(reason + n, ": ", 2) == 0)
		return reason + n + 2;
	return reason;
}

struct capture *
capture_open_file(
    const char *path, bool (*knows)(int linktype), char error[CAPTURE_ERROR_SIZE])
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	bool input = strcmp(path, "-") == 0;
	struct capture *c = capture_new(input ? "standard input" : path);
	const char *why = "out of memory";
	FILE *file;

	error[0] = '\0';
	if (c == NULL)
		goto fail;
	if ((file = input ? stdin : fopen(path, "re")) == NULL) {
		why = strerror(errno);
		goto fail;
	}
	/* Frames by the hundred a read, and no lock for each. */
	setvbuf(file, NULL, _IOFBF, CAPTURE_READ_BYTES);
	__fsetlocking(file, FSETLOCKING_BYCALLER);
	/* Always in microseconds: libpcap scales nanosecond files down. */
	c->pcap = pcap_fopen_offline_with_tstamp_precision(
	    file, PCAP_TSTAMP_PRECISION_MICRO, reason);
	if (c->pcap == NULL && !input)
		fclose(file);
	if (c->pcap == NULL) {
		why = without_name(reason, path);
		goto fail;
	}
	if (check_linktype(c, knows, error) == -1)
		goto fail;
	return c;

fail:
	if (error[0] == '\0')
		snprintf(error, CAPTURE_ERROR_SIZE, "%s: %s; %s",
		    input ? "standard input" : path, why, remedy_for(why));
	capture_close(c);
	return NULL;
}

/* Frames of one flow, fragments too, always go to the same sensor of the group. */
static int
join_fanout(struct capture *c, const struct capture_live *l, char *error)
{
	uint32_t type = PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_DEFRAG;
	uint32_t value = l->fanout_group | (type << 16);

	if (l->sensors < 2)
		return 0;
	if (setsockopt(pcap_fileno(c->pcap), SOL_PACKET, PACKET_FANOUT, &value,
		sizeof(value)) == 0)
		return 0;
	snprintf(error, CAPTURE_ERROR_SIZE,
	    "%s: cannot join fan-out group %u: %s; let each interface have a group "
	    "of "
	    "its own",
	    c->name, (unsigned)l->fanout_group, strerror(errno));
	return -1;
}

static int
activate(struct capture *c, const struct capture_live *l, char *error)
{
	uint32_t snaplen = l->snaplen > 0 ? l->snaplen : CAPTURE_SNAPLEN;
	uint32_t bytes =
	    l->buffer_bytes > 0 ? l->buffer_bytes : CAPTURE_BUFFER_BYTES;
	int status;

	pcap_set_snaplen(c->pcap, (int)snaplen);
	pcap_set_buffer_size(c->pcap, (int)bytes);
	pcap_set_promisc(c->pcap, l->promiscuous);
	/* How long the kernel may hold back a block that is not full. */
	pcap_set_timeout(c->pcap, CAPTURE_BLOCK_MS);
	status = pcap_activate(c->pcap);
	if (status >= 0)
		return 0;
	snprintf(error, CAPTURE_ERROR_SIZE, "%s: %s%s%s; %s", c->name,
	    pcap_statustostr(status), status == PCAP_ERROR ? ": " : "",
	    status == PCAP_ERROR ? pcap_geterr(c->pcap) : "",
	    status == PCAP_ERROR_PERM_DENIED
		? "run it as root, or give it CAP_NET_RAW with setcap"
		: "\"ip link\" lists the interfaces");
	return -1;
}

struct capture *
capture_open_live(const struct capture_live *l, bool (*knows)(int linktype),
    char error[CAPTURE_ERROR_SIZE])
{
	char reason[PCAP_ERRBUF_SIZE] = "out of memory";
	struct capture *c = capture_new(l->interface);

	error[0] = '\0';
	if (c == NULL || (c->pcap = pcap_create(l->interface, reason)) == NULL)
		goto fail;
	c->live = true;
	if (activate(c, l, error) == -1 || check_linktype(c, knows, error) == -1 ||
	    join_fanout(c, l, error) == -1)
		goto fail;
	if (pcap_setnonblock(c->pcap, 1, reason) == -1)
		goto fail;
	return c;

fail:
	if (error[0] == '\0')
		snprintf(error, CAPTURE_ERROR_SIZE,
		    "%s: %s; \"ip link\" lists the interfaces", l->interface,
		    reason);
	capture_close(c);
	return NULL;
}

void
capture_close(struct capture *c)
{
	if (c == NULL)
		return;
	if (c->pcap != NULL)
		pcap_close(c->pcap);
	free(c);
}

int
capture_fd(const struct capture *c)
{
	return c->live ? pcap_get_selectable_fd(c->pcap) : -1;
}

int
capture_linktype(const struct capture *c)
{
	return pcap_datalink(c->pcap);
}

const char *
capture_error(const struct capture *c)
{
	return c->error;
}

static bool
is_cut(const char *reason)
{
	return strstr(reason, "truncated") != NULL ||
	    strstr(reason, "bigger than") != NULL ||
	    strstr(reason, "larger than") != NULL;
}

static enum capture_verdict
end_with(struct capture *c, enum capture_verdict v)
{
	const char *reason = pcap_geterr(c->pcap);

	c->ended = v;
	if (v != CAPTURE_FAILED)
		return v;
	/* A file that reads badly from here on is cut for us: frames have no marks. */
	if (!c->live && is_cut(reason)) {
		c->ended = CAPTURE_CUT_SHORT;
		snprintf(c->error, sizeof(c->error),
		    "%s: cut short inside frame %llu: %s; all frames before it "
		    "were read",
		    c->name, (unsigned long long)c->number + 1, reason);
	} else {
		snprintf(c->error, sizeof(c->error), "%s: after frame %llu: %s; %s",
		    c->name, (unsigned long long)c->number, reason,
		    c->live ? "is the interface still up?" : remedy_for(reason));
	}
	return c->ended;
}

enum capture_verdict
capture_next(struct capture *c, struct capture_frame *f)
{
	struct pcap_pkthdr *h;
	const uint8_t *bytes;

	if (c->ended != CAPTURE_NONE)
		return c->ended;
	switch (pcap_next_ex(c->pcap, &h, &bytes)) {
	case 1:
		break;
	case 0:
		return CAPTURE_NONE;
	case PCAP_ERROR_BREAK:
		return end_with(c, CAPTURE_END);
	default:
		return end_with(c, CAPTURE_FAILED);
	}
	f->data = (struct span){.p = bytes, .len = h->caplen};
	f->wire_len = h->len > h->caplen ? h->len : h->caplen;
	f->time_us = (int64_t)h->ts.tv_sec * 1000000 + h->ts.tv_usec;
	f->number = ++c->number;
	return CAPTURE_FRAME;
}

void
capture_stats(struct capture *c, struct capture_stats *s)
{
	struct pcap_stat now;

	/* libpcap's counters are 32 bits and wrap: add what is new. */
	if (c->live && pcap_stats(c->pcap, &now) == 0) {
		c->kernel.dropped_kernel += now.ps_drop - c->last_drop;
		c->kernel.dropped_interface += now.ps_ifdrop - c->last_ifdrop;
		c->last_drop = now.ps_drop;
		c->last_ifdrop = now.ps_ifdrop;
	}
	*s = c->kernel;
	s->received = c->number;
}
