/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/os_policy.h"

#include "common/str.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const NAMES[OS_POLICIES] = {
    [OS_BSD] = "bsd",
    [OS_BSD_RIGHT] = "bsd-right",
    [OS_FIRST] = "first",
    [OS_HPUX10] = "hpux10",
    [OS_HPUX11] = "hpux11",
    [OS_IRIX] = "irix",
    [OS_LAST] = "last",
    [OS_LINUX] = "linux",
    [OS_MACOS] = "macos",
    [OS_OLD_LINUX] = "old-linux",
    [OS_OLD_SOLARIS] = "old-solaris",
    [OS_SOLARIS] = "solaris",
    [OS_VISTA] = "vista",
    [OS_WINDOWS] = "windows",
    [OS_WINDOWS2K3] = "windows2k3",
};

static int
policy_parse(const char *name, char *error, size_t size)
{
	for (int i = 0; i < OS_POLICIES; i++)
		if (strcasecmp(NAMES[i], name) == 0)
			return i;
	snprintf(
	    error, size, "no policy \"%s\"; give one of " OS_POLICY_NAMES, name);
	return -1;
}

static void
clear_host_bits(struct addr *a, unsigned bits)
{
	for (unsigned i = bits; i < 8 * sizeof(a->b); i++)
		a->b[i / 8] &= (uint8_t) ~(0x80u >> (i % 8));
}

static int
network_parse(struct os_network *n, const char *text, char *error, size_t size)
{
	char address[ADDR_TEXT_SIZE];
	const char *slash = strchr(text, '/');
	size_t len = slash == NULL ? strlen(text) : (size_t)(slash - text);
	uint64_t bits;

	if (len >= sizeof(address))
		goto fail;
	memcpy(address, text, len);
	address[len] = '\0';
	if (addr_parse(address, &n->net) == -1)
		goto fail;
	bits = n->net.family == 4 ? 32 : 128;
	if (slash != NULL && str_u64(slash + 1, bits, &bits) == -1)
		goto fail;
	n->bits = (uint8_t)bits;
	clear_host_bits(&n->net, n->bits);
	return 0;

fail:
	snprintf(error, size,
	    "\"%s\" is no network; write it as 10.0.0.0/8, 2001:db8::/32 or one "
	    "address",
	    text);
	return -1;
}

static int
add_network(
    struct os_networks *h, const struct os_network *n, char *error, size_t size)
{
	char text[ADDR_TEXT_SIZE];
	size_t at = 0;

	if (h->n == OS_NETWORKS_MAX) {
		snprintf(error, size, "more than %d networks; join some",
		    OS_NETWORKS_MAX);
		return -1;
	}
	while (at < h->n && h->v[at].bits > n->bits)
		at++;
	for (size_t i = at; i < h->n && h->v[i].bits == n->bits; i++)
		if (addr_cmp(&h->v[i].net, &n->net) == 0) {
			snprintf(error, size,
			    "%s/%u is there already, with %s; keep one of both",
			    addr_text_short(&n->net, text), n->bits,
			    NAMES[h->v[i].policy]);
			return -1;
		}
	memmove(&h->v[at + 1], &h->v[at], (h->n - at) * sizeof(h->v[0]));
	h->v[at] = *n;
	h->n++;
	return 0;
}

static int
add_text(
    struct os_networks *h, int policy, const char *text, char *error, size_t size)
{
	struct os_network n = {.policy = (uint8_t)policy};

	if (network_parse(&n, text, error, size) == -1)
		return -1;
	return add_network(h, &n, error, size);
}

int
os_networks_add(struct os_networks *h, const char *text, char *error, size_t size)
{
	char item[128];
	int policy = -1;

	for (const char *p = text;; p++) {
		size_t len = strcspn(p, ",");
		char *network;

		if (len >= sizeof(item)) {
			snprintf(error, size, "\"%.40s...\" is too long", p);
			return -1;
		}
		memcpy(item, p, len);
		item[len] = '\0';
		if ((network = strchr(item, '=')) != NULL)
			*network++ = '\0';
		if (network != NULL || policy == -1)
			policy = policy_parse(item, error, size);
		else
			network = item;
		if (policy == -1)
			return -1;
		if (network != NULL) {
			if (add_text(h, policy, network, error, size) == -1)
				return -1;
		} else if (add_text(h, policy, "0.0.0.0/0", error, size) == -1 ||
		    add_text(h, policy, "::/0", error, size) == -1) {
			return -1;
		}
		p += len;
		if (*p == '\0')
			return 0;
	}
}

enum os_policy
os_networks_policy(const struct os_networks *h, const struct addr *a)
{
	for (size_t i = 0; i < h->n; i++)
		if (addr_in(a, &h->v[i].net, h->v[i].bits))
			return (enum os_policy)h->v[i].policy;
	return OS_BSD;
}
