/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Any text as a file of rules; with a first byte of 1 as threshold.config, of 2
 * as classification.config, of 3 as a list of reputations and its categories.  What loads must compile, be numbered in order, and
 * stand a packet.
 */
#include "agent/detect/classes.h"
#include "agent/detect/reputation.h"
#include "agent/detect/ruleset.h"

#include "common/table.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char SOME_RULES[] =
    "alert tcp any any -> any any (content:\"a\"; sid:1;)\n"
    "alert ip 10.0.0.0/8 any <> any any (threshold:type limit, track by_src, count "
    "1, "
    "seconds 1; sid:2; gid:3;)\n";

static void
run_packet(const struct ruleset *rs, const uint8_t *data, size_t size)
{
	struct detect_config dc = {0};
	struct detect *d = detect_new(rs, &dc);
	struct detect_result result;
	struct flow flow;
	struct packet p;

	assert(d != NULL);
	memset(&p, 0, sizeof(p));
	memset(&flow, 0, sizeof(flow));
	p.src = (struct addr){4, {10, 0, 0, 1}};
	p.dst = (struct addr){4, {8, 8, 8, 8}};
	p.proto = IPPROTO_TCP;
	p.flags = PACKET_TO_SERVER | PACKET_ESTABLISHED;
	p.flow = &flow;
	p.payload = (struct span){data, size};
	p.l4_hdr = p.ip_hdr = (struct span){data, size < 20 ? size : 20};
	detect_packet(d, &p, &result);
	detect_packet(d, &p, &result);
	assert(result.n <= DETECT_ALERTS_MAX);
	detect_slot_free(flow.slot[FLOW_SLOT_DETECT]);
	detect_free(d);
}

/* A file in memory that holds the bytes; its name in path. */
static int
memory_file(const uint8_t *data, size_t size, char path[32])
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	assert(fd != -1 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

static void
as_rules(const uint8_t *data, size_t size)
{
	struct ruleset_config c = {.keep_text = true};
	const struct ruleset_refusal *refusal;
	char error[400], *text = malloc(size + 1);
	struct ruleset *rs = ruleset_new(&c, error, sizeof(error));
	struct rule *const *rule;
	size_t n;

	assert(rs != NULL && text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	assert(ruleset_load_text(rs, text, "fuzz") == 0);
	n = ruleset_refusals(rs, &refusal);
	for (size_t i = 0; i < n; i++)
		assert(refusal[i].reason[0] != '\0' && refusal[i].line > 0);
	assert(ruleset_loaded(rs) + n <= ruleset_total(rs) + n);
	assert(ruleset_finish(rs, error, sizeof(error)) == 0);
	rule = ruleset_rules(rs, &n);
	for (size_t i = 0; i < n; i++)
		assert(rule[i]->number == i && rule[i]->meta.sid != 0);
	run_packet(rs, data, size);
	ruleset_free(rs);
	free(text);
}

static void
as_threshold(const uint8_t *data, size_t size)
{
	char path[32], error[400], rules[sizeof(SOME_RULES)];
	int fd = memory_file(data, size, path);
	struct ruleset_config c = {.threshold = path};
	struct ruleset *rs = ruleset_new(&c, error, sizeof(error));

	memcpy(rules, SOME_RULES, sizeof(rules));
	assert(rs != NULL && ruleset_load_text(rs, rules, "fuzz") == 0);
	if (ruleset_finish(rs, error, sizeof(error)) == 0)
		run_packet(rs, data, size);
	else
		assert(error[0] != '\0');
	ruleset_free(rs);
	close(fd);
}

static void
as_classes(const uint8_t *data, size_t size)
{
	char path[32], error[400];
	int fd = memory_file(data, size, path);

	classes_free(classes_new(path, NULL, error, sizeof(error)));
	close(fd);
}

static void
as_reputation(const uint8_t *data, size_t size)
{
	char path[32], error[400];
	const char *const list = path;
	int fd = memory_file(data, size, path);
	const struct ruleset_config categories = {.iprep_categories = path},
				    both = {.iprep_categories = "/dev/null",
					.iprep = &list,
					.iprep_n = 1};

	reputation_free(reputation_new(&categories, error, sizeof(error)));
	reputation_free(reputation_new(&both, error, sizeof(error)));
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	table_fixed_key();
	if (size > 0 && data[0] == 1)
		as_threshold(data + 1, size - 1);
	else if (size > 0 && data[0] == 2)
		as_classes(data + 1, size - 1);
	else if (size > 0 && data[0] == 3)
		as_reputation(data + 1, size - 1);
	else
		as_rules(data, size);
	return 0;
}
