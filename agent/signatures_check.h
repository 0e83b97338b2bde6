/* SPDX-License-Identifier: EUPL-1.2 */
#ifndef AGENT_SIGNATURES_CHECK_H
#define AGENT_SIGNATURES_CHECK_H

#include "common/cmdline.h"

extern const struct cmdline_option SIGNATURES_CHECK_OPTIONS[];
/* An exit status. */
int signatures_check_run(int argc, char **argv);

#endif
