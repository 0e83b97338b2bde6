/* SPDX-License-Identifier: EUPL-1.2 */
#ifndef AGENT_SIGNATURES_COMPILE_H
#define AGENT_SIGNATURES_COMPILE_H

#include "common/cmdline.h"

extern const struct cmdline_option SIGNATURES_COMPILE_OPTIONS[];
/* An exit status. */
int signatures_compile_run(int argc, char **argv);

#endif
