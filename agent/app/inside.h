/* SPDX-License-Identifier: EUPL-1.2 */
/* What app.c, tx.c and app_frame.c share; not for parsers. */
#ifndef AGENT_APP_INSIDE_H
#define AGENT_APP_INSIDE_H

#include "agent/app/expect.h"

struct app {
	struct app_config config;
	struct app_stats stats;
	size_t copied; /* bytes of files for the scanner */
	struct expect expect;
};

void inside_txs_free(struct app_flow *a);
void inside_txs_finish(struct app_flow *a, enum app_dir d);

/* app_frame.c: the parser begins; after it was told news, and at a gap before; a
 * direction is over; detection had the packet; all is over. */
void inside_frames_begin(struct app_flow *a);
void inside_frames_feed(
    struct app_flow *a, enum app_dir d, const struct stream_news *n);
void inside_frames_gap(
    struct app_flow *a, enum app_dir d, const struct stream_news *n);
void inside_frames_end(struct app_flow *a, enum app_dir d);
void inside_frames_clean(struct app_flow *a);
void inside_frames_free(struct app_flow *a);
enum app_have inside_frames_buffer(
    const struct app_tx *tx, enum app_buffer_id b, struct app_bytes *out);
/* Is there one that detection should have and did not? */
bool inside_frames_rest(const struct app_flow *a, enum app_dir d);

#endif
