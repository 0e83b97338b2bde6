/* SPDX-License-Identifier: EUPL-1.2 */
/* keygen, sign and show: what is done with a bundle as it is. */
#ifndef AGENT_SIGNATURES_BUNDLE_H
#define AGENT_SIGNATURES_BUNDLE_H

#include "common/cmdline.h"

extern const struct cmdline_option SIGNATURES_SIGN_OPTIONS[];
extern const struct cmdline_option SIGNATURES_SHOW_OPTIONS[];
/* Exit statuses. */
int signatures_keygen_run(int argc, char **argv);
int signatures_sign_run(int argc, char **argv);
int signatures_show_run(int argc, char **argv);

#endif
