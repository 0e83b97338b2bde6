/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Sigma documents of any text, then a record of any text past whatever was loaded.
 * The two are parted by the first NUL byte.
 */
#include "collector/correlate/correlate.h"
#include "common/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char record[] =
    "{\"timestamp\":\"2026-11-23T12:00:00.000000+0000\",\"event_type\":\"alert\","
    "\"src_ip\":\"203.0.113.9\",\"dest_ip\":\"10.1.2.3\",\"dest_port\":22,"
    "\"proto\":\"TCP\",\"alert\":{\"severity\":1,\"signature\":\"Scan\"},"
    "\"files\":[{\"sha256\":\"ab\"}],\"stadswacht\":{\"host\":\"web01\"}}";

static void
complain(void *arg, const char *file, unsigned line, const char *text)
{
	(void)arg;
	(void)line;
	assert(file != NULL && text[0] != '\0');
}

static void
emit(void *arg, int64_t time_us, const char *json, size_t len)
{
	struct json_doc *d = json_read(json, len, NULL, 0);

	(void)arg;
	(void)time_us;
	assert(d != NULL); /* what we tell is always a record */
	json_free(d);
}

static void
fetch(void *arg, int64_t id, correlate_see_fn *see, void *see_arg)
{
	(void)arg;
	(void)id;
	(void)see;
	(void)see_arg;
}

static void
show(struct correlator *c, const char *text, size_t len)
{
	struct json_doc *d = json_read(text, len, NULL, 0);
	struct event e;

	if (d == NULL)
		return;
	for (int64_t i = 1; i <= 3; i++) {
		event_from(&e, d);
		e.id = i;
		e.arrived_us = e.time_us;
		correlate_event(c, &e, false);
	}
	correlate_restore(c, d, 0);
	correlate_flush(c);
	json_free(d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct correlate_ops ops = {.emit = emit, .fetch = fetch};
	const uint8_t *end = memchr(data, '\0', size);
	size_t len = end == NULL ? size : (size_t)(end - data);
	struct sigma_set *set = sigma_new();
	struct correlator *c;

	log_set_level(LOG_LEVEL_ERROR);
	sigma_load_text(set, "fuzz.yml", (const char *)data, len, complain, NULL);
	sigma_link(set, complain, NULL);
	c = correlate_new(set, 0, &ops);
	show(c, record, sizeof(record) - 1);
	if (end != NULL)
		show(c, (const char *)end + 1, size - len - 1);
	correlate_free(c);
	sigma_free(set);
	return 0;
}
